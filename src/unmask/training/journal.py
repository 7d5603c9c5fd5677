"""What a fit writes about itself: JSON lines, and the same for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from unmask.models.weights import write_bytes
from unmask.training.faults import writing


class Journal:
    """``<stem>.jsonl`` and ``tensorboard/<stem>/`` in a folder, one stage's figures by step.

    A stage taken up at ``step`` leaves out what an earlier sitting wrote beyond it.
    """

    def __init__(self, folder: Path, stem: str, *, step: int) -> None:
        self._path = folder / f"{stem}.jsonl"
        with writing(self._path):
            self._keep_before(step)
            self._lines = self._path.open("a", encoding="utf-8", buffering=1)
            self._board = SummaryWriter(str(folder / "tensorboard" / stem), purge_step=step)

    def _keep_before(self, step: int) -> None:
        if self._path.exists():
            lines = self._path.read_text("utf-8").splitlines()
            kept = [line for line in lines if _step(line) <= step]
            write_bytes("".join(f"{line}\n" for line in kept).encode(), self._path)

    def note(self, step: int, figures: Mapping[str, float]) -> None:
        """One line and one point a figure."""
        with writing(self._path):
            self._lines.write(json.dumps({"step": step, **figures}) + "\n")
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush and close both."""
        self._lines.close()
        self._board.close()


def _step(line: str) -> float:
    """The line's step; infinite for one cut short, which is dropped."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
