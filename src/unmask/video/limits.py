"""How large a frame may be before it is refused, and how much a window may hold."""

from __future__ import annotations

from unmask.core.errors import TooLarge

MAX_SIDE = 16_384
MAX_PIXELS = 200_000_000  # the largest phone sensors make just under this
# One window's frames, and the few that the decoder holds beside them. Nineteen 4K frames fit; of 8K
# the window keeps its first three.
WINDOW_BYTES = 512 * 2**20
_DECODERS_OWN = 2


def check_size(name: str, width: int, height: int) -> None:
    """Raise :class:`TooLarge` for a frame that is not decoded in bounded memory."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise TooLarge(
            f"{name}: a frame of {width}×{height} pixels is beyond the limit of "
            f"{MAX_SIDE:,} a side and {MAX_PIXELS // 1_000_000} megapixels",
            hint="scale it down first",
        )


def frames_that_fit(width: int, height: int) -> int:
    """How many RGB frames of this size a window may hold, at least one."""
    return max(1, WINDOW_BYTES // (width * height * 3) - _DECODERS_OWN)
