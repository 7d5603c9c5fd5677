"""Non-maximum suppression of many boxes at once, in memory that does not grow with their pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unmask.faces.boxes import Boxes, areas

Measure = Literal["union", "min"]
Indices = NDArray[np.intp]

_PAIRS = 1 << 20  # looked at together: about 50 MB
_FEW = 2048  # boxes of which the pairs that overlap in x alone are no burden


def survivors(
    boxes: Boxes,
    scores: NDArray[np.float32],
    groups: NDArray[np.intp],
    threshold: float,
    measure: Measure = "union",
) -> Indices:
    """Indices of the boxes that no better box of their group overlaps by more than ``threshold``.

    Overlap is intersection over union, or over the smaller box ("min"). A box that is itself
    suppressed still suppresses, which is the rule of the implementation whose results ours are
    measured against, and makes every pair independent of every other. Best score first; equal
    scores rank in the order given.
    """
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    size = areas(boxes)
    beaten = np.zeros(len(boxes), bool)
    for one, other in _neighbours(boxes, groups):
        shared = _shared(boxes, one, other)
        if measure == "union":
            whole = size[one] + size[other] - shared
        else:
            whole = np.minimum(size[one], size[other])
        clash = shared > threshold * whole
        worse = np.where(rank[one] > rank[other], one, other)
        beaten[worse[clash]] = True
    return order[~beaten[order]]


def _shared(boxes: Boxes, one: Indices, other: Indices) -> NDArray[np.float32]:
    a, b = boxes[one], boxes[other]
    sides = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    np.maximum(sides, 0, out=sides)
    area: NDArray[np.float32] = sides[:, 0] * sides[:, 1]
    return area


def _neighbours(boxes: Boxes, groups: NDArray[np.intp]) -> Iterator[tuple[Indices, Indices]]:
    """Pairs of one group that overlap in x and share a band of y, some of them twice.

    A sweep: sorted by group, band and left side, a box's partners are the ones that follow it
    until a left side lies beyond its right side.
    """
    index, key = _banded(boxes, groups)
    left, right = boxes[index, 0].astype(np.float64), boxes[index, 2].astype(np.float64)
    origin = left.min(initial=0.0)
    span = max(right.max(initial=0.0), left.max(initial=0.0)) - origin + 1.0
    start = key * span + (left - origin)
    order = np.argsort(start, kind="stable")
    index, start = index[order], start[order]
    stop = (key * span + (right - origin))[order]
    first = np.arange(1, len(index) + 1)
    counts = np.maximum(np.searchsorted(start, stop, side="left") - first, 0)
    ends = np.cumsum(counts)
    at = 0
    while at < len(index):
        done = ends[at - 1] if at else 0
        until = max(int(np.searchsorted(ends, done + _PAIRS, side="right")), at + 1)
        some = counts[at:until]
        ahead = np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        left_one = np.repeat(np.arange(at, until), some)
        yield index[left_one], index[left_one + 1 + ahead]
        at = until


def _banded(boxes: Boxes, groups: NDArray[np.intp]) -> tuple[Indices, NDArray[np.int64]]:
    """Each box once for every band of y that it touches, with a key for its group and band."""
    everyone = np.arange(len(boxes))
    if len(boxes) <= _FEW:
        return everyone, groups.astype(np.int64)
    height = 4 * float(np.median(boxes[:, 3] - boxes[:, 1])) + 1.0
    origin = boxes[:, 1].min()
    first = ((boxes[:, 1] - origin) // height).astype(np.int64)
    last = np.maximum(((boxes[:, 3] - origin) // height).astype(np.int64), first)
    repeats = last - first + 1
    index = np.repeat(everyone, repeats)
    step = np.arange(len(index)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    return index, groups[index] * (last.max() + 1) + first[index] + step
