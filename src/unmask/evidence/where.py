"""In words, where on a face what lasts speaks for manipulation: for who cannot see the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Face
from unmask.core.language import _
from unmask.evidence.heatmap import FULL, OUTLINED, traces_of

_MOSTLY = 0.6  # share of the outlined cells from which a third of the picture is named


def where(face: Face) -> str:
    """A sentence in the language written in; "" of a face without ``traces`` or not judged.

    Told is what the picture outlines. Thirds of the picture are named and no features of a face:
    where its mouth lies in a crop is not in the document.
    """
    traces = traces_of(face)
    if traces is None:
        return ""
    outlined = traces > OUTLINED * FULL  # m×m
    if not outlined.any():
        return _("Nothing in it speaks strongly for manipulation.")
    rows, columns = (_thirds(outlined.sum(axis=axis)) for axis in (1, 0))
    place = {
        0: _("in the upper part of the face"),
        1: _("at half the height of the face"),
        2: _("in the lower part of the face"),
        None: _("over much of the face"),
    }[rows]
    side = {0: _(", on the left of the picture"), 2: _(", on the right of the picture")}
    return _(
        "What speaks strongly for manipulation lies mostly %(place)s%(side)s.",
        place=place,
        side=side.get(columns, "") if columns is not None else "",
    )


def _thirds(cells: NDArray[np.int_]) -> int | None:
    """Which third holds most of what m cells count: 0, 1 or 2; None if no third does."""
    third = np.arange(len(cells)) * 3 // len(cells)
    shares = np.bincount(third, weights=cells, minlength=3) / cells.sum()
    return int(shares.argmax()) if shares.max() >= _MOSTLY else None
