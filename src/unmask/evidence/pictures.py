"""The pictures of a report: key frames, faces cut from them, and where the evidence lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Analysis
from unmask.evidence.heatmap import FULL, Image, overlay, tinted, weighed

LARGEST = 1280
"""Longer side, in pixels, to which a key frame is reduced."""
_EVEN = 0.179  # the luminance on which black and white are read equally well

# As many as faces are scored unless more are asked for. The first six are of Okabe & Ito, "Color
# Universal Design", 2008, in an order whose neighbours differ most; the last two were searched for
# what differs most from them to any colour vision, and shows on white and on black.
FACE_COLOURS: tuple[str, ...] = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#964b3c",
    "#5a6969",
)
FACE_DASHES: tuple[str, ...] = ("", "8 4", "2 4", "10 4 2 4")
"""How a face's line is broken, as SVG has it: faces next to each other differ without colour."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyFace:
    """One face at one time. ``crop`` S×S×3 uint8 RGB, as the network sees it.

    ``map`` m×m is :attr:`ScoredCrop.map`, None where it could not be made; ``matrix`` 2×3 maps
    pixels of the whole frame to the crop's; ``score`` is the document's, None if not scored.
    """

    face: int
    time_s: float
    crop: Image
    map: NDArray[np.float32] | None
    matrix: NDArray[np.float64]
    score: float | None

    def heat(self) -> Image | None:
        """The crop in grey under its evidence, S×S×3; None where there is none to show."""
        evidence = self.evidence
        return None if evidence is None else overlay(self.crop, evidence)

    @property
    def evidence(self) -> NDArray[np.float32] | None:
        """As :attr:`ScoredCrop.evidence`; None without a map or a score."""
        if self.map is None or self.score is None:
            return None
        return weighed(self.map, self.score)


@dataclass(frozen=True, slots=True, eq=False)
class KeyFrame:
    """A whole frame as displayed, reduced by ``scale`` (at most 1), H×W×3 uint8 RGB."""

    time_s: float
    image: Image
    scale: float

    @classmethod
    def reduced(cls, time_s: float, image: Image) -> KeyFrame:
        """No side above :data:`LARGEST`."""
        height, width = image.shape[:2]
        scale = min(1.0, LARGEST / max(height, width))
        if scale == 1.0:
            return cls(time_s, image, 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cls(time_s, np.asarray(small, dtype=np.uint8), scale)

    def with_boxes(self, analysis: Analysis) -> Image:
        """The frame with a numbered box around each face that the document has at this time."""
        picture = self.image.copy()
        for face in analysis.faces:
            for frame in face.frames:
                if frame.time_s == self.time_s:
                    _draw_box(picture, [value * self.scale for value in frame.box], face.id)
        return picture

    def with_heat(self, faces: Sequence[KeyFace]) -> Image:
        """The frame with the evidence of those of ``faces`` that are of this time laid over it."""
        picture = self.image
        for face in faces:
            evidence = face.evidence
            if face.time_s == self.time_s and evidence is not None:
                picture = self._heated(picture, evidence, face)
        return picture

    def _heated(self, picture: Image, evidence: NDArray[np.float32], face: KeyFace) -> Image:
        matrix = face.matrix.copy()
        matrix[:, :2] /= self.scale
        side = face.crop.shape[0]
        strength = cv2.resize(
            evidence / np.float32(FULL), (side, side), interpolation=cv2.INTER_CUBIC
        )
        height, width = picture.shape[:2]
        # The matrix says where in the crop a frame's pixel lies, which is what warping asks.
        placed = cv2.warpAffine(
            strength, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        return tinted(picture, np.asarray(placed, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a report shows. ``note`` says what is missing and why, "" where nothing is."""

    frames: tuple[KeyFrame, ...]
    faces: tuple[KeyFace, ...]
    note: str = ""

    @classmethod
    def none(cls, why: str) -> Pictures:
        """No pictures, and the sentence that says why."""
        return cls((), (), why)

    def of_face(self, face: int) -> tuple[KeyFace, ...]:
        """The pictures of one face, by time."""
        return tuple(one for one in self.faces if one.face == face)


def face_colour(face: int) -> str:
    """The colour that stands for a face wherever it is shown, as ``#rrggbb``."""
    return FACE_COLOURS[face % len(FACE_COLOURS)]


def face_ink(face: int) -> str:
    """Black or white, whichever is read more easily on a face's colour: 4.5:1 at least."""
    return "#000000" if luminance(face_colour(face)) > _EVEN else "#ffffff"


def face_dash(face: int) -> str:
    """How the line of a face is broken, "" for a whole one."""
    return FACE_DASHES[face % len(FACE_DASHES)]


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, 0 to 1 (WCAG 2)."""
    shares = [value / 255 for value in _rgb(colour)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _draw_box(picture: Image, box: Sequence[float], face: int) -> None:
    x0, y0, x1, y1 = (round(value) for value in box)
    rgb = _rgb(face_colour(face))
    width = max(2, max(picture.shape[:2]) // 400)
    cv2.rectangle(picture, (x0, y0), (x1, y1), (255, 255, 255), width + 2)
    cv2.rectangle(picture, (x0, y0), (x1, y1), rgb, width)
    scale = max(0.5, max(picture.shape[:2]) / 1400)
    (across, up), _ = cv2.getTextSize(str(face), cv2.FONT_HERSHEY_SIMPLEX, scale, width)
    left = max(0, min(x0, picture.shape[1] - across - 8))
    bottom = max(up + 8, y0)
    cv2.rectangle(picture, (left, bottom - up - 8), (left + across + 8, bottom), rgb, -1)
    cv2.putText(
        picture,
        str(face),
        (left + 4, bottom - 4),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        _rgb(face_ink(face)),
        width,
        cv2.LINE_AA,
    )
