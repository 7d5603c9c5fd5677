"""In which arithmetic the frame stage is fitted, and the way through a compiler."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unmask.core.errors import RuntimeUnavailable
from unmask.models.detector import FrameDetector
from unmask.training.frames import FrameTask
from unmask.training.labelled import LabelledClips
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run, open_fabric
from unmask.training.side import Side
from unmask.training.start import start_from


def batch_for(recipe: DetectorRecipe) -> tuple[Tensor, Tensor, Tensor]:
    pairs, side = recipe.frame.pairs, recipe.frame.size
    torch.manual_seed(0)
    crops = torch.randint(0, 256, (pairs, 2, side, side, 3), dtype=torch.uint8)
    masks = torch.full((pairs, 28, 28), 255, dtype=torch.uint8)
    return crops, masks, torch.ones(pairs)


def task_of(recipe: DetectorRecipe, work: Path) -> FrameTask:
    start = start_from("scratch", recipe.backbone, [], seed=recipe.seed)
    nobody = Side([], [], [], LabelledClips([]))
    run = Run(open_fabric("cpu", recipe.precision), work)
    return FrameTask(recipe, start.frames, start.fresh, nobody, nobody, run)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("f32", torch.float32)])
def test_steps_are_taken_in_the_recipes_precision(
    recipe: DetectorRecipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    dtype: torch.dtype,
) -> None:
    """Fabric has no autocast for a method that it was told to treat as forward, on one device."""
    seen: list[torch.dtype] = []
    plain = FrameDetector.fit_forward

    def watched(self: FrameDetector, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, cells = plain(self, x)
        seen.append(cells.dtype)
        return logits, cells

    monkeypatch.setattr(FrameDetector, "fit_forward", watched)
    task = task_of(recipe.model_copy(update={"precision": precision}), tmp_path)
    task.advance(batch_for(recipe))
    assert set(seen) == {dtype}
    assert {p.dtype for p in task.model.parameters()} == {torch.float32}


def test_a_compiler_that_is_not_there(
    recipe: DetectorRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeUnavailable, match=r"no C\+\+ compiler") as caught:
        task_of(recipe.model_copy(update={"compiled": True}), tmp_path)
    assert "compiled = false" in caught.value.hint


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own compiler
@pytest.mark.slow
def test_a_compiled_fit_is_the_plain_one_but_for_rounding(
    recipe: DetectorRecipe, tmp_path: Path
) -> None:
    if not any(map(shutil.which, ("g++", "clang++", "c++"))):
        pytest.skip("no C++ compiler is here")
    losses = []
    for quick in (False, True):
        own = recipe.model_copy(update={"compiled": quick, "precision": "f32"})
        task = task_of(own, tmp_path)
        losses.append([task.advance(batch_for(recipe))["loss"] for _ in range(3)])
        assert task.weights().keys() == task.model.state_dict().keys()
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
