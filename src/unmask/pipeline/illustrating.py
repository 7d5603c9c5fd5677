"""Pictures for a report, made by reading the file again: no pixels are kept with a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.clips import align
from unmask.core.analysis import Analysis, Face, FaceFrame
from unmask.core.deadline import Deadline
from unmask.core.errors import InputError, TimeBudgetExceeded, UnmaskError
from unmask.core.frames import Frame, WindowPlan
from unmask.core.language import _
from unmask.core.said import told
from unmask.evidence import KeyFace, KeyFrame, Pictures
from unmask.pipeline.analyser import Analyser
from unmask.runtime import file_sha256
from unmask.video import DamageCount, read_windows

_MICRO = Fraction(1, 1_000_000)  # to which the document rounds times
_SIZE, _MARGIN = 224, 1.3  # of a crop where the model is not at hand
_FACES = 16  # of which there are pictures
_WHOLE = 8  # frames shown whole


@dataclass(frozen=True, slots=True)
class _Wanted:
    face: Face
    frame: FaceFrame


def illustrate(
    path: str | PathLike[str],
    analysis: Analysis,
    analyser: Analyser | None = None,
    *,
    timeout: float | None = None,
) -> Pictures:
    """Key frames, faces and heat maps of an analysis, from the file that was analysed.

    ``analyser`` with the model that scored gives the heat maps; without it, or with another, there
    are none. Never raises for the file's or the model's sake, nor when ``timeout`` seconds have
    passed: what cannot be shown is said in :attr:`Pictures.note`.
    """
    path, wanted = Path(path), _choose(analysis)
    if not wanted:
        return Pictures.none(_("No face was scored, so there are no pictures of faces."))
    try:
        if file_sha256(path) != analysis.media.sha256:
            return Pictures.none(
                _("No pictures: the file that is there now is not the one that was analysed.")
            )
        frames, faces = _read(path, analysis, wanted, analyser, Deadline.after(timeout))
    except FileNotFoundError:
        return Pictures.none(_("No pictures: the file is not there any more, and none were kept."))
    except OSError as error:
        why = error.strerror or str(error)
        return Pictures.none(_("No pictures: the file cannot be read (%(why)s).", why=why))
    except (InputError, TimeBudgetExceeded) as error:
        return Pictures.none(_("No pictures: %(why)s.", why=told(error.message)))
    return _with_heat(Pictures(frames, faces, _missing(wanted, faces)), analysis, analyser, timeout)


def _choose(analysis: Analysis) -> list[_Wanted]:
    """Which sightings to show: each face's strongest, and some spread over its time."""
    faces = analysis.faces[:_FACES]
    each = 4 if len(faces) <= 3 else 2 if len(faces) <= 8 else 1
    wanted = [_Wanted(face, frame) for face in faces for frame in _some(face, each)]
    return wanted + _beside(faces, wanted)


def _beside(faces: Sequence[Face], wanted: Sequence[_Wanted]) -> list[_Wanted]:
    """The other faces of the frames that are shown whole: each has its evidence there."""
    known = {(one.face.id, one.frame.time_s) for one in wanted}
    whole = _whole(wanted)
    return [
        _Wanted(face, frame)
        for face in faces
        for frame in face.frames
        if frame.time_s in whole
        and frame.score is not None
        and (face.id, frame.time_s) not in known
    ]


def _whole(wanted: Sequence[_Wanted]) -> frozenset[float]:
    """The times of the frames shown whole: where a face scores highest."""
    strongest = dict.fromkeys(_strongest(one.face).time_s for one in wanted)
    return frozenset(list(strongest)[:_WHOLE])


def _some(face: Face, count: int) -> list[FaceFrame]:
    scored = [frame for frame in face.frames if frame.score is not None]
    if not scored:
        return []
    spread = [scored[round(i)] for i in np.linspace(0, len(scored) - 1, count)]
    chosen = {frame.time_s: frame for frame in (_strongest(face), *spread[1:], spread[0])}
    return sorted(list(chosen.values())[:count], key=lambda frame: frame.time_s)


def _strongest(face: Face) -> FaceFrame:
    return max(face.frames, key=lambda frame: -1.0 if frame.score is None else frame.score)


def _read(
    path: Path,
    analysis: Analysis,
    wanted: Sequence[_Wanted],
    analyser: Analyser | None,
    deadline: Deadline,
) -> tuple[tuple[KeyFrame, ...], tuple[KeyFace, ...]]:
    crop = None if analyser is None else analyser.package.manifest.crop
    size, margin = (_SIZE, _MARGIN) if crop is None else (crop.size, crop.margin)
    whole = _whole(wanted)
    frames: list[KeyFrame] = []
    faces: list[KeyFace] = []
    for time_s, frame in _frames(path, analysis, {one.frame.time_s for one in wanted}, deadline):
        if time_s in whole:
            frames.append(KeyFrame.reduced(time_s, frame.image))
        for one in wanted:
            if one.frame.time_s == time_s:
                points = np.asarray(one.frame.landmarks, np.float32)
                cut = align(frame.image, points, size=size, margin=margin)
                key = KeyFace(one.face.id, time_s, cut.image, None, cut.matrix, one.frame.score)
                faces.append(key)
    return tuple(frames), tuple(faces)


def _frames(
    path: Path, analysis: Analysis, times: Iterable[float], deadline: Deadline
) -> Iterator[tuple[float, Frame]]:
    """The frames of these times, each with its time as the document has it."""
    ordered = sorted(times)
    plans = [_plan(time_s) for time_s in ordered]
    for window in read_windows(
        path, analysis.media, plans, deadline=deadline, damage=DamageCount()
    ):
        for frame in window.frames:
            for time_s in ordered:
                if abs(Fraction(time_s) - frame.time) <= _MICRO:
                    yield time_s, frame


def _plan(time_s: float) -> WindowPlan:
    start = max(Fraction(0), Fraction(time_s) - 2 * _MICRO)
    return WindowPlan(start, start + Fraction(1, 1000), 1, Fraction(1, 1000))


def _missing(wanted: Sequence[_Wanted], faces: Sequence[KeyFace]) -> str:
    absent = len(wanted) - len(faces)
    if not absent:
        return ""
    return _("%(n)s of %(all)s pictures could not be read again.", n=absent, all=len(wanted))


def _with_heat(
    pictures: Pictures, analysis: Analysis, analyser: Analyser | None, timeout: float | None
) -> Pictures:
    if not pictures.faces:
        return pictures
    if analyser is None or analyser.model.sha256 != analysis.model.sha256:
        return _noted(pictures, _("No heat maps: the model that scored is not at hand."))
    try:
        maps = _maps(pictures.faces, analyser, Deadline.after(timeout))
    except UnmaskError as error:
        return _noted(pictures, _("No heat maps: %(why)s.", why=told(error.message)))
    faces = zip(pictures.faces, maps, strict=True)
    return replace(pictures, faces=tuple(replace(face, map=own) for face, own in faces))


def _noted(pictures: Pictures, why: str) -> Pictures:
    return replace(pictures, note=f"{pictures.note} {why}".strip())


def _maps(faces: Sequence[KeyFace], analyser: Analyser, deadline: Deadline) -> NDArray[np.float32]:
    crops = np.stack([one.crop for one in faces])
    scale = np.float32(analyser.package.manifest.calibration.frame_scale)
    return analyser.scorer.score_crops(crops, deadline=deadline).maps * scale
