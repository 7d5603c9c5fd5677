"""The one loop that every stage is fitted by: steps, validation, checkpoints, stopping."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from unmask.models.weights import read_tensors, write_tensors
from unmask.training.checkpoint import FRESH, read_checkpoint, write_checkpoint
from unmask.training.faults import fitting, not_finite, writing
from unmask.training.journal import Journal
from unmask.training.progress import Meter
from unmask.training.run import Run
from unmask.training.stopping import Stopped, StopRequest, listening

log = logging.getLogger(__name__)
_NOTE_EVERY = 10


class Unchosen:
    """What a stage is of which nothing is chosen by validation: its last step is what it gives."""

    validate_every: int | None = None

    def validate(self) -> tuple[float, dict[str, float]]:
        """Never called."""
        raise NotImplementedError

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Never called."""
        raise NotImplementedError


class Task(Protocol):
    """A stage. Step ``s`` must depend on the state, the seed and ``s`` alone.

    The loop seeds torch anew at each step, so that a resumed fit draws as an uninterrupted one.
    """

    stage: str  # for people
    stem: str  # of its files in the work folder
    seed: int
    step: int
    steps: int
    per_step: int  # crops, for the throughput
    validate_every: int | None

    def seal(self) -> Mapping[str, Any]:
        """What shapes the fit; a checkpoint of another seal is refused."""
        ...

    def batches(self) -> Iterable[Any]:
        """One batch a step, from ``step`` on."""
        ...

    def advance(self, batch: Any) -> dict[str, float]:
        """One step; its losses, ``loss`` among them."""
        ...

    def validate(self) -> tuple[float, dict[str, float]]:
        """On held-out data: a score of which more is better, and figures to note."""
        ...

    def weights(self) -> Mapping[str, Tensor]:
        """What the stage is for."""
        ...

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Take up :meth:`weights` of the best step."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything to go on from, tensors and plain values."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        ...


class Fit:
    """A task on its way through a run; ``again`` is how people begin its stage anew."""

    def __init__(self, task: Task, run: Run, *, again: str = FRESH) -> None:
        self.task, self.run, self._again = task, run, again
        self.checkpoint = run.work / f"{task.stem}.ckpt"
        self.best_file = best_file(run.work, task.stem)
        self.best = -math.inf
        self._before = 0.0  # seconds of earlier sittings
        self._saved = time.monotonic()

    def go(self) -> float:
        """Fit to the end, or on from the checkpoint, and adopt the best; returns seconds spent.

        :class:`Stopped` after a signal or at the run's limit, once saved; :class:`DataError` for
        a loss that is not finite, a lack of memory, a full disk, or another fit's checkpoint.
        """
        self._take_up()
        meter = Meter(self.task.stage, self.task.step, self.task.steps, self.task.per_step)
        if self.task.step < self.task.steps:
            with fitting(self.task.stage), listening() as stop:
                self._steps(meter, stop)
        self.run.fabric.barrier()
        if self.best_file.exists():
            self.task.adopt(read_tensors(self.best_file))
        return self._before + meter.seconds()

    def _take_up(self) -> None:
        if not self.checkpoint.exists():
            return
        state = read_checkpoint(self.checkpoint, self.task.seal(), again=self._again)
        self.task.restore(state)
        self.task.step = int(state["step"])
        self.best = float(state.get("best", -math.inf))
        self._before = float(state.get("seconds", 0.0))
        log.info("%s: at step %d of %d", self.task.stage, self.task.step, self.task.steps)

    def _steps(self, meter: Meter, stop: StopRequest) -> None:
        task, run = self.task, self.run
        journal = Journal(run.work, task.stem, step=task.step) if run.first else None
        mean: float | None = None
        try:
            for batch in task.batches():
                torch.manual_seed(_mixed(task.seed, task.step))
                figures = task.advance(batch)
                if not all(map(math.isfinite, figures.values())):
                    raise not_finite(task.stage, task.step, figures)
                task.step += 1
                mean = figures["loss"] if mean is None else 0.98 * mean + 0.02 * figures["loss"]
                self._account(journal, meter, figures, mean)
                self._validate(journal)
                self._save_or_stop(meter, stop)
        finally:
            if journal is not None:
                journal.close()

    def _account(
        self, journal: Journal | None, meter: Meter, figures: dict[str, float], mean: float
    ) -> None:
        task = self.task
        if journal is None:
            return
        if self.run.display is not None:
            self.run.display.show(meter, task.step, mean)
        if task.step % _NOTE_EVERY == 0 or task.step == task.steps:
            rate = {"crops_per_second": round(meter.rate(task.step), 2)}
            journal.note(task.step, figures | rate)

    def _validate(self, journal: Journal | None) -> None:
        task = self.task
        every = task.validate_every
        if every is None or not (task.step % every == 0 or task.step == task.steps):
            return
        if journal is not None:
            score, figures = task.validate()
            journal.note(task.step, {"score": score, **figures})
            said = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
            log.info("%s %d, held out: %s", task.stage, task.step, said)
            if score > self.best:
                self.best = score
                with writing(self.best_file):
                    write_tensors(task.weights(), self.best_file)
            self._saved = -math.inf  # a checkpoint that knows of it
        self.run.fabric.barrier()

    def _save_or_stop(self, meter: Meter, stop: StopRequest) -> None:
        task, run = self.task, self.run
        if run.limit is not None:
            run.limit -= 1
        done = task.step >= task.steps
        asked = run.agreed(stop.made) or run.limit == 0
        if done or asked or time.monotonic() - self._saved >= run.save_every_s:
            self._save(meter)
        if asked and not done:
            raise Stopped(
                f"{task.stage}: stopped and saved at step {task.step} of {task.steps}; "
                "the same command goes on from there"
            )

    def _save(self, meter: Meter) -> None:
        self._saved = time.monotonic()
        if self.run.first:
            progress = {
                "step": self.task.step,
                "best": self.best,
                "seconds": self._before + meter.seconds(),
            }
            write_checkpoint(self.task.state() | progress, self.task.seal(), self.checkpoint)


def best_file(work: Path, stem: str) -> Path:
    """Where the weights of the best step by validation are kept."""
    return work / f"{stem}-best.safetensors"


def _mixed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
