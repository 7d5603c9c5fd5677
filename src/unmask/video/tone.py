"""High dynamic range (PQ, HLG) brought to the range of ordinary video.

Players do so on an ordinary screen. Shown as they are, such signals are pale and dim, and the
traces of a manipulation go with the contrast.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Linear = NDArray[np.float32]

PQ, HLG = 16, 18  # as transfer characteristics are numbered (ITU-T H.273)
_WHITE = 203.0  # nits of ordinary video's white (ITU-R BT.2408)
_PEAK = 1000.0  # nits of HLG's brightest, with the gamma that belongs to it (ITU-R BT.2100)
_HLG_GAMMA = 1.2
_SCREEN_GAMMA = 2.4  # ITU-R BT.1886
_KNEE = 0.75  # of white; what is brighter is pressed together under it
_BRIGHTEST, _STEPS = 64, 4096  # of white, which PQ ends below; to a unit of its square root
_STRIP_PIXELS = 200_000
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)
_2020_TO_709 = np.array(  # ITU-R BT.2087
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)


def to_ordinary(signal: NDArray[np.uint16], transfer: int) -> NDArray[np.uint8]:
    """H×W×3 of BT.2020 in 16 bits, transfer ``PQ`` or ``HLG``, as H×W×3 uint8 of BT.709."""
    result = np.empty(signal.shape, np.uint8)
    rows = max(1, _STRIP_PIXELS // signal.shape[1])
    for top in range(0, len(signal), rows):
        light = _light(transfer)[signal[top : top + rows]]
        if transfer == HLG:
            # The whole system's curve, which depends on how bright a pixel is, not a channel.
            light *= _PEAK / _WHITE * ((light @ _LUMA_2020) ** (_HLG_GAMMA - 1))[..., None]
        light = light @ _2020_TO_709.T
        index = np.sqrt(np.clip(light, 0, _BRIGHTEST, out=light), out=light) * _STEPS
        result[top : top + rows] = _screen()[index.astype(np.uint16)]
    return result


@cache
def _screen() -> NDArray[np.uint8]:
    """What a screen is given for light, by its square root in steps; see ``_KNEE``."""
    light = (np.arange(int(_BRIGHTEST**0.5 * _STEPS) + 1) / _STEPS) ** 2
    above = 1 - np.exp((_KNEE - np.maximum(light, _KNEE)) / (1 - _KNEE))
    pressed = np.minimum(light, _KNEE) + (1 - _KNEE) * above
    return np.rint(pressed ** (1 / _SCREEN_GAMMA) * 255).astype(np.uint8)


@cache
def _light(transfer: int) -> Linear:
    """What each of 65,536 values means: PQ in shares of ordinary white, HLG of a scene's peak."""
    value = np.linspace(0, 1, 65_536)
    light = _pq(value) * 10_000 / _WHITE if transfer == PQ else _hlg(value)
    return light.astype(np.float32)


def _pq(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084: shares of 10,000 nits."""
    root = value ** (32 / 2523)
    light: NDArray[np.float64] = (
        np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    ) ** (8192 / 1305)
    return light


def _hlg(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of ARIB STD-B67's curve."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light: NDArray[np.float64] = np.where(
        value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12
    )
    return light
