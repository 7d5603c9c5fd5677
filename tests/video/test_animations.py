"""Animated pictures as browsers show them: when each frame is seen, over what, how coarse it is."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from media_factory import info_of, numbered, numbers, plan, sample, times
from PIL import Image

from unmask.core.errors import Damaged

FRAMES = 6


def pictures(*, alpha: bool = False) -> list[Image.Image]:
    made = [Image.fromarray(numbered(index)) for index in range(FRAMES)]
    for one in made if alpha else ():
        clear = Image.new("L", one.size, 255)
        clear.paste(0, (0, 0, 20, one.height))
        one.putalpha(clear)
    return made


def animated(path, frames, **options) -> None:
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def animated_png(path, delays: list[tuple[int, int]]) -> None:
    """By hand: Pillow writes thousandths alone."""
    height, width, _ = numbered(0).shape
    data = b"\x89PNG\r\n\x1a\n"
    data += chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
    data += chunk(b"acTL", struct.pack(">2I", len(delays), 0))
    for index, delay in enumerate(delays):
        lines = zlib.compress(b"".join(b"\0" + row.tobytes() for row in numbered(index)))
        about = struct.pack(">5I2H2B", max(0, 2 * index - 1), width, height, 0, 0, *delay, 0, 0)
        data += chunk(b"fcTL", about)
        after = struct.pack(">I", 2 * index)
        data += chunk(b"fdAT", after + lines) if index else chunk(b"IDAT", lines)
    path.write_bytes(data + chunk(b"IEND", b""))


def test_frames_of_a_png_without_a_delay_are_shown(tmp_path):
    """Browsers give up to 10 ms a tenth of a second. Taken at their word such frames flash up."""
    path = tmp_path / "a.png"
    animated_png(path, [(1, 10), (0, 1), (1, 100), (1, 0), (50, 1000), (1, 8)])
    assert info_of(path).duration_s == pytest.approx(0.575)
    (window,) = sample(path, plan(0, 1, 20, 0.01))
    assert numbers(window) == [0, 1, 2, 3, 4, 5]
    assert times(window) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.45])


@pytest.mark.parametrize(("quality", "coarse"), [(90, False), (20, True)])
def test_how_coarse_an_animated_webp_is(tmp_path, quality, coarse):
    """As a still of the same quality."""
    animated(tmp_path / "a.webp", pictures(), duration=80, quality=quality)
    pictures()[0].save(tmp_path / "still.webp", quality=quality)
    ((still,),) = sample(tmp_path / "still.webp", plan(0, 1, 1, 1))
    (window,) = sample(tmp_path / "a.webp", plan(0, 1, 20, 0.01))
    assert len(window) == FRAMES
    told = [frame.quantiser for frame in window]
    assert all(one == pytest.approx(still.quantiser, abs=6) for one in told)
    assert all((one > 28) is coarse for one in told)


def test_an_animated_webp_without_loss_says_nothing(tmp_path):
    animated(tmp_path / "a.webp", pictures(), duration=80, lossless=True)
    (window,) = sample(tmp_path / "a.webp", plan(0, 1, 20, 0.01))
    assert [frame.quantiser for frame in window] == [None] * FRAMES


def test_how_coarse_an_animation_of_one_frame_is(tmp_path):
    path = tmp_path / "a.webp"
    pictures()[0].save(path, quality=20)
    ((still,),) = sample(path, plan(0, 1, 1, 1))
    frame = path.read_bytes()[12:]
    sides = b"".join((side - 1).to_bytes(3, "little") for side in pictures()[0].size)
    parts = ((b"VP8X", b"\2\0\0\0" + sides), (b"ANIM", bytes(6)))
    parts = (*parts, (b"ANMF", bytes(6) + sides + bytes(4) + frame))
    chunks = b"".join(name + struct.pack("<I", len(body)) + body for name, body in parts)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks)
    ((frame,),) = sample(path, plan(0, 1, 1, 1))
    assert info_of(path).kind == "image"
    assert frame.quantiser == still.quantiser is not None


def test_an_avif_that_is_partly_transparent(tmp_path):
    """FFmpeg decodes its colours alone, which are what nobody sees."""
    delays = [100, 50, 200, 40, 30, 100]
    path = tmp_path / "a.avif"
    animated(path, pictures(alpha=True), duration=delays, quality=90)
    info = info_of(path)
    assert (info.kind, info.container, info.codec) == ("video", "avif", "av1")
    assert info.duration_s == pytest.approx(0.52)
    (window,) = sample(path, plan(0, 1, 20, 0.01))
    assert times(window) == pytest.approx([0, 0.1, 0.15, 0.35, 0.39, 0.42])
    assert all(np.abs(frame.image[:, :16].astype(int) - 255).max() < 12 for frame in window)
    shown = [frame.image[:, 20:].astype(int) for frame in window]
    wanted = [numbered(index)[:, 20:] for index in range(FRAMES)]
    assert all(np.abs(one - other).mean() < 12 for one, other in zip(shown, wanted, strict=True))
    assert all(frame.quantiser is not None for frame in window)


def test_an_opaque_avif_stays_with_ffmpeg(tmp_path):
    animated(tmp_path / "a.avif", pictures(), duration=80, quality=90)
    (window,) = sample(tmp_path / "a.avif", plan(0, 1, 20, 0.01))
    assert numbers(window) == [*range(FRAMES)]


def gif(path, parts, *, colours: bytes, size=(48, 32)) -> None:
    """By hand, for Pillow writes no other disposals than it likes.

    ``parts``: disposal, transparent colour or None, left, top, and the colour of each pixel.
    """
    data = b"GIF89a" + struct.pack("<2H3B", *size, 0x80 | 1, 2, 0) + colours
    for disposal, clear, left, top, pixels in parts:
        height, width = pixels.shape
        flags = disposal << 2 | (clear is not None)
        data += b"!\xf9\x04" + struct.pack("<BHBB", flags, 10, clear or 0, 0)
        data += b"," + struct.pack("<4HB", left, top, width, height, 0) + b"\2"
        # Each pixel by itself: 3 bits, and 4 (forget what was coded) before every second one.
        codes = [code for pair in pixels.reshape(-1, 2) for code in (4, *pair)] + [5]
        bits = "".join(f"{code:03b}" for code in reversed(codes))
        coded = int(bits, 2).to_bytes(-(-len(bits) // 8), "little")
        for at in range(0, len(coded), 255):
            data += bytes([len(coded[at : at + 255])]) + coded[at : at + 255]
        data += b"\0"
    path.write_bytes(data + b";")


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def filled(colour: int, width: int = 48, height: int = 32) -> np.ndarray:
    return np.full((height, width), colour, np.uint8)


def test_what_frames_of_a_gif_leave_behind(tmp_path):
    """As in Chromium: what is cleared is transparent, whatever colour the background has, and
    what gives way to the frame before does so in the first one, too.
    """
    path = tmp_path / "a.gif"
    parts = [
        (3, None, 0, 0, filled(0)),  # red, then as before: nothing
        (1, None, 8, 8, filled(1, 8, 8)),  # green, stays
        (2, None, 8, 0, filled(3, 40, 32)),  # blue, then cleared
        (4, 0, 0, 0, np.where(np.arange(48) < 24, 0, 1).repeat(32).reshape(48, 32).T.astype("u1")),
        (0, None, 40, 24, filled(3, 16, 16)),  # beyond the edge
    ]
    gif(path, parts, colours=bytes([*RED, *GREEN, 255, 255, 0, *BLUE]))
    info = info_of(path)
    assert (info.kind, info.container, info.codec) == ("video", "gif", "gif")
    assert (info.width, info.height, info.rotation) == (48, 32, 0)
    (window,) = sample(path, plan(0, 1, 20, 0.01))
    spots = [(4, 4), (10, 10), (20, 44), (30, 44)]
    shown = [[tuple(frame.image[spot].tolist()) for spot in spots] for frame in window]
    assert shown == [
        [RED, RED, RED, RED],
        [WHITE, GREEN, WHITE, WHITE],
        [WHITE, BLUE, BLUE, BLUE],
        [WHITE, WHITE, GREEN, GREEN],
        [WHITE, WHITE, WHITE, BLUE],
    ]
    assert window[0].opacity is None
    assert window[1].opacity is not None
    assert (window[1].opacity[10, 10], window[1].opacity[4, 4]) == (255, 0)


@pytest.mark.parametrize("beyond", [0, 8])
def test_a_still_gif_that_is_smaller_than_its_canvas(tmp_path, beyond):
    path = tmp_path / "a.gif"
    part = (0, None, 8 + beyond, 8, filled(0, 40, 16))
    gif(path, [part], colours=bytes([*RED, *GREEN, 255, 255, 0, *BLUE]))
    assert info_of(path).kind == "image"
    ((still,),) = sample(path, plan(0, 1, 1, 1))
    assert still.image.shape == (32, 48 + beyond, 3)
    assert still.image[4, 20].tolist() == list(WHITE)
    assert still.image[12, 20].tolist() == list(RED)


def test_an_animated_png_is_turned_as_it_says(tmp_path):
    """All of its frames: FFmpeg tells of the first alone. PyAV knows no EXIF beside a frame."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    animated(path, pictures(), duration=100, exif=exif)
    info = info_of(path)
    assert (info.kind, info.container, info.codec) == ("video", "apng", "apng")
    assert (info.width, info.height, info.rotation) == (64, 96, 90)
    (window,) = sample(path, plan(0, 1, 20, 0.01))
    assert [np.rot90(frame.image).tolist() for frame in window] == [
        np.asarray(one).tolist() for one in pictures()
    ]


def test_an_animated_webp_is_not_turned(tmp_path):
    """As in Chromium; its sides were exchanged, and frames cut off at them."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.webp"
    animated(path, pictures(), duration=100, lossless=True, exif=exif)
    info = info_of(path)
    assert (info.width, info.height, info.rotation) == (96, 64, 0)
    (window,) = sample(path, plan(0, 1, 20, 0.01))
    assert numbers(window) == [0, 1, 2, 3, 4, 5]


def test_a_gif_with_a_broken_head_is_damaged(tmp_path):
    """FFmpeg is not to read it either, and its word for that would be misleading."""
    path = tmp_path / "a.gif"
    gif(path, [(0, None, 0, 0, filled(0))] * 2, colours=bytes([*RED, *GREEN, *BLUE, *WHITE]))
    path.write_bytes(path.read_bytes().replace(b"GIF89a", b"GIF88a"))
    with pytest.raises(Damaged, match="invalid data"):
        info_of(path)
