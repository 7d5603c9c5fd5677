"""``analyse``: a file in, a document out. The only place that names the order of the stages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict, Unpack

from unmask.core.analysis import Analysis, AnalysisOptions, ModelRef, Thresholds
from unmask.evidence import EvidenceSink
from unmask.pipeline.progress import Progress
from unmask.pipeline.request import DEFAULT_REQUEST, AnalysisRequest
from unmask.runtime import DeviceChoice, ModelPackage
from unmask.runtime.session import PrecisionChoice, RuntimeName


class Analyser:
    """Analyses files with one model, loaded once, at the first file (or by :meth:`load`).

    Safe to call from several threads. ``model`` is the name of a shipped package, a folder, or
    None for the default.
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
        raise NotImplementedError

    @property
    def package(self) -> ModelPackage:
        """The model package in use."""
        raise NotImplementedError

    @property
    def model(self) -> ModelRef:
        """The model as the document names it."""
        raise NotImplementedError

    @property
    def options(self) -> AnalysisOptions:
        """The options as the document will state them: defaults filled in, device resolved."""
        raise NotImplementedError

    def fingerprint_fields(self) -> dict[str, Any]:
        """Everything that decides the result beside the file's bytes, for a look into history.

        ``{"unmask": version, "model": {name, version, sha256}, "options": {…}}``, JSON values
        only. Needs no graph to be loaded.
        """
        raise NotImplementedError

    def load(self) -> None:
        """Load the graphs now rather than with the first file."""
        raise NotImplementedError

    def analyse(
        self,
        path: str | Path,
        *,
        timeout: float | None = None,
        progress: Progress | None = None,
        evidence: EvidenceSink | None = None,
    ) -> Analysis:
        """Analyse one video or picture. Saves nothing.

        ``timeout`` seconds for this file (:class:`TimeBudgetExceeded`), None for no limit.
        Raises an :class:`UnmaskError`: :class:`InputError` when the file cannot be analysed.
        """
        raise NotImplementedError


class RequestFields(TypedDict, total=False):
    """The fields of :class:`AnalysisRequest` as keywords."""

    clips: int
    frames_per_clip: int | None
    min_face: int
    max_faces: int
    thresholds: Thresholds | None


def analyse(
    path: str | Path,
    *,
    timeout: float | None = None,
    model: str | Path | None = None,
    device: DeviceChoice = "auto",
    runtime: RuntimeName | None = None,
    precision: PrecisionChoice = "auto",
    **options: Unpack[RequestFields],
) -> Analysis:
    """Analyse one video or picture; the model stays loaded for the next call.

    ``options`` are the fields of :class:`AnalysisRequest`. See :meth:`Analyser.analyse`.
    """
    analyser = _analyser(model, device, runtime, precision, AnalysisRequest(**options))
    return analyser.analyse(path, timeout=timeout)


@lru_cache(maxsize=2)
def _analyser(
    model: str | Path | None,
    device: DeviceChoice,
    runtime: RuntimeName | None,
    precision: PrecisionChoice,
    options: AnalysisRequest,
) -> Analyser:
    return Analyser(model, device=device, runtime=runtime, precision=precision, options=options)
