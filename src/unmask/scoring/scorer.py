"""Runs a model package: crops to frame logits, features and evidence maps; features to clips."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.core.errors import ModelInvalid
from unmask.core.frames import FrameScores
from unmask.runtime import ModelPackage, Resolved, SessionOptions, open_session, resolve
from unmask.runtime.session import Feeds, Session

Floats = NDArray[np.float32]

_DEFAULT = SessionOptions()
_FOREVER = Deadline.after(None)
_GPU_BATCH = 32
_MOST_STREAMS = 4  # each holds the activations of a crop of its own


class Scorer:
    """The two graphs of a package, loaded. Safe to call from several threads.

    On the CPU every crop is a call of its own, some calls side by side: it is as fast as a batch
    (docs/performance.md has the numbers), takes less memory, and what a crop scores cannot depend
    on which crops it happened to come with. A GPU gets batches of one fixed size.
    """

    def __init__(self, package: ModelPackage, options: SessionOptions = _DEFAULT) -> None:
        """Load both graphs. Raises as :func:`unmask.runtime.open_session`; verifies no hashes."""
        self.package = package
        self.resolved: Resolved = resolve(options)
        on_cpu = self.resolved.device == "cpu"
        self._streams = min(_MOST_STREAMS, os.cpu_count() or 1) if on_cpu else 1
        self._batch = 1 if on_cpu else _GPU_BATCH
        self._backbone = open_session(package.backbone, replace(options, streams=self._streams))
        # f32: a clip costs a thousandth of its crops, and there is nothing to win.
        self._temporal = open_session(package.temporal, replace(options, precision="f32"))

    @property
    def batch(self) -> int:
        """How many crops go through the backbone in one call; fewer cost as much."""
        return self._batch

    def score_crops(
        self,
        crops: NDArray[np.uint8],
        *,
        deadline: Deadline = _FOREVER,
        progress: Callable[[int], None] | None = None,
    ) -> FrameScores:
        """N×S×S×3 RGB crops → their scores, in order; N may be 0.

        ``progress`` is told how many crops are done. ValueError for crops of another shape than
        the package's; :class:`ModelInvalid` where the graph does not answer as its manifest says
        or answers with NaN; :class:`TimeBudgetExceeded`.
        """
        manifest = self.package.manifest
        size = manifest.crop.size
        if crops.shape[1:] != (size, size, 3) or crops.dtype != np.uint8:
            raise ValueError(f"crops must be N×{size}×{size}×3 uint8, not {crops.shape}")
        cells = (manifest.map_size, manifest.map_size)
        shapes = {"logits": (), "features": (manifest.feature_size,), "maps": cells}
        if manifest.pooling is not None:
            shapes["cells"] = cells
        if manifest.covers:
            shapes["covered"] = ()
        whole = {name: np.empty((len(crops), *rest), np.float32) for name, rest in shapes.items()}
        done = 0
        for answer in self._answers(self._backbone, "crops", crops, deadline):
            count = min(self._batch, len(crops) - done)
            for name, values in whole.items():
                shape = (self._batch, *values.shape[1:])
                values[done : done + count] = _checked(answer, name, shape)[:count]
            done += count
            if progress is not None:
                progress(done)
        return FrameScores(**whole)

    def score_clips(self, clips: Sequence[Floats], *, deadline: Deadline = _FOREVER) -> Floats:
        """The features of each clip, T×D with T from 1 (T may differ) → its logit, in order."""
        logits = np.empty(len(clips), np.float32)
        for length in {len(clip) for clip in clips}:
            where = [i for i, clip in enumerate(clips) if len(clip) == length]
            features = np.stack([clips[i] for i in where]).astype(np.float32, copy=False)  # B×T×D
            answers = self._answers(self._temporal, "features", features, deadline)
            rows = (self._batch,)
            found = np.concatenate([_checked(answer, "logits", rows) for answer in answers])
            logits[where] = found[: len(where)]
        return logits

    def _answers(
        self, session: Session, name: str, values: NDArray[Any], deadline: Deadline
    ) -> Iterator[dict[str, Floats]]:
        """The graph's answers for one batch of ``values`` after the other."""

        def one(start: int) -> dict[str, Floats]:
            deadline.check("scoring faces")
            return session.run(_filled(name, values[start : start + self._batch], self._batch))

        starts = range(0, len(values), self._batch)
        if self._streams == 1 or len(starts) < 2 or session is self._temporal:
            yield from map(one, starts)
            return
        with ThreadPoolExecutor(self._streams, thread_name_prefix="unmask-score") as pool:
            yield from pool.map(one, starts)


def _filled(name: str, values: NDArray[Any], batch: int) -> Feeds:
    """A batch filled up with zeros to its fixed size: a new size would be a new kernel."""
    if len(values) == batch:
        return {name: values}
    full = np.zeros((batch, *values.shape[1:]), values.dtype)
    full[: len(values)] = values
    return {name: full}


def _checked(answer: dict[str, Floats], name: str, shape: tuple[int, ...]) -> Floats:
    """One row for each that was asked about: a single one would pass for the score of all."""
    values = answer.get(name)
    if values is None or values.shape != shape:
        found = "nothing" if values is None else f"shape {values.shape}"
        raise ModelInvalid(f"the graph answers {found} for {name}, its manifest says {shape}")
    if not np.isfinite(values).all():
        raise ModelInvalid(
            f"the model answered {name} that are no numbers",
            hint="verify the package with 'unmask models', or try another runtime",
        )
    return values
