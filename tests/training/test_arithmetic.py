"""Single steps of the frame stage: in which arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

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
    return FrameTask(recipe, start, nobody, nobody, run)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("f32", torch.float32)])
def test_steps_are_taken_in_the_recipes_precision(
    recipe: DetectorRecipe,
    tmp_path: Path,
    precision: str,
    dtype: torch.dtype,
) -> None:
    """Fabric has no autocast for a method that it was told to treat as forward, on one device."""
    seen: list[torch.dtype] = []
    task = task_of(recipe.model_copy(update={"precision": precision}), tmp_path)
    task.model.trunk.register_forward_hook(lambda _trunk, _x, grid: seen.append(grid.dtype))
    task.advance(batch_for(recipe))
    assert set(seen) == {dtype}
    assert {p.dtype for p in task.model.parameters()} == {torch.float32}


def test_the_contrast_is_fitted_after_the_mean(
    recipe: DetectorRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    plain = FrameDetector.fit_forward

    def watched(self: FrameDetector, x: Tensor, averaged: bool = False) -> tuple[Tensor, Tensor]:
        seen.append(averaged)
        return plain(self, x, averaged)

    monkeypatch.setattr(FrameDetector, "fit_forward", watched)
    changed = {"averaged_share": 0.5, "steps": 4, "sharpness": 0.0}
    stage = recipe.frame.model_copy(update=changed)
    task = task_of(recipe.model_copy(update={"frame": stage}), tmp_path)
    for step in range(4):
        task.step = step
        task.advance(batch_for(recipe))
    assert seen == [True, True, False, False]
