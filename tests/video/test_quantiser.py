"""How coarsely frames were coded, as the decoder says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_factory import plan, sample, write

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


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "mpeg4"), ("b.webm", "libvpx-vp9")])
def test_other_scales_are_not_mistaken_for_it(tmp_path: Path, name: str, codec: str) -> None:
    (frames,) = sample(write(tmp_path / name, codec=codec, frames=10), plan(0, 0.4, 3, 0.1))
    assert [frame.quantiser for frame in frames] == [None] * 3
