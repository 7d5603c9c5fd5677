"""Pictures: every kind, turned upright, in true colours."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from media_factory import NEVER, info_of, plan, sample
from PIL import Image, PngImagePlugin

from unmask.core.errors import Damaged, NotMedia, TooLarge
from unmask.video import DamageCount, read_windows
from unmask.video.orientation import (
    displayed,
    from_matrix,
    rotation,
    stored,
    swaps_sides,
)

ORIENTATION = 0x0112


def colours() -> np.ndarray:
    """40×60: red and green above, blue and yellow below; no two corners alike."""
    image = np.zeros((40, 60, 3), np.uint8)
    image[:20, :30], image[:20, 30:] = (220, 30, 30), (30, 180, 40)
    image[20:, :30], image[20:, 30:] = (30, 40, 200), (230, 220, 40)
    return image


def read(path) -> np.ndarray:
    ((frame,),) = sample(path, plan(0, 1, 8, 0.1))
    assert frame.time == 0
    return frame.image


def near(image: np.ndarray, wanted: np.ndarray, tolerance: int = 12) -> bool:
    """Whether the four corners agree, a little within the edges, where chroma bleeds."""
    height, width = wanted.shape[:2]
    if image.shape != wanted.shape or image.dtype != np.uint8:
        return False
    return all(
        np.abs(image[y : y + 10, x : x + 10].astype(int) - wanted[y : y + 10, x : x + 10]).max()
        <= tolerance
        for y in (5, height - 15)
        for x in (5, width - 15)
    )


KINDS = {
    "a.jpg": ("jpeg", "jpeg"),
    "a.png": ("png", "png"),
    "a.webp": ("webp", "webp"),
    "a.heic": ("heif", "hevc"),
    "a.avif": ("avif", "av1"),
    "a.bmp": ("bmp", "bmp"),
    "a.tif": ("tiff", "tiff"),
    "a.gif": ("gif", "gif"),
}


def save(path, image: Image.Image, **options) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    kind = {".heic": "HEIF"}.get(path.suffix)
    image.save(path, format=kind, **options)


@pytest.mark.parametrize("name", KINDS)
def test_kinds(tmp_path, name):
    path = tmp_path / name
    save(path, Image.fromarray(colours()))
    info = info_of(path)
    assert (info.container, info.codec) == KINDS[name]
    assert (info.kind, info.width, info.height, info.rotation) == ("image", 60, 40, 0)
    assert (info.duration_s, info.frame_rate, info.has_audio) == (None, None, False)
    assert near(read(path), colours(), 30)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.heic"])
@pytest.mark.parametrize(
    "exif",
    [bytes(33), b"II*\0\xff\xff\xff\x7f", b"MM\0*\0\0\0\x08\xff"],
    ids=["noughts", "points nowhere", "cut short"],
)
def test_a_picture_is_not_refused_for_its_exif(tmp_path, name, exif):
    """Programs write it badly, viewers do not mind."""
    Image.fromarray(colours()).save(tmp_path / name, exif=b"Exif\0\0" + exif)
    assert info_of(tmp_path / name).rotation == 0
    assert near(read(tmp_path / name), colours(), 30)


@pytest.mark.parametrize("code", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif", "a.heic"])
def test_exif_orientation(tmp_path, name, code):
    path = tmp_path / name
    exif = Image.Exif()
    exif[ORIENTATION] = code
    tagged = Image.fromarray(np.ascontiguousarray(stored(colours(), code)))
    if name.endswith("heic"):  # pillow-heif takes the orientation from the picture
        plain = tmp_path / "plain.png"
        tagged.save(plain, exif=exif)
        with Image.open(plain) as opened:
            save(path, opened)
    else:
        save(path, tagged, exif=exif)
    info = info_of(path)
    assert (info.width, info.height) == (60, 40)
    assert info.rotation == rotation(code)
    assert near(read(path), colours(), 30)


@pytest.mark.parametrize("with_exif", [False, True])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif"])
def test_an_orientation_in_xmp_alone_does_not_count(tmp_path, name, with_exif):
    """As of pictures that were turned by a program which knows of EXIF only."""
    exif = Image.Exif()
    exif[0x0110] = "a camera"
    packet = b'<rdf:Description xmlns:tiff="t" tiff:Orientation="6"/>'
    options = {"exif": exif} if with_exif else {}
    if name == "a.png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", packet.decode())
        options["pnginfo"] = text
    else:
        options["xmp"] = packet
    save(tmp_path / name, Image.fromarray(colours()), **options)
    assert info_of(tmp_path / name).rotation == 0
    assert near(read(tmp_path / name), colours(), 30)


@pytest.mark.parametrize("code", [3, 6])
def test_an_orientation_that_imagemagick_wrote_into_a_png(tmp_path, code):
    exif = Image.Exif()
    exif[ORIENTATION] = code
    data = exif.tobytes()
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}\n")
    stored_ = Image.fromarray(np.ascontiguousarray(stored(colours(), code)))
    stored_.save(tmp_path / "a.png", pnginfo=text)
    assert near(read(tmp_path / "a.png"), colours())


@pytest.mark.parametrize("code", range(1, 9))
def test_orientation_undoes_itself(code):
    image = np.arange(24).reshape(4, 6)
    assert (displayed(stored(image, code), code) == image).all()
    assert displayed(image, code).shape == ((6, 4) if swaps_sides(code) else (4, 6))


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        ((1, 0, 0, 1), 1),
        ((-1, 0, 0, 1), 2),
        ((-1, 0, 0, -1), 3),
        ((1, 0, 0, -1), 4),
        ((0, 1, 1, 0), 5),
        ((0, 1, -1, 0), 6),
        ((0, -1, -1, 0), 7),
        ((0, -1, 1, 0), 8),
    ],
)
def test_display_matrix(matrix, code):
    """Each pixel lands where the matrix sends it."""
    a, b, c, d = matrix
    assert from_matrix([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]) == code
    image = np.arange(24).reshape(4, 6)
    shown = displayed(image, code)
    p, q = np.meshgrid(np.arange(6), np.arange(4))
    x, y = a * p + c * q, b * p + d * q
    assert (shown[y - y.min(), x - x.min()] == image).all()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "YCbCr", "1", "LA", "RGBA", "I;16", "I", "F"])
def test_modes(tmp_path, mode):
    grey = colours()[..., 1]
    wanted = np.repeat(grey[..., None], 3, axis=2)
    name = "a.tif"
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "I":
        image, name = Image.fromarray(grey.astype(np.int32) * 257), "a.tif"
    elif mode == "F":
        image = Image.fromarray(grey.astype(np.float32) / 255)
    elif mode in ("L", "LA"):
        image = Image.fromarray(grey).convert(mode)
    else:
        image = Image.fromarray(colours()).convert(mode)
        wanted = np.asarray(image.convert("RGB"))
        name = {"CMYK": "a.tif", "YCbCr": "a.tif"}.get(mode, "a.png")
    # Pillow before 13 cannot read YCbCr again that it wrote without compression.
    image.save(tmp_path / name, compression="tiff_lzw" if mode == "YCbCr" else None)
    assert near(read(tmp_path / name), wanted, 6)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("lossless", [True, False])
def test_webp_is_read_as_pillow_reads_it(tmp_path, mode, lossless):
    """By another way, which takes half the memory."""
    noise = np.random.default_rng(0).integers(0, 256, (50, 70, 4), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(tmp_path / "a.webp", lossless=lossless, quality=60)
    with Image.open(tmp_path / "a.webp") as image:
        white = Image.new("RGBA", image.size, "white")
        wanted = np.asarray(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB"))
    assert np.abs(read(tmp_path / "a.webp").astype(int) - wanted).max() <= 1


def test_an_animation_of_one_frame_is_a_picture(tmp_path):
    """Shown on its canvas, of which the frame may be a part."""
    Image.fromarray(colours()).save(tmp_path / "a.webp", lossless=True)
    frame = (tmp_path / "a.webp").read_bytes()[12:]
    sides = [side.to_bytes(3, "little") for side in (79, 59)]  # less one
    place = bytes(3) + (5).to_bytes(3, "little")  # in pairs of pixels
    shape = (59).to_bytes(3, "little") + (39).to_bytes(3, "little")
    chunks = b"".join(
        name + len(body).to_bytes(4, "little") + body
        for name, body in (
            (b"VP8X", b"\x12\0\0\0" + b"".join(sides)),
            (b"ANIM", b"\xff" * 4 + bytes(2)),
            (b"ANMF", place + shape + bytes(4) + frame),
        )
    )
    whole = b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WEBP" + chunks
    (tmp_path / "b.webp").write_bytes(whole)
    shown = read(tmp_path / "b.webp")
    assert shown.shape == (60, 80, 3)
    assert near(np.ascontiguousarray(shown[10:50, :60]), colours())
    assert (shown[55:] == 255).all()


@pytest.mark.parametrize("code", [1, 5, 6, 8])
@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16"])
def test_a_tiff_that_pillow_would_map_into_memory(tmp_path, mode, code):
    """Turned, it would take the sides of the displayed picture for those of the stored one."""
    grey = colours()[..., 1]
    turned_ = np.ascontiguousarray(stored(colours(), code))
    image = Image.fromarray(turned_).convert("RGBA" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(turned_[..., 1].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[ORIENTATION] = code
    image.save(tmp_path / "a.tif", exif=exif)
    grey = np.asarray(Image.fromarray(colours()).convert("L")) if mode == "L" else grey
    plain = mode in ("RGBA", "CMYK")
    assert near(
        read(tmp_path / "a.tif"), colours() if plain else np.repeat(grey[..., None], 3, axis=2)
    )


def tiff(path, image: np.ndarray, photometric: int, planes: int = 1) -> None:
    """By hand, of 16 bits, little-endian."""
    height, width, depth = image.shape
    data = (np.moveaxis(image, 2, 0) if planes == 2 else image).astype("<u2").tobytes()
    parts, after = (depth if planes == 2 else 1), 8 + 2 + 12 * 10 + 4
    values = {
        256: [width], 257: [height], 258: [16] * depth, 259: [1], 262: [photometric],
        273: [after + 100 + at * (len(data) // parts) for at in range(parts)], 277: [depth],
        278: [height], 279: [len(data) // parts] * parts, 284: [planes],
    }  # fmt: skip
    listed, beyond = b"", b""
    for tag, value in values.items():
        packed = struct.pack(f"<{len(value)}I", *value)
        if len(value) > 1:
            packed, beyond = struct.pack("<I", after + len(beyond)), beyond + packed
        listed += struct.pack("<HHI", tag, 4, len(value)) + packed
    head = b"II*\0" + struct.pack("<IH", 8, len(values)) + listed + bytes(4)
    path.write_bytes(head + beyond.ljust(100, b"\0") + data)


@pytest.mark.parametrize("photometric", [0, 1])
def test_whether_nought_is_white_or_black(tmp_path, photometric):
    grey = colours()[..., 1:2].astype(np.uint16) * 257
    tiff(tmp_path / "a.tif", grey if photometric else 65_535 - grey, photometric)
    assert near(read(tmp_path / "a.tif"), np.repeat(colours()[..., 1:2], 3, axis=2))


def test_planes_of_sixteen_bits_are_refused(tmp_path):
    """Pillow makes one colour of them."""
    tiff(tmp_path / "a.tif", colours().astype(np.uint16) * 257, 2)
    assert near(read(tmp_path / "a.tif"), colours())
    tiff(tmp_path / "a.tif", colours().astype(np.uint16) * 257, 2, planes=2)
    with pytest.raises(NotMedia, match="planes of 16 bits") as caught:
        info_of(tmp_path / "a.tif")
    assert caught.value.hint


def test_sixteen_bit_png_is_scaled_not_clipped(tmp_path):
    ramp = np.tile(np.linspace(0, 65_535, 60).astype(np.uint16), (40, 1))
    Image.fromarray(ramp).save(tmp_path / "a.png")
    assert np.abs(read(tmp_path / "a.png")[..., 0] - ramp / 257).max() <= 1


def test_transparency_lies_over_white(tmp_path):
    rgba = np.dstack([colours(), np.full((40, 60), 255, np.uint8)])
    rgba[:, 30:, 3], rgba[:20, 30:, 3] = 0, 128
    Image.fromarray(rgba).save(tmp_path / "a.png")
    image = read(tmp_path / "a.png")
    assert (image[:, :30] == colours()[:, :30]).all()
    assert (image[20:, 30:] == 255).all()
    assert np.abs(image[0, 59].astype(int) - (142, 217, 147)).max() <= 1


@pytest.mark.parametrize("code", [1, 6])
@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_how_opaque_a_picture_is(tmp_path, name, code):
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:10, 40:], alpha[30:, :7] = 0, 128
    exif = Image.Exif()
    exif[ORIENTATION] = code
    rgba = np.ascontiguousarray(stored(np.dstack([colours(), alpha]), code))
    Image.fromarray(rgba).save(tmp_path / name, exif=exif, lossless=True)
    ((frame,),) = sample(tmp_path / name, plan(0, 1, 1, 1))
    assert frame.opacity is not None
    assert (frame.opacity == alpha).all()
    opaque = np.dstack([colours(), np.full((40, 60), 255, np.uint8)])
    Image.fromarray(opaque).save(tmp_path / name)
    ((frame,),) = sample(tmp_path / name, plan(0, 1, 1, 1))
    assert frame.opacity is None


def test_a_palette_with_a_transparent_entry(tmp_path):
    image = Image.fromarray(colours()).convert("P")
    image.save(tmp_path / "a.png", transparency=image.getpixel((0, 0)))
    read_back = read(tmp_path / "a.png")
    assert (read_back[0, 0] == 255).all()
    assert read_back[39, 0, 2] > 150


def test_a_picture_of_many_strips(tmp_path):
    noise = np.random.default_rng(2).integers(0, 256, (3001, 2003, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    Image.fromarray(np.ascontiguousarray(stored(noise, 8))).save(
        tmp_path / "a.png", exif=exif, compress_level=0
    )
    assert (read(tmp_path / "a.png") == noise).all()


@pytest.mark.parametrize("size", [(20_000, 20_000), (16_400, 10)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    """One bit a pixel, mostly one colour: tiny on disk, huge in memory."""
    Image.new("1", size).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 100_000
    with pytest.raises(TooLarge):
        info_of(tmp_path / "bomb.png")


def test_a_truncated_picture(tmp_path):
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:9_000])
    info = info_of(path)
    with pytest.raises(Damaged, match="truncated") as caught:
        list(read_windows(path, info, [], deadline=NEVER, damage=DamageCount()))
    assert caught.value.hint


def test_a_picture_of_a_few_bytes(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises((Damaged, NotMedia)):
        info_of(tmp_path / "a.png")


def test_postscript_is_not_run(tmp_path):
    Image.fromarray(colours()).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
    with pytest.raises(NotMedia):
        info_of(tmp_path / "a.jpg")


def test_pillows_own_limit_is_put_back(tmp_path):
    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
    Image.fromarray(colours()).save(tmp_path / "a.png")
    read(tmp_path / "a.png")
    assert before == (Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK)


def test_a_png_is_not_refused_for_what_it_says_beside_its_pixels(tmp_path):
    """Screenshots hold the profile of their screen, which may be larger than Pillow's limit."""
    path = tmp_path / "a.png"
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", "step " * 500_000, zip=True)
    Image.fromarray(colours()).save(path, icc_profile=b"a" * 3_000_000, pnginfo=info)
    assert near(read(path), colours())


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_with_a_broken_head_is_called_damaged(tmp_path, name):
    """Rather than no picture."""
    Image.fromarray(colours()).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[:25] + bytes(300))
    with pytest.raises(Damaged):
        info_of(tmp_path / name)
