"""Still pictures of high dynamic range look as on an ordinary screen."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from media_factory import info_of, need_encoder
from PIL import Image
from profile_factory import P3
from test_pictures import ORIENTATION, near, read, save
from test_tone import FROM_709, LARGE, NITS, in_hlg, in_pq

from unmask.core.errors import Damaged
from unmask.video import high_range
from unmask.video.orientation import stored

WANTED = np.rint(LARGE * 0.7)
CURVES = {"pq": (in_pq, 16), "hlg": (in_hlg, 18)}


def signal(curve: str) -> tuple[np.ndarray, int]:
    """Shares of the largest value, and the transfer's number."""
    encode, number = CURVES[curve]
    return np.clip(encode(NITS @ FROM_709.T), 0, 1), number


def with_chunk(path: Path, name: bytes, data: bytes) -> None:
    """After the header of a PNG."""
    png = path.read_bytes()
    body = name + data
    chunk = struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(png[:33] + chunk + png[33:])


def of_bt2100(transfer: int) -> bytes:
    """A profile of ICC 4.4 that says so in a tag of its own, put before the others."""
    plain = P3.profile()
    (count,) = struct.unpack(">I", plain[128:132])
    moved = (
        plain[:128]
        + struct.pack(">I", count + 1)
        + b"cicp"
        + struct.pack(">II", len(plain) + 12, 12)
    )
    for at in range(132, 132 + 12 * count, 12):
        name, begins, size = struct.unpack(">4sII", plain[at : at + 12])
        moved += name + struct.pack(">II", begins + 12, size)
    tag = b"cicp\0\0\0\0" + bytes([9, transfer, 0, 1])
    whole = moved + plain[132 + 12 * count :] + tag
    return struct.pack(">I", len(whole)) + whole[4:]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("code", [1, 6])
def test_a_png_with_code_points(tmp_path, curve, code):
    values, transfer = signal(curve)
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[ORIENTATION] = code
    turned = np.ascontiguousarray(stored(np.rint(values * 255).astype(np.uint8), code))
    Image.fromarray(turned).save(path, exif=exif)
    assert not near(read(path), WANTED, 16)
    with_chunk(path, b"cICP", bytes([9, transfer, 0, 1]))
    assert near(read(path), WANTED, 16)


@pytest.mark.parametrize("curve", CURVES)
def test_a_profile_that_names_the_curve(tmp_path, curve):
    values, transfer = signal(curve)
    path = tmp_path / "a.webp"
    Image.fromarray(np.rint(values * 255).astype(np.uint8)).save(
        path, lossless=True, icc_profile=of_bt2100(transfer)
    )
    assert near(read(path), WANTED, 16)


@pytest.mark.parametrize("transfer", [1, 13])
def test_ordinary_code_points_change_nothing(tmp_path, transfer):
    path = tmp_path / "a.png"
    Image.fromarray(LARGE).save(path)
    with_chunk(path, b"cICP", bytes([1, transfer, 0, 1]))
    assert (read(path) == LARGE).all()


@pytest.mark.parametrize("data", [b"", b"\t\x10", bytes([9, 16, 0, 1, 0])])
def test_code_points_that_are_cut_short(tmp_path, data):
    path = tmp_path / "a.png"
    Image.fromarray(LARGE).save(path)
    with_chunk(path, b"cICP", data)
    assert read(path).shape == LARGE.shape


@pytest.mark.parametrize("curve", CURVES)
def test_a_heif_of_ten_bits(tmp_path, curve):
    """All ten are used: of eight, neighbouring steps in the dark are far apart."""
    from pillow_heif import encode

    values, transfer = signal(curve)
    path = tmp_path / "a.heic"
    data = np.rint(values * 65_535).astype(np.uint16)
    with path.open("wb") as stream:
        encode(
            "RGB;16", data.shape[1::-1], data.tobytes(), stream, quality=100, chroma=444,
            color_primaries=9, transfer_characteristics=transfer, matrix_coefficients=9,
        )  # fmt: skip
    assert info_of(path).kind == "image"
    assert near(read(path), WANTED, 8)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("tiled", [False, True])
def test_an_avif(tmp_path, monkeypatch, curve, tiled):
    need_encoder("libsvtav1")
    values, transfer = signal(curve)
    path = tmp_path / "a.avif"
    with av.open(str(path), "w", format="avif") as out:
        stream = out.add_stream("libsvtav1", rate=1, options={"crf": "5"})
        stream.height, stream.width = values.shape[:2]
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.colorspace = context.color_primaries = 9
        context.color_trc, context.color_range = transfer, 2
        frame = av.VideoFrame.from_ndarray(
            np.rint(values * 65_535).astype(np.uint16), format="rgb48le"
        ).reformat(format="yuv420p10le", dst_colorspace=9, dst_color_range=2)
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert info_of(path).kind == "image"
    if tiled:  # as if FFmpeg gave a part
        monkeypatch.setattr(high_range, "_of_avif", lambda path, size: None)
    assert near(read(path), WANTED, 24 if tiled else 12)


def test_an_avif_that_only_pillow_reads(tmp_path, monkeypatch):
    path = tmp_path / "a.avif"
    Image.fromarray(LARGE).save(path, quality=95)

    def refuse(path, deadline):
        raise Damaged("no")

    monkeypatch.setattr(high_range, "opened", refuse)
    assert near(read(path), LARGE, 20)


def test_a_heif_of_ordinary_range_stays(tmp_path):
    save(tmp_path / "a.heic", Image.fromarray(LARGE), quality=95)
    assert near(read(tmp_path / "a.heic"), LARGE, 12)
