"""Whether a picture went through a palette, a filter or a screen, as its own pixels show.

None of it is a manipulation that anybody means, and all of it takes away what manipulation leaves.
It is looked for where the face is and in the file's own pixels: scaled, most of it cannot be told.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_ENDS = (0.02, 0.98)  # of the pixels, by luma, between which grey levels are looked for
_CUT = 1  # grey levels from black or white at which a colour counts as cut off
_PATTERN = 128  # pixels a side of the middle that is looked at for a pattern
_FEWEST = 48  # pixels a side, for a spectrum
_COARSE = 2.0  # pixels, sigma: what is coarser is no pattern of a screen
_BAND = (0.12, 0.44)  # cycles a pixel; above it lie images of what an enlarged picture shows
_ABOUT = 15  # places of the spectrum, a side, that each is compared with
_FAINT = 0.01  # of the highest: where there is next to nothing, a little more is no pattern
_LEAST = 0.02  # grey levels, of a wave: what is about it counts as no less
Image = NDArray[np.uint8]


def gaps(face: Image) -> float:
    """The share of the grey levels from its darkest to its brightest that a face does not have.

    Of its luma, 2 % of the pixels at either end left out; 0 to 1. What a camera sees has all of
    them; of a palette of 64 colours two thirds are missing, of 256 a third.
    """
    count = np.bincount(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).ravel(), minlength=256)
    first, last = np.searchsorted(np.cumsum(count) / count.sum(), _ENDS)
    return float(np.mean(count[first : last + 1] == 0))


def clipped(face: Image) -> float:
    """The share of pixels of which a colour is at its end, to within a grey level; 0 to 1."""
    whole = cv2.inRange(face, (_CUT + 1,) * 3, (254 - _CUT,) * 3)
    return 1.0 - cv2.countNonZero(whole) / whole.size


def pattern(face: Image) -> float:
    """How far the strongest fine pattern stands out of the spectrum about it: 2 to 4, and more.

    Of the luma in the middle; 0 where there is too little of it. The dots of a screen that was
    photographed, and the stripes they make with those of the camera (moiré), repeat: 5 to 20.
    """
    side = min(*face.shape[:2], _PATTERN) // 2 * 2
    if side < _FEWEST:
        return 0.0
    luma = cv2.cvtColor(middle(face, side), cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = np.hanning(side).astype(np.float32)
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), _COARSE)) * window * window[:, None]
    size = np.abs(np.fft.fftshift(np.fft.rfft2(fine), axes=0)).astype(np.float32)
    least = _FAINT * size.max() + _LEAST * side**2 / 8  # a wave of one level comes to side² / 8
    about = cv2.blur(size, (_ABOUT, _ABOUT)) + np.float32(least)
    across, down = np.fft.rfftfreq(side), np.fft.fftshift(np.fft.fftfreq(side))
    often = np.hypot(across, down[:, None])
    return float((size / about)[(often > _BAND[0]) & (often < _BAND[1])].max())


def middle(face: Image, side: int) -> Image:
    """The square of ``side`` pixels in the middle, as far as there are as many."""
    top, left = (max(0, (length - side) // 2) for length in face.shape[:2])
    return np.ascontiguousarray(face[top : top + side, left : left + side])
