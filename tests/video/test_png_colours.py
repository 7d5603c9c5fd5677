"""PNGs that say themselves what their numbers mean, as Chromium 150 shows them."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from media_factory import info_of, plan, sample
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from test_animations import animated_png, chunk

from unmask.video import DamageCount

SRGB = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
P3 = (31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000)
NOWHERE = (31_270, 32_900) * 4
STORED = (64, 128, 192)


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100_000 * value))


def primaries(values: tuple[int, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *values)


def points(*values: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes([*values, 0, 1])


def shown(path, damage: DamageCount | None = None) -> tuple[int, ...]:
    ((frame, *_),) = sample(path, plan(0, 1, 1, 0.1), damage=damage)
    return tuple(frame.image[4, 4].tolist())


def told(path, *chunks: tuple[bytes, bytes]) -> tuple[int, ...]:
    said = PngInfo()
    for name, body in chunks:
        said.add(name, body)
    Image.new("RGB", (40, 40), STORED).save(path, pnginfo=said)
    return shown(path)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([gamma(1)], (137, 188, 225)),
        ([gamma(1), primaries(SRGB)], (137, 188, 225)),
        ([points(1, 8)], (137, 188, 225)),
        ([gamma(0.45455)], STORED),
        ([gamma(0)], STORED),
        ([primaries(P3)], STORED),  # by itself it says nothing
        ([gamma(1), (b"sRGB", b"\0")], STORED),
        ([gamma(1), points(1, 13)], STORED),
        ([points(2, 2)], STORED),  # unsaid
        ([gamma(1), primaries(NOWHERE)], STORED),
        ([(b"cICP", b"\1\1")], STORED),  # cut short
    ],
)
def test_what_it_states(tmp_path, chunks, expected):
    found = told(tmp_path / "a.png", *chunks)
    assert np.abs(np.subtract(found, expected)).max() <= 1


@pytest.mark.parametrize("chunks", [[gamma(0.45455), primaries(P3)], [points(12, 13)]])
def test_other_primaries(tmp_path, chunks):
    """Display P3's are further apart."""
    red, green, blue = told(tmp_path / "a.png", *chunks)
    assert red < STORED[0] - 10
    assert abs(green - STORED[1]) <= 3
    assert blue > STORED[2]


@pytest.mark.parametrize(
    ("chunks", "otherwise"),
    [
        ([], False),
        ([gamma(0.45455)], False),
        ([gamma(0.55)], False),  # of old screens of Apple's
        ([gamma(0.02)], True),
        ([gamma(1)], True),
        ([gamma(10)], True),
        ([points(1, 8)], True),
        ([points(1, 1)], False),
    ],
)
def test_whether_programs_that_pass_over_it_show_another_picture(tmp_path, chunks, otherwise):
    told(tmp_path / "a.png", *chunks)
    damage = DamageCount()
    shown(tmp_path / "a.png", damage)
    assert damage.shown_otherwise is otherwise


def test_an_animated_one(tmp_path):
    path = tmp_path / "a.png"
    animated_png(path, [(1, 10)] * 3)
    data = path.read_bytes()
    path.write_bytes(data[:33] + chunk(*gamma(1)) + data[33:])
    damage = DamageCount()
    shown(path, damage)
    assert damage.shown_otherwise


def test_a_picture_before_the_animation(tmp_path):
    """Who knows no animated PNG shows it alone."""
    path = tmp_path / "a.png"
    animated_png(path, [(1, 10)] * 3)
    data = path.read_bytes()
    first = data.index(b"fcTL") - 4
    frames = data[first : first + 38] + data[data.index(b"IDAT") - 4 :]
    hidden = chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * 288) * 64))
    begin, end = frames.index(b"IDAT") - 4, frames.index(b"fcTL", 40) - 4
    body = frames[begin + 8 : end - 4]
    moved, number = [chunk(b"fcTL", frames[8:34]), chunk(b"fdAT", struct.pack(">I", 1) + body)], 2
    at = end
    while frames[at + 4 : at + 8] != b"IEND":
        (length,) = struct.unpack(">I", frames[at : at + 4])
        own = struct.pack(">I", number) + frames[at + 12 : at + 8 + length]
        moved.append(chunk(frames[at + 4 : at + 8], own))
        number, at = number + 1, at + 12 + length
    path.write_bytes(data[:first] + hidden + b"".join(moved) + frames[at:])
    assert info_of(path).kind == "video"
    damage = DamageCount()
    (window,) = sample(path, plan(0, 1, 10, 0.01), damage=damage)
    assert len(window) == 3
    assert all(frame.image[4, 4].tolist() != [128] * 3 for frame in window)
    assert damage.shown_otherwise
