"""``analyse``: a file in, a document out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import copy
from dataclasses import asdict
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack

from unmask.core.analysis import Analysis, AnalysisOptions, ModelRef, Thresholds
from unmask.core.deadline import Deadline
from unmask.core.errors import UsageError
from unmask.core.forking import no_fork_within
from unmask.evidence import EvidenceSink
from unmask.pipeline.engine import Engines
from unmask.pipeline.hashing import hashed_beside
from unmask.pipeline.looking import Alter
from unmask.pipeline.progress import Progress, Stage
from unmask.pipeline.request import DEFAULT_REQUEST, AnalysisRequest
from unmask.pipeline.room import Room, frames_memory
from unmask.pipeline.run import Run
from unmask.pipeline.timing import StageClock
from unmask.pipeline.tracing import Trace
from unmask.runtime import (
    DeviceChoice,
    ModelPackage,
    PrecisionChoice,
    RuntimeName,
    SessionOptions,
    find_package,
    resolve,
)
from unmask.scoring import Scorer
from unmask.video import FileFacts


class Analyser:
    """Analyses files with one model, loaded once, at the first file (or by :meth:`load`).

    Safe to call from several threads. ``model`` is the name of a shipped package, a folder, or
    None for the default. Raises :class:`ModelNotFound`, :class:`ModelInvalid`.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        device: DeviceChoice = "auto",
        runtime: RuntimeName | None = None,
        precision: PrecisionChoice = "auto",
        options: AnalysisRequest = DEFAULT_REQUEST,
    ) -> None:
        self.package: ModelPackage = find_package(None if model is None else str(model))
        self.request = options
        self._session = SessionOptions(device=device, runtime=runtime, precision=precision)
        self._engines = Engines(self.package, self._session, options.min_face)
        self._room = Room()

    @property
    def model(self) -> ModelRef:
        """The model as the document names it."""
        return self.package.reference()

    @property
    def options(self) -> AnalysisOptions:
        """The options as the document will state them: defaults filled in, device resolved.

        Raises :class:`RuntimeUnavailable` or :class:`MissingExtra` where they cannot be met.
        """
        manifest, request = self.package.manifest, self.request
        resolved, clip = resolve(self._session), manifest.clip
        return AnalysisOptions(
            clips=request.clips,
            frames_per_clip=request.frames_per_clip or clip.sampled or clip.frames,
            min_face_px=request.min_face,
            max_faces=request.max_faces,
            device=resolved.device,
            runtime=resolved.runtime,
            precision=resolved.precision,
            thresholds=request.thresholds or manifest.thresholds,
            default_thresholds=request.thresholds in (None, manifest.thresholds),
            from_s=request.from_s,
            to_s=request.to_s,
        )

    def fingerprint_fields(self) -> dict[str, Any]:
        """What was asked for, as JSON values, to look the result up in a history.

        For :func:`unmask.store.fingerprint`, beside the hashes of the file and of :attr:`model`.
        Loads no runtime.
        """
        asked = asdict(self.request)
        thresholds = self.request.thresholds
        for name in ("from_s", "to_s"):  # a whole film is asked for as it was before there were any
            if asked[name] is None:
                del asked[name]
        return {
            "device": self._session.device,
            "runtime": self._session.runtime,
            "precision": self._session.precision,
            **asked,
            "thresholds": None if thresholds is None else thresholds.model_dump(),
        }

    @property
    def scorer(self) -> Scorer:
        """The scorer of the model, loaded now if it was not. Raises as :meth:`analyse`."""
        return self._engines.loaded().scorer

    def load(self) -> None:
        """Load the networks now rather than with the first file. Raises as :meth:`analyse`."""
        self._engines.loaded()

    def analyse(
        self,
        path: str | PathLike[str],
        *,
        timeout: float | Deadline | None = None,
        progress: Progress | None = None,
        evidence: EvidenceSink | None = None,
        alter: Alter | None = None,
        trace: Trace | None = None,
        facts: FileFacts | None = None,
    ) -> Analysis:
        """Analyse one video or picture. Saves nothing.

        Calls from several threads run side by side as far as their frames fit into memory
        (:mod:`unmask.pipeline.room`): a file too large for that waits until it is alone.

        ``alter`` sees every window of frames before faces are looked for in it, and returns what
        is analysed instead: how robustness is measured. The document does not tell of it.
        ``trace`` is told when each stage ran, and on which thread.

        ``facts`` are what :func:`unmask.video.read_facts` said of the file: it is then hashed once.

        ``timeout`` seconds for this file (:class:`TimeBudgetExceeded`), None for no limit, or a
        deadline that was set already; waiting for other files is not counted.
        Raises an :class:`UnmaskError`: :class:`InputError` when the file cannot be analysed.
        """
        run = Run(
            source=Path(path),
            clock=StageClock(trace),
            deadline=_deadline(timeout),
            progress=progress or _quiet,
            evidence=evidence,
            alter=alter,
        )
        with (
            hashed_beside(run.source, facts, run.deadline, run.clock) as hashed,
            ExitStack() as stack,
        ):
            # The networks load while the file is opened.
            with ThreadPoolExecutor(1, thread_name_prefix="unmask-load") as pool:
                loading = pool.submit(self._engines.loaded)
                info, begun = run.open(hashed.facts)
                stack.callback(begun.close)
                with run.clock.stage("load"):
                    engine = loading.result()
            options = self.options
            needed = frames_memory(info, options.frames_per_clip)
            # What waits for others keeps no decoder meanwhile.
            with self._room.take(needed, run.deadline, let_go=begun.close) as waited_s:
                later = run.delayed(waited_s)
                return later.analyse(info, engine, self.model, options, hashed.sha256, begun)


