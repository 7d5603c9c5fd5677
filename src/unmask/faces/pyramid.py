"""Image pyramid, laid out so that P-Net sees all levels of a picture in few calls of few shapes.

P-Net is a fully convolutional network with a 12-pixel window and stride 2, without padding, so its
answer for a window does not depend on what lies around it. Levels can therefore stand side by side
on one canvas, and a level too large for a canvas can be cut into tiles that share a 10-pixel seam,
without changing a number. Canvases have rounded sizes: the runtime prepares its kernels once for
each shape, and a folder of pictures of all sizes needs only a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

CELL = 12  # P-Net's window, pixels a side
STRIDE = 2
FACTOR = 0.709  # from one level to the next; Zhang et al. 2016
_SEAM = CELL - STRIDE
_CELLS_LESS = _SEAM // STRIDE  # than strides in a side: so many windows reach beyond its end
_ROUND_ACROSS, _ROUND_DOWN = 64, 16  # canvases' sides are multiples of these, at least
_WIDEST = 1280
_ENOUGH = 1.5  # times a level's width: what its source must have
_OPEN = 4  # canvases in which room is looked for
_HUGE = 1 << 24  # pixels: a level's samples would take more memory than they save time
_PIXELS = 1 << 18  # of one canvas: what lies between P-Net's layers then fits the cache


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of a level and its place on a canvas; in pixels, the last four on the level."""

    level: int
    canvas: int
    left: int
    top: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The pyramid of every picture of one size. ``sizes`` are the levels' (width, height).

    ``owners`` has, for each canvas, the index into ``tiles`` of the tile that an output cell of
    P-Net looks at, h×w, or −1 where a cell's window lies in no tile.
    """

    scales: tuple[float, ...]
    sizes: tuple[tuple[int, int], ...]
    canvases: tuple[tuple[int, int], ...]  # (height, width)
    tiles: tuple[Tile, ...]
    owners: tuple[NDArray[np.int16], ...]

    def windows(
        self, canvas: int, passed: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """What the cells that ``passed`` (h×w) on a canvas look at, those in a tile.

        Their rows and columns, their levels, and their windows' left and top on the level, M×2.
        """
        row, column = np.nonzero(passed & (self.owners[canvas] >= 0))
        owner = self.owners[canvas][row, column]
        tiles = np.array(
            [(tile.level, tile.x - tile.left, tile.y - tile.top) for tile in self.tiles], np.intp
        )[owner]
        corner = STRIDE * np.stack([column, row], axis=1) + tiles[:, 1:]
        return row, column, tiles[:, 0], corner


def scales(height: int, width: int, min_face: float) -> tuple[float, ...]:
    """Scale of each level, from the one where ``min_face`` pixels fill P-Net's window.

    Ends before the shorter side falls below the window; empty for smaller pictures.
    """
    found = []
    scale = CELL / min_face
    while int(min(height, width) * scale) >= CELL:
        found.append(scale)
        scale *= FACTOR
    return tuple(found)


@lru_cache(maxsize=8)
def layout(height: int, width: int, min_face: float) -> Layout:
    """How a picture's pyramid is laid out. Kept for the sizes seen last."""
    steps = scales(height, width, min_face)
    sizes = tuple((int(width * step), int(height * step)) for step in steps)
    widest = min(max((w for w, _ in sizes), default=0), _WIDEST)
    # Beside an upright picture's first level there is room only on a wider canvas.
    trials = [_packed(sizes, min(int(widest * more), _WIDEST)) for more in (1.0, 1.5, 2.0)]
    tiles, canvases = min(trials, key=lambda trial: sum(h * w for h, w in trial[1]))
    return Layout(steps, sizes, tuple(canvases), tuple(tiles), _owners(tiles, canvases))


