"""How coarsely frames were coded, as the decoder says it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_factory import NEVER, need_encoder, plan, sample, write

from unmask.video import DamageCount
from unmask.video.av1 import Av1Headers
from unmask.video.hevc import HevcHeaders
from unmask.video.quantiser import EXPORT, _blocks, quantiser
from unmask.video.reader import FrameReader

H264_AT_160 = 4 + 6 * np.log2(305 / 8)  # the table's 160th place is a step of 305 eighths
EVEN = "log-level=none:ipratio=1:pbratio=1:aq-mode=0"  # every block of every frame alike


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("coded", [20, 40])
def test_h264_says_it(tmp_path: Path, coded: int, pixels: str) -> None:
    """On one scale, also of ten bits, where x264 counts twelve more."""
    more = 12 if pixels.endswith("10le") else 0
    options = {"qp": str(coded + more), "x264-params": EVEN}
    path = write(tmp_path / "film.mp4", options=options, pixels=pixels, frames=20)
    (frames,) = sample(path, plan(0, 1, 5, 0.1))
    assert [frame.quantiser for frame in frames] == [coded] * 5


def test_the_mean_is_of_all_blocks(tmp_path: Path) -> None:
    """Which x264 codes each by what it shows, unless told not to."""
    varied = {"crf": "40", "x264-params": "log-level=none:aq-mode=1:aq-strength=2"}
    (frames,) = sample(
        write(tmp_path / "film.mp4", options=varied, frames=10), plan(0, 0.4, 3, 0.1)
    )
    assert any(frame.quantiser is not None and frame.quantiser % 1 for frame in frames)


class Said(bytes):
    """As a decoder lays it out: a head, blocks of five integers, and room to spare."""

    blocks_offset, block_size = 8, 20

    @property
    def nb_blocks(self) -> int:
        return (len(self) - self.blocks_offset) // self.block_size


@pytest.mark.parametrize("changes", [[-3], [1, 2, 6]])
def test_blocks_are_read_as_they_are_laid_out(changes: list[int]) -> None:
    blocks = np.full((len(changes), 5), 99, np.int32)
    blocks[:, 2:] = [(8, 4, change) for change in changes]
    said = Said(b"\xff" * 8 + blocks.tobytes() + b"\xff" * 3)
    read, areas = _blocks(said)  # type: ignore[arg-type]
    assert (read.tolist(), areas.tolist()) == (changes, [32] * len(changes))


def test_where_nothing_is_said_of_blocks_the_frames_own_counts() -> None:
    read, areas = _blocks(Said(b"\xff" * 8))  # type: ignore[arg-type]
    assert (read.tolist(), areas.tolist()) == ([0], [1])


@pytest.mark.parametrize("codec", ["libx264", "libvpx-vp9"])
def test_every_frame_says_its_own(tmp_path: Path, codec: str) -> None:
    """Where frames are decoded side by side, FFmpeg says it of some of H.264's half decoded."""
    size = (640, 640) if codec == "libx264" else (320, 320)
    path = moving(tmp_path / "film.mkv", size, codec, frames=200 if codec == "libx264" else 40)
    with FrameReader(path, NEVER, DamageCount(), jumps=False) as reader:
        said = [shot.quantiser for shot in iter(reader.next, None)]
    with av.open(str(path)) as film:
        film.streams.video[0].codec_context.thread_count = 1
        film.streams.video[0].codec_context.options = EXPORT
        alone = [quantiser(frame) for frame in film.decode(video=0)]
    assert len(set(alone)) > (10 if codec == "libx264" else 3)
    assert said == alone


LAYERED = {
    "libx264": {
        "crf": "35",
        "preset": "veryfast",
        "x264-params": "log-level=none:bframes=3:b-adapt=0:b-pyramid=2",
    },
    "libvpx-vp9": {"crf": "45", "b": "0", "cpu-used": "8", "lag-in-frames": "12"},
}


