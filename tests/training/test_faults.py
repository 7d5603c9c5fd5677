"""What befalls a fit: each says what is wrong and how to go on, and loses nothing finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from unmask.core.errors import DataError
from unmask.training.checkpoint import read_checkpoint, write_checkpoint
from unmask.training.faults import fitting
from unmask.training.frames import FrameTask
from unmask.training.recipe import DetectorRecipe
from unmask.training.stopping import Stopped, listening

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "debug.toml"
UNMASK = "import sys; from unmask.cli import main; sys.exit(main())"


def changed(recipe: DetectorRecipe, **frame: Any) -> DetectorRecipe:
    return recipe.model_copy(
        update={"renderers": (), "frame": recipe.frame.model_copy(update=frame)}
    )


def at_step(patch: pytest.MonkeyPatch, step: int, act: Callable[[], object]) -> None:
    """Something happens while the frame stage is at that step."""
    advance = FrameTask.advance

    def eventful(task: FrameTask, batch: Any) -> dict[str, float]:
        if task.step == step:
            act()
        return advance(task, batch)

    patch.setattr(FrameTask, "advance", eventful)


def test_a_loss_that_is_not_finite_is_not_saved(
    fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    wild = changed(recipe, fresh_rate=1e30)
    with pytest.raises(DataError, match=r"frames: the loss is not finite at step \d+") as caught:
        fit(wild, tmp_path, save_every_s=0)
    assert "learning rates" in caught.value.hint
    state = torch.load(tmp_path / "debug-1-5.ckpt", weights_only=True)
    assert f"at step {state['step']} " in caught.value.message


def test_no_memory_is_said(
    fit: Callable[..., Path],
    recipe: DetectorRecipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_step(monkeypatch, 2, lambda: torch.empty(1 << 58))  # torch's own words
    with pytest.raises(DataError, match="frames: the memory did not suffice") as caught:
        fit(changed(recipe), tmp_path)
    assert "pairs" in caught.value.hint


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory did not suffice"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory did not suffice"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."), "worker died"),
    ],
)
def test_other_ways_to_lack_memory(error: Exception, words: str) -> None:
    with pytest.raises(DataError, match=words), fitting("clips"):
        raise error


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(RuntimeError, match="shapes"), fitting("clips"):
        raise RuntimeError("shapes do not fit")


def test_a_full_disk_keeps_the_last_checkpoint(
    fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    short = changed(recipe)
    with pytest.raises(Stopped):
        fit(short, tmp_path, limit=3)
    kept = (tmp_path / "debug-1-5.ckpt").read_bytes()
    (tmp_path / "debug-1-5.ckpt.partial").symlink_to("/dev/full")
    with pytest.raises(DataError, match="disk is full") as caught:
        fit(short, tmp_path, limit=3)
    assert "debug-1-5.ckpt" in caught.value.message
    assert "free space" in caught.value.hint
    assert (tmp_path / "debug-1-5.ckpt").read_bytes() == kept
    with pytest.raises(Stopped, match="step 6 of 60"):
        fit(short, tmp_path, limit=3)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_go_on(
    fit: Callable[..., Path],
    recipe: DetectorRecipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    before = signal.getsignal(number)
    at_step(monkeypatch, 3, lambda: os.kill(os.getpid(), number))
    with pytest.raises(Stopped, match="saved at step 4 of 60; the same command goes on"):
        fit(changed(recipe), tmp_path)
    assert torch.load(tmp_path / "debug-1-5.ckpt", weights_only=True)["step"] == 4
    assert signal.getsignal(number) == before


def test_a_second_signal_does_not_wait() -> None:
    with listening() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.made
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_damaged_checkpoint_is_named(
    fit: Callable[..., Path], recipe: DetectorRecipe, tmp_path: Path
) -> None:
    (tmp_path / "debug-1-5.ckpt").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(DataError, match=r"debug-1-5\.ckpt is not a checkpoint") as caught:
        fit(changed(recipe), tmp_path)
    assert "--fresh" in caught.value.hint


def test_a_checkpoint_executes_nothing(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (os.mkdir, (str(tmp_path / "owned"),))

    torch.save({"step": Evil()}, tmp_path / "evil.ckpt")
    with pytest.raises(DataError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "evil.ckpt", {})
    assert not (tmp_path / "owned").exists()


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    write_checkpoint({"step": 1}, {"data": {"portraits": 6}, "seed": 1}, path)
    with pytest.raises(DataError, match=r"data\.portraits was 6, is 5"):
        read_checkpoint(path, {"data": {"portraits": 5}, "seed": 1})


@pytest.mark.slow
def test_kill_9_and_going_on_by_the_command(faces: Path, finished: Path, tmp_path: Path) -> None:
    command = ["train", str(RECIPE), "--data", str(faces), "--work", str(tmp_path)]
    command += ["--device", "cpu", "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", UNMASK, *command], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "debug-1-5.ckpt").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    assert not (tmp_path / "debug-1").exists()
    again = subprocess.run(
        [sys.executable, "-c", UNMASK, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert "frames: at step 30 of 60" in again.stderr
    name = "debug-1-5-best.safetensors"
    assert (tmp_path / name).read_bytes() == (finished / name).read_bytes()
