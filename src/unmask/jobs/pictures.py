"""The pictures beside an analysis: poster, crops of each face, heat layers to lay over them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydantic import BaseModel, ConfigDict, ValidationError

from unmask.clips import crop_matrix
from unmask.core.analysis import Analysis, Face
from unmask.core.deadline import Deadline
from unmask.core.frames import WindowPlan
from unmask.evidence import EvidenceCollector, Provenance, ScoredCrop
from unmask.evidence.heatmap import AGAINST, FOR, FULL, overlay, traces_of
from unmask.pipeline.origin import read_provenance
from unmask.runtime import ModelPackage
from unmask.video import DamageCount, read_windows

INDEX = "pictures.json"
POSTER = "poster.webp"
PROVENANCE = "provenance.json"
_POSTER_SIDE = 1280
_CROP = 192
_HEAT = 96
_OPAQUE = 0.75
_PROVENANCE_S = 30.0


class CropPicture(BaseModel):
    """One crop of a face. ``place`` maps crop shares (0 to 1) to pixels of the displayed frame,
    as the six numbers of a canvas transform (a, b, c, d, e, f).
    """

    model_config = ConfigDict(frozen=True)

    time_s: float
    score: float
    crop: str
    heat: str
    place: tuple[float, float, float, float, float, float] | None


class EvidenceIndex(BaseModel):
    """What there is: file names within the folder. ``faces`` and ``lasting`` by the face's id.

    ``lasting`` shows the face under what stays in its place through its frames.
    """

    model_config = ConfigDict(frozen=True)

    poster: str | None = None
    faces: dict[int, tuple[CropPicture, ...]] = {}
    lasting: dict[int, str] = {}


def read_index(folder: Path) -> EvidenceIndex:
    """The index of a folder; an empty one where there is none."""
    try:
        return EvidenceIndex.model_validate_json((folder / INDEX).read_bytes())
    except OSError:
        return EvidenceIndex()


def read_provenance_file(folder: Path) -> Provenance | None:
    """What the file said of its own origin; None where nobody wrote that down."""
    try:
        return Provenance.model_validate_json((folder / PROVENANCE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_provenance(folder: Path, source: Path) -> None:
    """Write down what the file says of its own origin."""
    provenance = read_provenance(source, timeout=_PROVENANCE_S)
    (folder / PROVENANCE).write_text(provenance.to_json(), encoding="utf-8")


def write_pictures(
    folder: Path,
    source: Path,
    analysis: Analysis,
    collected: EvidenceCollector,
    model: ModelPackage,
) -> EvidenceIndex:
    """Write the pictures of one analysis and their index into ``folder``, which must exist."""
    poster = _poster(source, analysis)
    if poster is not None:
        _thumbnail(poster, _POSTER_SIDE).save(folder / POSTER, "WEBP", quality=82)
    faces = {
        face.id: tuple(
            _crop(folder, face, number, crop, model)
            for number, crop in enumerate(collected.crops(face.id))
        )
        for face in analysis.faces
    }
    index = EvidenceIndex(
        poster=None if poster is None else POSTER,
        faces=faces,
        lasting={
            face.id: name for face in analysis.faces if (name := _lasting(folder, face, collected))
        },
    )
    (folder / INDEX).write_text(json.dumps(index.model_dump(mode="json")), encoding="utf-8")
    return index


def heat_layer(evidence: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The evidence m×m as a transparent layer, 96×96×4 (uint8, RGBA).

    The colours and the fixed scale of :func:`unmask.evidence.overlay`: nothing is stretched, what
    says nothing is transparent.
    """
    strength = cv2.resize(
        evidence / np.float32(FULL), (_HEAT, _HEAT), interpolation=cv2.INTER_CUBIC
    )
    strength = np.clip(strength, -1.0, 1.0)
    colour = np.where(strength[..., None] > 0, np.array(FOR), np.array(AGAINST))
    alpha = np.rint(255 * _OPAQUE * np.abs(strength))[..., None]
    return np.concatenate([colour, alpha], axis=2).astype(np.uint8)


def _lasting(folder: Path, face: Face, collected: EvidenceCollector) -> str | None:
    """The picture's name; None where nothing says what lasts, or no crop was kept."""
    traces, strongest = traces_of(face), collected.strongest(face.id)
    if traces is None or strongest is None:
        return None
    name = f"face-{face.id}-lasting.webp"
    _thumbnail(overlay(strongest.image, traces), _CROP).save(folder / name, "WEBP", quality=85)
    return name


def _crop(
    folder: Path, face: Face, number: int, crop: ScoredCrop, model: ModelPackage
) -> CropPicture:
    stem = f"face-{face.id}-{number:02d}"
    _thumbnail(crop.image, _CROP).save(folder / f"{stem}.webp", "WEBP", quality=85)
    Pillow.fromarray(heat_layer(crop.evidence)).save(folder / f"{stem}-heat.png", optimize=True)
    return CropPicture(
        time_s=round(float(crop.time), 6),
        score=round(crop.score, 6),
        crop=f"{stem}.webp",
        heat=f"{stem}-heat.png",
        place=_place(face, float(crop.time), model),
    )


def _place(
    face: Face, time_s: float, model: ModelPackage
) -> tuple[float, float, float, float, float, float] | None:
    """Where the crop's unit square lies in the frame; None if the document lacks the moment."""
    seen = min(face.frames, key=lambda frame: abs(frame.time_s - time_s), default=None)
    if seen is None or abs(seen.time_s - time_s) > 1e-3:
        return None
    spec = model.manifest.crop
    landmarks = np.asarray(seen.landmarks, dtype=np.float32)
    to_crop = np.vstack([crop_matrix(landmarks, size=1, margin=spec.margin), [0, 0, 1]])
    back = np.linalg.inv(to_crop)
    a, c, e = (round(float(value), 4) for value in back[0])
    b, d, f = (round(float(value), 4) for value in back[1])
    return a, b, c, d, e, f


def _poster(source: Path, analysis: Analysis) -> NDArray[np.uint8] | None:
    """The frame in which the first face was seen first, or the first frame that decodes."""
    time = Fraction(0)
    if analysis.faces and analysis.faces[0].frames:
        time = Fraction(analysis.faces[0].frames[0].time_s).limit_denominator(100_000)
    plan = WindowPlan(max(Fraction(0), time - Fraction(1, 1000)), time + 1, 1, Fraction(1))
    windows = read_windows(
        source, analysis.media, [plan], deadline=Deadline.after(30), damage=DamageCount()
    )
    window = next(iter(windows), None)
    return None if window is None or not window.frames else window.frames[0].image


def _thumbnail(image: NDArray[np.uint8], side: int) -> Pillow.Image:
    picture = Pillow.fromarray(image)
    picture.thumbnail((side, side), Pillow.Resampling.LANCZOS)
    return picture
