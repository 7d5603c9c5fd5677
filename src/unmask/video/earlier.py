"""How coarsely a picture was saved as JPEG before it was saved last, as its pixels tell it.

A coarse table of quantisers leaves the frequencies of its blocks at multiples of its steps, and
what saves the picture anew, finely and at the same size, leaves them there (Z. Fan and R. de
Queiroz, "Identification of Bitmap Compression History", 2003, estimate a table by that). Scaled or
filtered, nothing of it is left.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from unmask.video.quantiser import of_steps

_SIDE, _SMALLEST = 8, 32
_LINES = 400  # in which edges of blocks are looked for
_BASIS = np.array(
    [
        [math.sqrt((1 + (k > 0)) / 8) * math.cos(math.pi * (2 * n + 1) * k / 16) for n in range(8)]
        for k in range(_SIDE)
    ]
)
_LUMA = np.array([0.299, 0.587, 0.114])
# Those by whose steps a table is judged, but for the mean of a block: that has all values.
_FREQUENCIES = [(down, across) for down in range(6) for across in range(6) if 0 < down + across < 6]
_STEPS = range(8, 128)
_BLOCKS = 4096  # that are looked at, evenly over the picture
_FEWEST, _BEYOND = 40, 0.6  # values that must lie beyond so much of a step: nearer is nought
_SHARP, _SHARPER = 0.45, 0.02  # mean cosine of a comb (1: all on it), and by how much it is better
_FOUND = 6  # frequencies with one


def earlier_quantiser(pixels: NDArray[np.uint8]) -> float | None:
    """On H.264's scale, of a picture as it is stored (H×W×3); None where nothing shows.

    One or two less than it was: of the highest frequencies there is too little left.
    """
    if min(pixels.shape[:2]) < _SMALLEST:
        return None
    green = pixels[..., 1]
    edges = _first_edge(green.T), _first_edge(green)  # as they lie where it was cropped since
    told = [_of_blocks(pixels[down:, across:]) for down, across in dict.fromkeys([(0, 0), edges])]
    return max((one for one in told if one is not None), default=None)


def _first_edge(lines: NDArray[np.uint8]) -> int:
    """The column at which blocks begin, 0…7: where neighbours differ more than those about them."""
    some = lines[:: max(1, len(lines) // _LINES)].astype(np.int16)
    steps = np.abs(np.diff(some, axis=1))
    beyond = (2 * steps[:, 1:-1] - steps[:, :-2] - steps[:, 2:]).mean(axis=0)
    return (int(np.argmax([beyond[at::_SIDE].mean() for at in range(_SIDE)])) + 2) % _SIDE


def _of_blocks(pixels: NDArray[np.uint8]) -> float | None:
    """By those that begin at its first pixel."""
    spectra = np.abs(_BASIS @ _blocks(pixels) @ _BASIS.T)
    steps = [_comb(spectra[:, down, across]) for down, across in _FREQUENCIES]
    found = [step for step in steps if step is not None]
    if len(found) < _FOUND:
        return None
    return of_steps([max(found) if step is None else step for step in steps])


def _blocks(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """N×8×8 of luma."""
    down, across = (side // _SIDE for side in pixels.shape[:2])
    apart = _SIDE * math.ceil(math.sqrt(max(1.0, down * across / _BLOCKS)))
    seen = sliding_window_view(pixels, (_SIDE, _SIDE), axis=(0, 1))[::apart, ::apart]
    luma = np.einsum("rcdij,d->rcij", seen, _LUMA)  # rows and columns of blocks, 8×8 each
    return np.asarray(luma.reshape(-1, _SIDE, _SIDE), np.float64)


def _comb(values: NDArray[np.float64]) -> int | None:
    """The step at whose multiples one frequency's amplitudes lie, None where at no one's.

    Equal ones count once: drawings repeat themselves.
    """
    falling = -np.unique(-values.round(2))
    best, found = _SHARP, None
    for step in _STEPS:
        count = int(np.searchsorted(-falling, -_BEYOND * step))
        if count < _FEWEST:
            break
        on_it = float(np.cos(2 * np.pi / step * falling[:count]).mean())
        if on_it > best + _SHARPER:
            best, found = on_it, step
    return found
