"""Folders of faces: what is wrong with one is said by the file's name."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_tree import MARGIN, SIDE, person, plant_faces

from unmask.clips import align
from unmask.core.errors import DataError
from unmask.synthesis import Kind
from unmask.training import pairs
from unmask.training.cutting import cut_mirrored, draw_cut
from unmask.training.material import decode, encode, read_portraits, split, unit_frame
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.sources import read_sides


def test_pictures_and_landmarks_are_read(faces: Path) -> None:
    portraits = read_portraits(faces)
    assert len(portraits) == 9
    picture, points = person(4)
    np.testing.assert_array_equal(decode(portraits[4].data), picture)
    left, top, side = portraits[4].part or (0, 0, 0)
    kept = portraits[4].picture()
    np.testing.assert_array_equal(kept, picture[top : top + side, left : left + side])
    np.testing.assert_allclose(portraits[4].landmarks, points - [left, top], rtol=1e-6)


def test_what_no_crop_shows_is_left_out(faces: Path) -> None:
    """Work goes by area; a wider crop keeps more, up to what there is."""
    box = SIDE / MARGIN
    sides = {loose: len(read_portraits(faces, loose)[4].picture()) for loose in (1.0, 1.25, 3.0)}
    assert sides[1.0] == pytest.approx(box, rel=0.05)
    assert sides[1.25] == pytest.approx(1.25 * box, rel=0.05)
    assert sides[3.0] == SIDE
    portrait = read_portraits(faces)[4]
    centre = unit_frame(portrait.landmarks) @ [0.5, 0.5, 1]
    np.testing.assert_allclose(centre, len(portrait.picture()) / 2, atol=1)


@pytest.mark.parametrize("kind", ["self-blend", "render", "swap"])
def test_a_stranger_is_real_and_fake_alike(
    faces: Path, recipe: DetectorRecipe, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = read_portraits(faces)
    black = replace(people[0].face(), picture=np.zeros_like(people[0].picture()))
    monkeypatch.setattr(pairs, "draw_stranger", lambda *_: black)
    for share in (0.0, 1.0):
        stage = recipe.frame.model_copy(update={"strangers": share, "degradation": 0.0})
        drawn = pairs.draw_pair(people, [], stage, np.random.default_rng(4), kind)
        dark = int(drawn.real.max()) == 0
        assert dark == (share == 1)
        if dark:
            assert int(drawn.fake[drawn.real.shape[0] // 2, 2].max()) < 40  # beside the face


def test_crops_are_cut_as_serving_cuts_them() -> None:
    """Bit for bit: training and serving call one function."""
    picture, points = person(1)
    ours = cut_mirrored(picture, points, size=112, margin=1.3, beyond=0)
    np.testing.assert_array_equal(ours, align(picture, points, size=112, margin=1.3).image)


def test_real_and_fake_are_cut_alike() -> None:
    picture, points = person(1)
    cut = draw_cut(points, 80.0, 112, 1.3, np.random.default_rng(1))
    np.testing.assert_array_equal(cut(picture), cut(picture.copy()))
    other = draw_cut(points, 80.0, 112, 1.3, np.random.default_rng(2))
    assert not np.array_equal(cut(picture), other(picture))


def test_mirroring_fills_what_the_picture_lacks() -> None:
    picture = np.full((SIDE, SIDE, 3), 200, np.uint8)
    points = person(1)[1] - 60  # half outside
    assert cut_mirrored(picture, points, size=64, margin=MARGIN, beyond=0).min() == 0
    assert cut_mirrored(picture, points, size=64, margin=1.0).min() == 200


def test_png_keeps_every_pixel() -> None:
    picture = person(0)[0]
    np.testing.assert_array_equal(decode(encode(picture)), picture)


def broken(tmp_path: Path, old: str, new: str) -> Path:
    root = plant_faces(tmp_path / "faces-again", train=2, val=2)
    listed = root / "faces" / "faces.csv"
    text = listed.read_text()
    assert old in text
    listed.write_text(text.replace(old, new, 1))
    return root


def test_an_absent_picture_is_named(tmp_path: Path) -> None:
    root = broken(tmp_path, "00001.png", "absent.png")
    with pytest.raises(DataError, match=r"lacks 1 of 4 pictures, absent\.png first"):
        read_portraits(root)


def test_landmarks_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    root = broken(tmp_path, ",skimage@1:astronaut,public domain,", ",skimage,public domain,here")
    with pytest.raises(DataError, match=r"faces\.csv: the landmarks of 00000\.png"):
        read_portraits(root)


@pytest.mark.parametrize("column", ["file", "person", "licence", "y4"])
def test_a_column_that_is_not_there_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(DataError, match=rf"faces\.csv has no column {column} ") as caught:
        read_portraits(broken(tmp_path, column, f"{column}-of-another-name"))
    assert "split, person, source, licence, x0, y0" in caught.value.hint


def test_a_row_cut_short_is_named(tmp_path: Path) -> None:
    root = plant_faces(tmp_path / "t", train=1, val=1)
    listed = root / "faces" / "faces.csv"
    listed.write_text(listed.read_text() + "00002.png,train,p2\n")
    with pytest.raises(DataError, match=r"faces\.csv, line 4: 3 cells where the head has 15"):
        read_portraits(root)


def test_a_list_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    root = plant_faces(tmp_path / "t", train=1, val=1)
    listed = root / "faces" / "faces.csv"
    listed.write_text(listed.read_text(), encoding="utf-8-sig")  # begins with a byte-order mark
    assert len(read_portraits(root)) == 2


def test_a_tar_cut_short_is_named(tmp_path: Path) -> None:
    root = plant_faces(tmp_path / "t", train=1, val=1)
    tar = root / "faces" / "faces-0.tar"
    tar.write_bytes(tar.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"faces-0\.tar"):
        read_portraits(root)
    tar.write_bytes(b"no tar")
    with pytest.raises(DataError, match=r"faces-0\.tar is cut short or damaged"):
        read_portraits(root)


def test_a_picture_that_is_none_is_said(tmp_path: Path) -> None:
    root = plant_faces(tmp_path / "t", train=1, val=1)
    picture = tmp_path / "00000.png"
    picture.write_bytes(b"no picture")
    with tarfile.open(root / "faces" / "faces-1.tar", "w") as tar:
        tar.add(picture, picture.name)
    with pytest.raises(DataError, match="cannot be decoded"):
        read_portraits(root)


def test_a_person_on_both_sides_is_refused(tmp_path: Path) -> None:
    portraits = read_portraits(broken(tmp_path, "p3", "p0"))
    with pytest.raises(DataError, match="1 people are in 'train' and in another split, p0"):
        split(portraits, "train")


def test_nobody_held_out_is_refused(tmp_path: Path) -> None:
    portraits = read_portraits(plant_faces(tmp_path / "t", train=2, val=0))
    with pytest.raises(DataError, match="no picture is in the split 'val'"):
        split(portraits, "val")


def test_clips_alone_are_refused_before_they_are_looked_at(
    tmp_path: Path, recipe: DetectorRecipe, run_in: Callable[..., Run]
) -> None:
    (tmp_path / "clips.csv").write_text("file,source,licence\na.mp4,me,CC0\n")
    with pytest.raises(DataError, match=r"holds clips\.csv and no pictures of faces") as caught:
        read_sides([tmp_path], recipe, [], run_in(tmp_path / "work"))
    assert "faces.csv" in caught.value.hint


def test_a_folder_without_data_is_named(
    tmp_path: Path, recipe: DetectorRecipe, run_in: Callable[..., Run]
) -> None:
    with pytest.raises(DataError, match=f"{tmp_path} holds neither") as caught:
        read_sides([tmp_path], recipe, [], run_in(tmp_path / "work"))
    assert "prepare" in caught.value.hint
