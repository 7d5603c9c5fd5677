"""How a job is to be analysed: what the analyser takes, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unmask.core.analysis import Record, Thresholds
from unmask.core.errors import ModelAltered
from unmask.pipeline import Analyser, AnalysisRequest

_USUAL = AnalysisRequest()


class JobOptions(Record):
    """The options of ``unmask scan``, less those that only a terminal needs.

    ``model`` is a name or folder that the server knows, None for the default; what a client sends
    is never taken for a path. Numbers out of range raise :class:`UsageError` in :meth:`analyser`.
    """

    model: str | None = None
    clips: int = _USUAL.clips
    frames_per_clip: int | None = None
    min_face: int = _USUAL.min_face
    max_faces: int = _USUAL.max_faces
    thresholds: Thresholds | None = None
    from_s: float | None = None
    to_s: float | None = None

    def analyser(self) -> Analyser:
        """What analyses as asked. Cheap: the networks load with the first file."""
        request = AnalysisRequest(
            clips=self.clips,
            frames_per_clip=self.frames_per_clip,
            min_face=self.min_face,
            max_faces=self.max_faces,
            thresholds=self.thresholds,
            from_s=self.from_s,
            to_s=self.to_s,
        )
        return Analyser(self.model, options=request)

    def asked(self) -> Asked:
        """By what a result of these options is found again."""
        from unmask.store import fingerprint  # with a database, which who analyses does not need

        analyser = self.analyser()
        asked = fingerprint(analyser.fingerprint_fields())
        return Asked(analyser.model.sha256, asked, self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Model and options as one hash each, and the options as JSON values: fields of a job."""

    model_sha256: str
    fingerprint: str
    options: dict[str, Any]


def same_model(analyser: Analyser, sha256: str) -> None:
    """Raise :class:`ModelAltered` unless the worker has the very model that was asked for."""
    if analyser.model.sha256 != sha256:
        raise ModelAltered(
            "this worker's model is not the one the job was submitted for",
            hint="give server and workers the same model package, then submit again",
        )
