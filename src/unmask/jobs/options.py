"""How a job is to be analysed: what the analyser takes, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unmask.core.analysis import Record, Thresholds
from unmask.core.errors import ModelAltered
from unmask.core.files import is_folder
from unmask.core.version import JUDGING
from unmask.pipeline import Analyser, AnalysisRequest
from unmask.runtime import shipped_packages

if TYPE_CHECKING:
    from unmask.store import Asked

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
        return Analyser(installed(self.model), options=request)

    def asked(self, *, judging: int = JUDGING) -> Asked:
        """By what a result of these options is found again, judged in that way."""
        # With a database, which who analyses does not need.
        from unmask.store import Asked, fingerprint

        analyser = self.analyser()
        asked = fingerprint(analyser.fingerprint_fields(), judging=judging)
        return Asked(analyser.model.sha256, asked, self.model_dump(mode="json"))

    def of_today(self) -> JobOptions:
        """The same, with the model where it is now (:func:`installed`)."""
        return self.model_copy(update={"model": installed(self.model)})


def installed(model: str | None) -> str | None:
    """The folder of a model; of one that shipped and is not there any more, its successor's.

    An upgrade puts another folder in its place, ``NAME-14`` for ``NAME-13``, and a worker may have
    its installation elsewhere than the server. One that is neither is returned as it is.
    """
    if model is None or is_folder(model):
        return model
    folder = Path(model).name
    shipped = shipped_packages()
    same = [one for one in shipped if one.folder.name == folder]
    newer = [one for one in shipped if one.manifest.name == folder.rpartition("-")[0]]
    return next((str(one.folder) for one in (*same, *reversed(newer))), model)


def same_model(analyser: Analyser, sha256: str) -> None:
    """Raise :class:`ModelAltered` unless the worker has the very model that was asked for."""
    if analyser.model.sha256 != sha256:
        raise ModelAltered(
            "this worker's model is not the one the job was submitted for",
            hint="give server and workers the same version and model package, start the server "
            "anew, then try again",
        )
