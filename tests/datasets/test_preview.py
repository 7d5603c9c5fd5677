"""The contact sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faces_on_disk import film, picture
from trees import grow, read

from unmask.core.errors import DataError
from unmask.datasets import write_index
from unmask.datasets.portraits import find_portraits
from unmask.datasets.preview import contact_sheet, save_sheet
from unmask.synthesis import CLIP_KINDS, KINDS


@pytest.fixture(scope="module")
def portraits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("portraits")
    for at in range(3):
        picture(root / f"{at}.png", shift=5 * at)
    return grow(root, "broken.jpg", content=b"nonsense")


def test_a_seed_gives_one_sheet(portraits_folder: Path) -> None:
    sheets = [
        np.asarray(contact_sheet(find_portraits(portraits_folder, 3, seed), seed, each=1))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(sheets[0], sheets[1])
    assert not np.array_equal(sheets[0], sheets[2])


def test_there_is_a_row_for_every_kind(portraits_folder: Path) -> None:
    found = find_portraits(portraits_folder, 3, 0)
    one, two = (contact_sheet(found, 0, each=each).height for each in (1, 2))
    row = (two - one) // len(KINDS)
    stills_and_clips = len(KINDS) + len(CLIP_KINDS) - 1  # a still has no mouth to be out of step
    stills_and_clips += 2  # coded twice, sent by a chat app
    assert one == row * stills_and_clips + 5 * 22


def test_real_samples_of_an_index_with_films(tmp_path: Path) -> None:
    film(tmp_path / "set/real/a.mp4", frames=25)
    picture(tmp_path / "set/real/b.png")
    picture(tmp_path / "set/fake/c.png")
    write_index(read(tmp_path / "set"), tmp_path / "index.parquet")
    found = find_portraits(tmp_path / "index.parquet", 5, 0)
    assert {one.name: len(one.faces) for one in found} == {"real/a.mp4": 6, "real/b.png": 1}
    save_sheet(contact_sheet(found, 0, each=1), tmp_path / "out" / "sheet.png")
    assert (tmp_path / "out" / "sheet.png").stat().st_size > 10_000


def test_one_face_is_too_few(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with pytest.raises(DataError, match="1 faces were found in"):
        find_portraits(tmp_path, 4, 0)


def test_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        find_portraits(tmp_path, 4, 0)
    with pytest.raises(DataError, match="is not there"):
        find_portraits(tmp_path / "absent", 4, 0)


def test_a_name_that_is_no_picture(portraits_folder: Path, tmp_path: Path) -> None:
    sheet = contact_sheet(find_portraits(portraits_folder, 2, 0), 0, each=1)
    with pytest.raises(DataError, match=r"ends in \.png or \.jpg|cannot write"):
        save_sheet(sheet, tmp_path / "sheet.unknown")