def draw(image: Image, plan: Layout) -> list[Image]:
    """The canvases of ``image`` (H×W×3), uint8, in RGB as the picture is."""
    canvases = [np.zeros((*shape, 3), np.uint8) for shape in plan.canvases]
    halves = _halved(image, plan.sizes[-1]) if plan.sizes else []
    level, scaled = -1, image
    for tile in plan.tiles:
        if tile.level != level:
            level = tile.level
            scaled = _scaled(halves, plan.sizes[level])
        bottom, right = tile.top + _even(tile.height), tile.left + _even(tile.width)
        piece = scaled[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        place = canvases[tile.canvas][tile.top : bottom, tile.left : right]
        place[: tile.height, : tile.width] = piece
        # An odd side leaves half a stride over; repeat the edge rather than show black there.
        place[tile.height :] = place[tile.height - 1]
        place[:, tile.width :] = place[:, tile.width - 1 : tile.width]
    return canvases


def _halved(image: Image, smallest: tuple[int, int]) -> list[Image]:
    """The picture, its half, its quarter … as far as a level of size ``smallest`` needs."""
    halves = [image]
    while halves[-1].shape[1] >= 2 * _ENOUGH * smallest[0] and min(halves[-1].shape[:2]) > 1:
        height, width = (side // 2 * 2 for side in halves[-1].shape[:2])
        halves.append(_boxed(halves[-1][:height, :width]))
    return halves


def _scaled(halves: list[Image], size: tuple[int, int]) -> Image:
    """One level, of (width, height) ``size``.

    The mean of four bilinear samples a pixel, from the smallest half that is still large enough.
    OpenCV's INTER_AREA, which the origin of the weights uses, reads the whole picture for each
    level, ten times as slowly, and finds the same faces (docs/faces.md).
    """
    enough = (half for half in reversed(halves) if half.shape[1] >= _ENOUGH * size[0])
    source = next(enough, halves[0])  # faces under 18 pixels: hardly smaller than the picture
    double = (2 * size[0], 2 * size[1])
    if double[0] * double[1] > _HUGE:
        return cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return _boxed(cv2.resize(source, double, interpolation=cv2.INTER_LINEAR))


def _boxed(image: NDArray[Any]) -> Image:
    """Half the size, each pixel the mean of four. OpenCV is fast at exactly this."""
    height, width = image.shape[:2]
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return half.astype(np.uint8, copy=False)


def _even(side: int) -> int:
    return side + side % STRIDE


def _depth(rows: int, most: int) -> int:
    """A canvas' height for so many rows: in coarser steps the larger, to have few shapes."""
    step = _ROUND_DOWN if rows <= 128 else 2 * _ROUND_DOWN if rows <= 512 else 8 * _ROUND_DOWN
    return min(_rounded(rows, step), most)


def _rounded(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple


def _cut(side: int, limit: int) -> list[tuple[int, int]]:
    """Starts and lengths of the pieces of a side that share a seam and are at most ``limit``."""
    pieces = []
    start = 0
    while side - start > limit:
        pieces.append((start, limit))
        start += limit - _SEAM
    return [*pieces, (start, side - start)]


def _packed(
    sizes: tuple[tuple[int, int], ...], width: int
) -> tuple[list[Tile], list[tuple[int, int]]]:
    """Tiles of all levels on canvases about ``width`` wide, and the canvases' (height, width).

    Each goes to the lowest free place of the first of the last few canvases that has room.
    """
    across = _rounded(width, _ROUND_ACROSS)
    down = _PIXELS // max(across, 1) // _ROUND_DOWN * _ROUND_DOWN
    skylines: list[NDArray[np.int64]] = []
    tiles = []
    for level, x, y, w, h in _pieces(sizes, across, down):
        wide, high = _even(w) // STRIDE, _even(h)
        recent = range(max(len(skylines) - _OPEN, 0), len(skylines))
        places = [(number, *_lowest(skylines[number], wide)) for number in recent]
        roomy = [place for place in places if place[2] + high <= down]
        if not roomy:
            roomy = [(len(skylines), 0, 0)]
            skylines.append(np.zeros(across // STRIDE, np.int64))
        number, left, top = roomy[0]
        skylines[number][left : left + wide] = top + high
        tiles.append(Tile(level, number, left * STRIDE, top, x, y, w, h))
    return tiles, [(_depth(int(line.max()), down), across) for line in skylines]


def _pieces(
    sizes: tuple[tuple[int, int], ...], across: int, down: int
) -> Iterator[tuple[int, int, int, int, int]]:
    """Level, left, top, width and height of each piece no larger than a canvas."""
    for level, (width, height) in enumerate(sizes):
        for y, h in _cut(height, down):
            for x, w in _cut(width, across):
                yield level, x, y, w, h


def _lowest(skyline: NDArray[np.int64], wide: int) -> tuple[int, int]:
    tops = np.lib.stride_tricks.sliding_window_view(skyline, wide).max(axis=1)
    left = int(tops.argmin())
    return left, int(tops[left])


def _owners(tiles: list[Tile], canvases: list[tuple[int, int]]) -> tuple[NDArray[np.int16], ...]:
    owners = tuple(
        np.full((height // STRIDE - _CELLS_LESS, width // STRIDE - _CELLS_LESS), -1, np.int16)
        for height, width in canvases
    )
    for number, tile in enumerate(tiles):
        rows, columns = (_even(side) // STRIDE - _CELLS_LESS for side in (tile.height, tile.width))
        top, left = tile.top // STRIDE, tile.left // STRIDE
        owners[tile.canvas][top : top + rows, left : left + columns] = number
    return owners
