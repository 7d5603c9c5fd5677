"""Turning stored pixels the way they are displayed.

One code for pictures and videos: EXIF's orientation, 1 to 8, which names the eight ways to place
a rectangle. A video's display matrix is brought to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from numpy.typing import NDArray

Rotation = Literal[0, 90, 180, 270]
UPRIGHT: Final = 1
_INVERSE: Final = {6: 8, 8: 6}
# Clockwise degrees; the mirrored codes (2, 4, 5, 7) are mirrored left to right first.
_ROTATION: Final[dict[int, Rotation]] = {
    1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270,
}  # fmt: skip


def rotation(code: int) -> Rotation:
    """Clockwise degrees that ``code`` turns the stored picture for display."""
    return _ROTATION[code]


def swaps_sides(code: int) -> bool:
    """Whether the displayed width is the stored height."""
    return code >= 5


def displayed(stored: NDArray[Any], code: int) -> NDArray[Any]:
    """A view of ``stored`` (H×W×…) as it is displayed."""
    view = stored.swapaxes(0, 1) if swaps_sides(code) else stored
    down = -1 if code in (3, 4, 7, 8) else 1
    right = -1 if code in (2, 3, 6, 7) else 1
    return view[::down, ::right]


def stored(displayed_: NDArray[Any], code: int) -> NDArray[Any]:
    """The inverse of :func:`displayed`, also a view."""
    return displayed(displayed_, _INVERSE.get(code, code))


def from_matrix(matrix: Sequence[int]) -> int:
    """The code nearest to FFmpeg's 3×3 display matrix (a b u c d v x y w, row by row).

    A stored point (p, q), q downwards, is displayed at (a·p + c·q, b·p + d·q), plus a shift.
    """
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return {(False, False): 1, (True, False): 2, (True, True): 3, (False, True): 4}[
            (a < 0, d < 0)
        ]
    return {(False, False): 5, (True, False): 6, (True, True): 7, (False, True): 8}[(c < 0, b < 0)]


def from_exif(value: object) -> int:
    """EXIF's own value, or upright where it is absent or nonsense."""
    return value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT
