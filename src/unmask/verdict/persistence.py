"""What a face's frames say together: not what each shows, but what stays in its place.

A real face stands out here in one frame and there in another: an eye that is half closed, a mouth
blurred by its own motion, a cheek in a coarse block. What a tool has put in stays where it is. So
frames are not scored one by one and averaged; their maps are laid over each other (crops are
aligned, so a cell is the same part of the face in each), and a cell counts by what it reaches in
most of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.runtime.package import Pooling

Cells = NDArray[np.float32]


def frames_logit(
    logits: Sequence[float], cells: Sequence[Cells | None], pooling: Pooling | None
) -> float:
    """One logit for at least one frame, from each frame's logit and its cells s×s, in one order.

    With ``pooling``, each cell is given the value that it reaches in ``pooling.share`` of the
    frames, and the contrast of that map is taken, less what is expected of the frames (their
    median): of one frame, its own logit. Without it, for packages whose graph does not answer with
    cells, the median of the logits. :class:`ModelInvalid` where an answer is no number.
    """
    if not logits:
        raise ValueError("no frame, no logit")
    if pooling is None or len(logits) == 1:
        return median_logit(logits)
    maps = _maps(cells)
    if len(maps) != len(logits):
        raise ValueError(f"{len(logits)} frames have {len(maps)} maps of cells")
    shown = [_contrast(one, pooling.sharpness) for one in maps]
    expected = median_logit([one - logit for one, logit in zip(shown, logits, strict=True)])
    return _contrast(_lasting(maps, pooling), pooling.sharpness) - expected


def lasting_map(cells: Sequence[Cells | None], pooling: Pooling) -> Cells:
    """What each cell gives to the logit of at least one frame: s×s, their mean is the contrast.

    As a frame's own map, but of what lasts. ``cells`` as in :func:`frames_logit`; ValueError
    without any.
    """
    maps = _maps(cells)
    if not len(maps):
        raise ValueError("no frame has a map of cells")
    each = _shares(_lasting(maps, pooling), pooling.sharpness)
    side = math.isqrt(each.size)
    return (each * each.size).reshape(side, side).astype(np.float32)


def _maps(cells: Sequence[Cells | None]) -> NDArray[np.float64]:
    """N×s² of those that there are."""
    given = [one.reshape(-1) for one in cells if one is not None]
    maps = np.asarray(given, dtype=np.float64)
    if not np.isfinite(maps).all():
        raise ModelInvalid("the model answered cells that are no numbers")
    return maps


def _lasting(maps: NDArray[np.float64], pooling: Pooling) -> NDArray[np.float64]:
    return np.asarray(np.quantile(maps, 1.0 - pooling.share, axis=0))


def median_logit(logits: Sequence[float]) -> float:
    """The middle one of at least one logit, or the mean of the two in the middle."""
    return statistics.median(finite(logit) for logit in logits)


def _contrast(cells: NDArray[np.float64], sharpness: float) -> float:
    """As :meth:`unmask.models.detector.FrameDetector.contrast`, of cells s²."""
    return float(_shares(cells, sharpness).sum())


def _shares(cells: NDArray[np.float64], sharpness: float) -> NDArray[np.float64]:
    """What each of the cells s² gives to the contrast."""
    around = cells - cells.mean()
    weights = np.exp(sharpness * (around - around.max()))
    return np.asarray(around * weights / weights.sum())


def finite(logit: float) -> float:
    """Failure is never a score: a network that answers NaN or infinity has failed."""
    if not math.isfinite(logit):
        raise ModelInvalid(
            f"the model answered {logit} instead of a finite logit",
            hint="try --device cpu, or verify the package with 'unmask models'",
        )
    return float(logit)
