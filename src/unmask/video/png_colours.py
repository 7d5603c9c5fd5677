"""What a PNG's numbers mean where no ICC profile says it (PNG 3, 11.3.2): a gamma and primaries, or
code points. Browsers go by them, many other programs do not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CHUNK = struct.Struct(">I4s")
_SIGNATURE, _CHECKSUM = 8, 4  # bytes
_LEVELS = 256
_MUCH = 32  # levels by which a middle grey is shown brighter or darker
# A gamma within 0.05 of this exponent is how programs said sRGB, as libpng takes it.
_USUAL, _SAME_GAMMA = 2.2, 0.05

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Matrix = NDArray[np.float64]
_D65 = (0.3127, 0.3290)
_D50_XYZ = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


class CodePoints(NamedTuple):
    """Of a chunk ``cICP``, as ITU-T H.273 numbers them."""

    primaries: int
    transfer: int


def _srgb(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _power(exponent: float) -> Curve:
    return lambda value: value**exponent


_SRGB_PRIMARIES = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# By H.273's numbers: those that a PNG is met with.
_PRIMARIES = {
    1: _SRGB_PRIMARIES,
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
# A camera's curve (BT.601, BT.709, BT.2020) passes for sRGB's, as in players: FFmpeg states it in
# every frame of a film that it saves.
_CURVES: dict[int, Curve] = {
    1: _srgb, 4: _power(2.2), 5: _power(2.8), 6: _srgb, 8: _power(1.0), 13: _srgb, 14: _srgb,
    15: _srgb,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """``curve``: from what is stored, 0 to 1, to light; x and y of white, red, green and blue."""

    curve: Curve
    primaries: tuple[float, ...]

    @property
    def shown_otherwise(self) -> bool:
        """Whether who passes over it shows a picture that is much brighter or darker.

        Two may lie in one then, of which each program shows another, the rest black or white.
        """
        middle = _LEVELS // 2
        levels = np.arange(_LEVELS) / (_LEVELS - 1)
        light = float(self.curve(levels[middle : middle + 1])[0])
        shown = int(np.searchsorted(_srgb(levels), light))
        return abs(shown - middle) > _MUCH

    def profile(self) -> bytes | None:
        """The same as an ICC profile, None where the primaries are those of no colours."""
        matrix = _to_d50(self.primaries)
        if matrix is None:
            return None
        light = np.clip(self.curve(np.arange(_LEVELS) / (_LEVELS - 1)), 0, 1)
        curve = (
            struct.pack(">4s4xI", b"curv", _LEVELS)
            + np.rint(65_535 * light).astype(">u2").tobytes()
        )
        tags = {b"wtpt": _xyz(_D50_XYZ)}
        for name, column in zip(b"rgb", matrix.T, strict=True):
            tags |= {bytes([name]) + b"XYZ": _xyz(column), bytes([name]) + b"TRC": curve}
        return _icc(tags)


def code_points(path: Path) -> CodePoints | None:
    """From the chunk cICP, which stands before the pixels."""
    with path.open("rb") as stream:
        stream.seek(_SIGNATURE)
        while len(header := stream.read(_CHUNK.size)) == _CHUNK.size:
            length, name = _CHUNK.unpack(header)
            if name == b"cICP":
                said = stream.read(min(length, 4))
                return CodePoints(said[0], said[1]) if len(said) == 4 else None
            if name == b"IDAT":
                break
            stream.seek(length + _CHECKSUM, 1)
    return None


def stated(image: Image.Image) -> Stated | None:
    """None where it says nothing, what is sRGB anyway, or what a profile or ``sRGB`` overrules."""
    if image.format != "PNG":
        return None
    name = getattr(image, "filename", "")
    said = code_points(Path(name)) if name else None
    if said is not None and said.primaries in _PRIMARIES and said.transfer in _CURVES:
        return Stated(_CURVES[said.transfer], _PRIMARIES[said.primaries])
    gamma = image.info.get("gamma", 0)
    if not gamma or "icc_profile" in image.info or "srgb" in image.info:
        return None
    exponent = 1 / gamma
    usual = abs(exponent / _USUAL - 1) < _SAME_GAMMA
    primaries = image.info.get("chromaticity", _SRGB_PRIMARIES)
    return Stated(_srgb if usual else _power(exponent), tuple(primaries))


def differs(image: Image.Image) -> bool:
    """Whether programs that pass over what it states show a picture much brighter or darker."""
    said = stated(image)
    return said is not None and said.shown_otherwise


def _to_d50(primaries: tuple[float, ...]) -> Matrix | None:
    """3×3, a colour's XYZ in each column, of the white that profiles have (Bradford)."""
    if min(primaries[1::2]) <= 0:
        return None
    white, *colours = (
        np.array([x / y, 1, (1 - x - y) / y])
        for x, y in zip(primaries[::2], primaries[1::2], strict=True)
    )
    matrix = np.array(colours).T
    try:
        matrix = matrix * np.linalg.solve(matrix, white)
    except np.linalg.LinAlgError:
        return None
    cones = np.diag((_BRADFORD @ _D50_XYZ) / (_BRADFORD @ white))
    adapted: Matrix = np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ matrix
    return adapted


def _xyz(value: NDArray[np.float64]) -> bytes:
    fixed = np.clip(np.rint(value * 65_536), -(2**31), 2**31 - 1).astype(">i4")
    return struct.pack(">4s4x", b"XYZ ") + fixed.tobytes()


def _icc(tags: dict[bytes, bytes]) -> bytes:
    """A profile of a screen (ICC.1:2001-04), version 2.4."""
    begin = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x", begin + len(body), 0x0240_0000, b"mntr", b"RGB ", b"XYZ ", b"acsp"
    )
    light: bytes = np.rint(_D50_XYZ * 65_536).astype(">i4").tobytes()
    return (head + light).ljust(128, b"\0") + table + body
