"""What is known of a file beside its faces: what must not be what tells the classes apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Analysis, Face
from unmask.core.frames import Window

_DARK = 24  # luma below which a row or column counts as black, codec noise allowed for


class Bars:
    """The share of the picture taken by black bars at its edges, the least of all frames."""

    def __init__(self) -> None:
        self.share: float | None = None

    def look(self, window: Window) -> None:
        """Look at the first frame of a window."""
        share = black_bars(window.frames[0].image)
        self.share = share if self.share is None else min(self.share, share)


def black_bars(image: NDArray[np.uint8]) -> float:
    """Share of the area outside the smallest rectangle that holds all that is not black, 0 to 1."""
    bright = image.max(axis=2) >= _DARK  # H×W
    rows, columns = (np.flatnonzero(bright.mean(axis=axis) > 0.02) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return 1.0
    kept = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    return float(1 - kept / bright.size)


def facts_of(analysis: Analysis, bars: Bars) -> dict[str, str]:
    """By the names of ``scores.FACTS``; what does not apply is left out."""
    media = analysis.media
    facts = {
        "kind": media.kind,
        "container": media.container,
        "codec": media.codec,
        "width": str(media.width),
        "height": str(media.height),
        "bytes": str(media.bytes),
        "sha256": media.sha256,
        "face_count": str(len(analysis.faces)),
    }
    if media.frame_rate is not None:
        facts["fps"] = f"{float(Fraction(media.frame_rate)):.3f}"
    if media.duration_s is not None:
        facts["duration_s"] = f"{media.duration_s:.3f}"
    if bars.share is not None:
        facts["black_bars"] = f"{bars.share:.4f}"
    if analysis.faces:
        facts |= _place(max(analysis.faces, key=_size), media.width, media.height)
    return facts


def _size(face: Face) -> float:
    x0, y0, x1, y1 = face.best_box
    return min(x1 - x0, y1 - y0)


def _place(face: Face, width: int, height: int) -> dict[str, str]:
    """Size in pixels and the centre's place, 0 to 1, of the largest face."""
    x0, y0, x1, y1 = face.best_box
    return {
        "face_px": f"{_size(face):.1f}",
        "face_x": f"{(x0 + x1) / 2 / width:.4f}",
        "face_y": f"{(y0 + y1) / 2 / height:.4f}",
    }
