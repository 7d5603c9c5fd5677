"""Interlaced films: of frames with combs one half picture is seen, of others the whole."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from media_factory import info_of, need_encoder, plan, sample
from PIL import Image
from skimage.data import astronaut

from unmask.video import fields
from unmask.video.fields import is_combed

STILL = astronaut()[:256]
PIXELS = 8  # that it moves between two half pictures


def at(moment: int) -> np.ndarray:
    """256 lines of a face, further to the left with every half picture."""
    return np.ascontiguousarray(STILL[:, PIXELS * moment :][:, :320])


def planes(frame: av.VideoFrame) -> list[np.ndarray]:
    wide = frame.format.components[0].bits > 8
    found = []
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), np.uint16 if wide else np.uint8)
        found.append(lines.reshape(-1, plane.line_size // lines.itemsize).copy())
    return found


def woven(first: np.ndarray, second: np.ndarray, pixels: str) -> av.VideoFrame:
    """One frame, lines of all planes in turn from the one and the other, as cameras store it."""
    whole, other = (
        av.VideoFrame.from_ndarray(image).reformat(format=pixels) for image in (first, second)
    )
    for plane, lines, between in zip(whole.planes, planes(whole), planes(other), strict=True):
        lines[1::2] = between[1::2]
        plane.update(lines.tobytes())
    return whole


def film(path, frames, codec="ffv1", options=None):
    need_encoder(codec)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = frames[0].format.name
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = index, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def seen(path, count: int = 3) -> list[np.ndarray]:
    (window,) = sample(path, plan(0, 1, 3, 0.04))
    assert len(window) == count
    return [frame.image for frame in window]


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


INTERLACED = {"flags": "+ildct+ilme"}
CODECS = {
    "a.mkv": ("ffv1", "yuv420p", {}),
    "b.mkv": ("ffv1", "yuv422p10le", {}),
    "c.mkv": ("libx264", "yuv420p", {"crf": "12", "x264-params": "log-level=none"}),
    "d.mp4": (
        "libx264", "yuv420p", INTERLACED | {"crf": "12", "x264-params": "log-level=none:tff=1"},
    ),
    "e.mpg": ("mpeg2video", "yuv420p", INTERLACED | {"qscale": "2", "b": "20M"}),
    "f.mkv": ("rawvideo", "nv12", {}),
    "g.mov": ("prores_ks", "yuv422p10le", INTERLACED),
}  # fmt: skip


@pytest.mark.parametrize("name", CODECS)
def test_no_combs_are_seen(tmp_path, name):
    codec, pixels, options = CODECS[name]
    frames = [woven(at(2 * k), at(2 * k + 1), pixels) for k in range(3)]
    path = film(tmp_path / name, frames, codec, options)
    for k, image in enumerate(seen(path)):
        assert image.shape == (256, 320, 3)
        assert apart(image, at(2 * k)) < 6
        assert not is_combed(image[:, :, 1].astype(np.int16), said=True)


@pytest.mark.parametrize("name", CODECS)
def test_a_film_that_is_only_called_interlaced_is_seen_whole(tmp_path, monkeypatch, name):
    monkeypatch.setattr(fields, "Graph", None)
    codec, pixels, options = CODECS[name]
    frames = [av.VideoFrame.from_ndarray(at(4 * k)).reformat(format=pixels) for k in range(3)]
    path = film(tmp_path / name, frames, codec, options)
    for k, image in enumerate(seen(path)):
        assert apart(image, at(4 * k)) < 8


def test_whole_frames_keep_every_bit(tmp_path):
    frame = av.VideoFrame.from_ndarray(at(0)).reformat(format="yuv420p")
    wanted = frame.reformat(format="rgb24", src_colorspace="itu601").to_ndarray()
    (image,) = seen(film(tmp_path / "a.mkv", [frame]), count=1)
    assert (image == wanted).all()


def test_noise_and_stripes_two_lines_wide_are_no_combs():
    noise = np.random.default_rng(0).integers(0, 256, (400, 128)).astype(np.int16)
    assert not is_combed(noise, said=False)
    stripes = np.zeros((400, 128), np.int16)
    stripes[::4], stripes[1::4] = 200, 200
    assert not is_combed(stripes, said=False)
    assert not is_combed(stripes, said=True)


def test_half_pictures_of_hevc_have_the_shape_of_the_whole(tmp_path):
    """They come one by one, half as high as what they show."""
    halves = [
        av.VideoFrame.from_ndarray(np.ascontiguousarray(at(k)[k % 2 :: 2])).reformat(
            format="yuv420p"
        )
        for k in range(6)
    ]
    options = {"x265-params": "log-level=none:interlace=1", "crf": "12"}
    path = film(tmp_path / "a.mkv", halves, "libx265", options)
    info = info_of(path)
    assert (info.width, info.height) == (160, 128)
    wanted = np.asarray(Image.fromarray(at(0)).resize((160, 128)))
    assert apart(seen(path)[0], wanted) < 8


def test_whole_pictures_of_hevc_that_are_said_to_be_half_keep_their_shape(tmp_path):
    """Faces twice as high as they are say less of a manipulation."""
    frames = [av.VideoFrame.from_ndarray(at(k)).reformat(format="yuv420p") for k in range(4)]
    options = {"x265-params": "log-level=none:interlace=1", "crf": "12"}
    info = info_of(film(tmp_path / "a.mkv", frames, "libx265", options))
    assert (info.width, info.height) == (320, 256)


@pytest.mark.parametrize("pixels", ["bgr24", "gray", "yuv411p", "yuyv422"])
def test_other_formats(tmp_path, pixels):
    """Left as they are where lines have no plane of their own."""
    frames = [av.VideoFrame.from_ndarray(at(0)).reformat(format=pixels)]
    name = "a.avi" if pixels == "bgr24" else "a.mkv"  # each keeps what the other does not
    (image,) = seen(film(tmp_path / name, frames, "rawvideo"), count=1)
    assert image.shape == (256, 320, 3)