def moving(
    path: Path,
    size: tuple[int, int],
    codec: str,
    *,
    frames: int,
    more: dict[str, str] | None = None,
) -> Path:
    """A film as cameras and apps make them: grain over something that moves, B-frames between."""
    need_encoder(codec)
    rng = np.random.default_rng(0)
    width, height = size
    scene = cv2.GaussianBlur(rng.integers(0, 256, (height, 2 * width, 3), np.uint8), (0, 0), 9) * 4
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=more or LAYERED[codec])
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            view = scene[:, 2 * index : 2 * index + width]
            grain = rng.integers(0, 24, view.shape, np.uint8)
            picture = av.VideoFrame.from_ndarray(cv2.add(view // 2, grain))
            out.mux(stream.encode(picture.reformat(format="yuv420p")))
        out.mux(stream.encode())
    return path


def test_vp9_says_it_on_that_scale(tmp_path: Path) -> None:
    """Its 41st step of 64 is the table's 160th place: a step of 305 eighths."""
    fixed = {"b": "0", "crf": "40", "qmin": "40", "qmax": "40"}
    path = write(tmp_path / "film.webm", codec="libvpx-vp9", options=fixed, frames=10)
    (frames,) = sample(path, plan(0, 0.4, 3, 0.1))
    assert [frame.quantiser for frame in frames] == [pytest.approx(H264_AT_160 - 5)] * 3


def test_vp9s_blocks_count_by_their_area(tmp_path: Path) -> None:
    """Which differ from one to the next where it is told to code plain ones otherwise."""
    varied = {"crf": "15", "b": "0", "aq-mode": "1", "cpu-used": "8"}
    path = moving(tmp_path / "film.webm", (256, 256), "libvpx-vp9", frames=1, more=varied)
    with av.open(str(path)) as film:
        film.streams.video[0].codec_context.options = EXPORT
        frame = next(film.decode(video=0))
    said = frame.side_data.get("VIDEO_ENC_PARAMS")
    blocks = [said.block_params(at) for at in range(said.nb_blocks)]
    assert len({one.delta_qp for one in blocks}) > 1
    assert len({one.w for one in blocks}) > 1
    places = np.array([said.qp + one.delta_qp for one in blocks])
    assert min(places) > 1
    assert max(places) < 95  # where the table is a straight line
    coded = 4 + 6 * np.log2((places + 7) / 8) - 5
    mean = np.average(coded, weights=[one.w * one.h for one in blocks])
    assert quantiser(frame) == pytest.approx(mean)
    assert mean != pytest.approx(coded.mean(), abs=0.01)


@pytest.mark.parametrize(
    ("name", "pixels", "more"),
    [
        ("film.mp4", "yuv420p", "bframes=4:b-adapt=0:ref=4:weightb=1"),
        ("film.ts", "yuv420p", "slices=2:sao=0:temporal-layers=2:bframes=3"),
        ("film.mkv", "yuv420p10le", "scaling-list=default:repeat-headers=1:open-gop=1:aud=1"),
        ("film.mp4", "yuv444p", "amp=1:rect=1:ctu=16:cbqpoffs=3:tskip=1:constrained-intra=1"),
        ("film.mp4", "gray", "wpp=1:rd=2:strong-intra-smoothing=0:deblock=2,2:interlace=tff"),
    ],
)
def test_hevc_says_it_in_its_slices(tmp_path: Path, name: str, pixels: str, more: str) -> None:
    """Whatever else stands before it, and whatever the depth; H.264 calls 36 what it calls 42."""
    told = f"{EVEN}:cutree=0:qp=42:{more}"
    path = write(
        tmp_path / name,
        codec="libx265",
        options={"x265-params": told},
        size=(192, 128),
        pixels=pixels,
        frames=20,
    )
    (frames,) = sample(path, plan(0.2, 0.8, 5, 0.1))
    assert [frame.quantiser for frame in frames] == [36] * 5


@pytest.mark.parametrize(
    ("size", "more"),
    [
        ((96, 64), "pred-struct=2"),
        ((256, 192), "tile-columns=1:tile-rows=1:aq-mode=0"),
        ((256, 192), "superres-mode=1:superres-denom=12:superres-kf-denom=10"),
        ((256, 192), "pred-struct=1:error-resilient=1:scm=1:film-grain=10"),
        ((256, 192), "enable-overlays=1:lookahead=16:irefresh-type=1"),
    ],
)
def test_av1_says_it_in_its_headers(tmp_path: Path, size: tuple[int, int], more: str) -> None:
    """Of every frame shown, also of one that was coded before and waited."""
    fixed = {"qp": "40", "svtav1-params": f"use-fixed-qindex-offsets=1:{more}"}
    path = write(tmp_path / "film.mp4", codec="libsvtav1", options=fixed, size=size, frames=40)
    (frames,) = sample(path, plan(0.2, 1.5, 10, 0.1))
    assert [frame.quantiser for frame in frames] == [pytest.approx(H264_AT_160 - 8)] * 10


def test_av1_of_changing_size_says_nothing(tmp_path: Path) -> None:
    """A frame may have another one's, which its header leaves out."""
    resized = "use-fixed-qindex-offsets=1:resize-mode=1:resize-denom=12:resize-kf-denom=12"
    options = {"qp": "40", "svtav1-params": resized}
    path = write(
        tmp_path / "film.mp4", codec="libsvtav1", options=options, size=(256, 192), frames=10
    )
    (frames,) = sample(path, plan(0.04, 0.4, 3, 0.1))
    assert [frame.quantiser for frame in frames] == [None] * 3


@pytest.mark.parametrize(
    ("codec", "headers"), [("libx265", HevcHeaders), ("libsvtav1", Av1Headers)]
)
def test_damaged_headers_say_something_or_nothing(
    tmp_path: Path, codec: str, headers: type[HevcHeaders] | type[Av1Headers]
) -> None:
    """Never an error, nor a number out of range: a film is not less readable for them."""
    rng = np.random.default_rng(0)
    with av.open(str(write(tmp_path / "film.mp4", codec=codec, frames=12))) as film:
        extradata = bytes(film.streams.video[0].codec_context.extradata or b"")
        packets = [bytes(packet) for packet in film.demux(video=0) if packet.size]
    for _ in range(150):
        reads = headers(hurt(extradata, rng) if rng.random() < 0.5 else extradata)
        ask = reads.quantiser if isinstance(reads, HevcHeaders) else reads.place
        for packet in packets:
            said = ask(hurt(packet[: rng.integers(1, 80)], rng))
            assert said is None or -60 <= said <= 255


def hurt(data: bytes, rng: np.random.Generator) -> bytes:
    """Some of its bytes changed, mostly early ones."""
    changed = bytearray(data)
    for at in rng.integers(0, max(1, len(data)), 4):
        changed[at] = rng.integers(0, 256)
    return bytes(changed)


def test_other_scales_are_not_mistaken_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", codec="mpeg4", frames=10)
    (frames,) = sample(path, plan(0, 0.4, 3, 0.1))
    assert [frame.quantiser for frame in frames] == [None] * 3
