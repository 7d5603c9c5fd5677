"""Folders of frames as films: what cannot be one is told by its cause."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from unmask.core.errors import Damaged, DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.films import as_film


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    for number, picture in enumerate(noise):
        Image.fromarray(picture).save(tmp_path / f"{number:03}.png")
    return tmp_path


def _sample(fps: str = "") -> Sample:
    return Sample("fake/one", 1, kind="frames-folder", attributes={"fps": fps})


@pytest.mark.parametrize(("fps", "rate"), [("", "25"), ("30000/1001", "30000/1001"), ("10", "10")])
def test_a_film_has_the_rate_its_sample_says(frames: Path, fps: str, rate: str) -> None:
    with as_film(frames, _sample(fps)) as film, av.open(str(film)) as opened:
        assert str(opened.streams.video[0].average_rate) == rate


@pytest.mark.parametrize("fps", ["0", "1/0", "nan", "-5", "fast"])
def test_a_rate_that_is_none_is_told(frames: Path, fps: str) -> None:
    with pytest.raises(DataError, match="fake/one: its fps"), as_film(frames, _sample(fps)):
        pass


def test_a_frame_with_a_nonsensical_chunk_is_damaged(frames: Path) -> None:
    path = frames / "001.png"
    Image.effect_noise((512, 512), 99).save(path)
    head, first, *more = path.read_bytes().split(b"IDAT")
    path.write_bytes(head + b"IDAT" + first + b"\xd5DAT" + b"IDAT".join(more))
    with pytest.raises(Damaged, match=r"001\.png"), as_film(frames, _sample()):
        pass
