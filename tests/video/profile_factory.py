"""ICC profiles made by code, and colours as they are stored in them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import product

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
TO_XYZ = np.array(  # sRGB's primaries, adapted to D50 as profiles are
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


@dataclass(frozen=True)
class Space:
    """Primaries as columns of XYZ, and the power that makes light of a value."""

    columns: tuple[tuple[float, float, float], ...]
    gamma: float

    def store(self, srgb: np.ndarray) -> np.ndarray:
        """What this space calls colours of sRGB, uint8 both."""
        value = srgb / 255
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
        own = light @ (np.linalg.inv(np.array(self.columns).T) @ TO_XYZ).T
        return np.rint(np.clip(own, 0, 1) ** (1 / self.gamma) * 255).astype(np.uint8)

    def profile(self) -> bytes:
        """As monitors and cameras have them."""
        curve = _curve(self.gamma)
        tags = {name: _xyz(column) for name, column in zip("rgb", self.columns, strict=True)}
        return _profile(
            b"mntr",
            b"RGB ",
            b"XYZ ",
            {b"wtpt": _xyz(D50)}
            | {f"{name}XYZ".encode(): data for name, data in tags.items()}
            | {f"{name}TRC".encode(): curve for name in tags},
        )


P3 = Space(((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)), 2.2)  # noqa: E501  # fmt: skip
ADOBE = Space(((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), 2.2)  # noqa: E501  # fmt: skip
PRO_PHOTO = Space(((0.7977, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03131, 0.00009, 0.8249)), 1.8)  # noqa: E501  # fmt: skip


def grey_profile(gamma: float) -> bytes:
    """Of pictures with one channel."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(D50), b"kTRC": _curve(gamma)})


def ink_profile() -> bytes:
    """Of four inks that are mixed as paints are, each with a colour of its own."""
    paper = np.array([100.0, 0, 0])
    inks = np.array([[-45, -37, -50], [-52, 74, -3], [-11, -5, 93], [-95, 0, 0]])
    lab = [np.clip(paper + np.array(amounts) @ inks, (0, -128, -128), (100, 127, 127))
           for amounts in product((0, 1), repeat=4)]  # fmt: skip
    table = b"".join(bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
                     for lightness, a, b in lab)  # fmt: skip
    same = bytes(range(256))
    matrix = b"".join(_fixed(value) for value in np.eye(3).ravel())
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + same * 4 + table + same * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(D50), b"A2B0": lut})


def _profile(kind: bytes, colours: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    listed, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        listed += name + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x",
        start + len(body), b"\0\0\0\0", 0x02400000, kind, colours, between, b"acsp",
    )  # fmt: skip
    head += b"".join(_fixed(value) for value in D50)
    return head.ljust(128, b"\0") + listed + body


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(value) for value in values)


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65_536))
