"""How coarsely frames were coded, as the decoder says it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_factory import NEVER, plan, sample, write

from unmask.video import DamageCount
from unmask.video.quantiser import EXPORT, _mean_change, quantiser
from unmask.video.reader import FrameReader

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


@pytest.mark.parametrize(("changes", "mean"), [([], 0.0), ([-3], -3.0), ([1, 2, 6], 3.0)])
def test_blocks_are_read_as_they_are_laid_out(changes: list[int], mean: float) -> None:
    blocks = np.full((len(changes), 5), 99, np.int32)
    blocks[:, 4] = changes
    said = Said(b"\xff" * 8 + blocks.tobytes() + b"\xff" * 3)
    assert _mean_change(said) == mean  # type: ignore[arg-type]


def test_every_frame_says_its_own(tmp_path: Path) -> None:
    """Where frames are decoded side by side, FFmpeg says it of some that are half decoded."""
    path = moving(tmp_path / "film.mp4", (640, 640), frames=200)
    with FrameReader(path, NEVER, DamageCount(), jumps=False) as reader:
        said = [shot.quantiser for shot in iter(reader.next, None)]
    with av.open(str(path)) as film:
        film.streams.video[0].codec_context.thread_count = 1
        film.streams.video[0].codec_context.options = EXPORT
        alone = [quantiser(frame) for frame in film.decode(video=0)]
    assert len(set(alone)) > 10
    assert said == alone


def moving(path: Path, size: tuple[int, int], *, frames: int) -> Path:
    """A film as cameras and apps make them: grain over something that moves, B-frames between."""
    rng = np.random.default_rng(0)
    width, height = size
    scene = cv2.GaussianBlur(rng.integers(0, 256, (height, 2 * width, 3), np.uint8), (0, 0), 9) * 4
    layered = "log-level=none:bframes=3:b-adapt=0:b-pyramid=2"
    options = {"crf": "35", "preset": "veryfast", "x264-params": layered}
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            view = scene[:, 2 * index : 2 * index + width]
            grain = rng.integers(0, 24, view.shape, np.uint8)
            picture = av.VideoFrame.from_ndarray(cv2.add(view // 2, grain))
            out.mux(stream.encode(picture.reformat(format="yuv420p")))
        out.mux(stream.encode())
    return path


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "mpeg4"), ("b.webm", "libvpx-vp9")])
def test_other_scales_are_not_mistaken_for_it(tmp_path: Path, name: str, codec: str) -> None:
    (frames,) = sample(write(tmp_path / name, codec=codec, frames=10), plan(0, 0.4, 3, 0.1))
    assert [frame.quantiser for frame in frames] == [None] * 3