def _deadline(timeout: float | Deadline | None) -> Deadline:
    if isinstance(timeout, Deadline):
        return timeout
    if timeout is None:
        return Deadline.after(None)
    given: Any = timeout
    number = isinstance(given, Real)
    if not (number and given > 0):
        raise UsageError(f"the time budget must be above 0 s, not {given!r}")
    return Deadline.after(float(given))


def _quiet(stage: Stage, done: int, total: int, /) -> None:
    pass


class RequestFields(TypedDict, total=False):
    """The fields of :class:`AnalysisRequest` as keywords."""

    clips: int
    frames_per_clip: int | None
    min_face: int
    max_faces: int
    thresholds: Thresholds | None
    from_s: float | None
    to_s: float | None


def analyse(
    path: str | PathLike[str],
    *,
    timeout: float | None = None,
    model: str | Path | None = None,
    device: DeviceChoice = "auto",
    runtime: RuntimeName | None = None,
    precision: PrecisionChoice = "auto",
    **options: Unpack[RequestFields],
) -> Analysis:
    """Analyse one video or picture; the networks stay loaded for the next call.

    Those of two models do, or of two ways to run one, whatever the options are, but for
    ``min_face``, which the detector is made for.

    ``options`` are the fields of :class:`AnalysisRequest`. See :meth:`Analyser.analyse`.
    """
    request = AnalysisRequest(**options)
    analyser = copy(_analyser(model, device, runtime, precision, request.min_face))
    analyser.request = request
    return analyser.analyse(path, timeout=timeout)


def _analyser(
    model: str | Path | None,
    device: DeviceChoice,
    runtime: RuntimeName | None,
    precision: PrecisionChoice,
    min_face: int,
) -> Analyser:
    """The one that was made for the same before, if it is among the last two; else a new one.

    By the model that lies there now and not by what it was called: a relative path may lead
    elsewhere by now, and a package may have been replaced. Making one loads nothing.
    """
    options = AnalysisRequest(min_face=min_face)
    made = Analyser(model, device=device, runtime=runtime, precision=precision, options=options)
    asked = made.package.folder, made.model.sha256, device, runtime, precision, min_face
    with _KEEPING:  # threads that come at the same time share one, and its networks
        kept = _KEPT[asked] = _KEPT.pop(asked, made)
        for oldest in list(_KEPT)[:-_MOST_KEPT]:
            del _KEPT[oldest]
    return kept


_KEPT: dict[tuple[object, ...], Analyser] = {}
_KEEPING = threading.Lock()
no_fork_within(_KEEPING)
_MOST_KEPT = 2
