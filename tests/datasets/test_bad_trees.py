"""What is wrong with a tree is said with the path and the way out; nothing is written then."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import trees
from trees import grow, read, write, write_json

from unmask.core.errors import DataError


def refusal(root: Path, layout: str = "auto", **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(root, layout, **options)
    assert caught.value.hint
    return f"{caught.value.message} | {caught.value.hint}"


def test_no_such_folder(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "absent")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    grow(tmp_path, "archive.zip")
    assert "not a folder" in refusal(tmp_path / "archive.zip")


def test_an_unknown_layout_names_the_known_ones(tmp_path: Path) -> None:
    assert "celeb-df++" in refusal(tmp_path, "celebdf")


def test_missing_split_file_says_where_to_get_it(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    (root / "val.json").unlink()
    said = refusal(root)
    assert "has no val.json" in said
    assert "dataset/splits" in said
    index = read(root, partial=True)
    assert {sample.split for sample in index} == {"train", "test", ""}
    assert any("no val.json" in note for note in index.notes)


@pytest.mark.parametrize("below", ["manipulated_sequences/Deepfakes/c23", "original_sequences"])
def test_root_some_levels_too_deep(tmp_path: Path, below: str) -> None:
    root = trees.faceforensics(tmp_path / "ff")
    said = refusal(root / below)
    assert f"the folder above it, {root}, is" in said
    assert f"unmask data index '{root}' --layout faceforensics" in said


def test_root_that_is_one_class_alone(tmp_path: Path) -> None:
    root = trees.celebdf(tmp_path / "Celeb-DF-v2")
    assert f"the folder above it, {root}, is" in refusal(root / "Celeb-real")
    root = grow(tmp_path / "mine", "real/a.mp4", "fake/b.mp4")
    assert f"the folder above it, {root}, is" in refusal(root / "real")


def test_a_data_set_beside_the_folder_is_not_meant(tmp_path: Path) -> None:
    trees.celebdf(tmp_path)
    assert "looks like no layout" in refusal(grow(tmp_path / "holiday", "a.mp4"))


@pytest.mark.parametrize("layout", ["auto", "celeb-df"])
def test_root_a_level_too_high(tmp_path: Path, layout: str) -> None:
    root = trees.celebdf(tmp_path / "Celeb-DF-v2")
    said = refusal(tmp_path, layout)
    assert f"the folder inside it, {root}, is" in said


def test_a_named_layout_that_the_folder_has_not(tmp_path: Path) -> None:
    assert "does not look like Celeb-DF" in refusal(grow(tmp_path, "a/b.mp4"), "celeb-df")


def test_nothing_known(tmp_path: Path) -> None:
    assert "looks like no layout" in refusal(grow(tmp_path, "holiday/b.mp4"))


def test_two_layouts_at_once_are_both_named(tmp_path: Path) -> None:
    trees.celebdf(tmp_path)
    said = refusal(trees.dfdc(tmp_path))
    assert "can be read in 2 ways" in said
    assert "--layout celeb-df or --layout dfdc" in said


def test_folders_that_contradict_each_other(tmp_path: Path) -> None:
    said = refusal(grow(tmp_path, "fake/original/a.mp4", "real/b.mp4"))
    assert "'fake' (manipulated) and 'original' (real)" in said
    assert "two readings are possible" in said


def test_numbered_pictures_are_asked_about(tmp_path: Path) -> None:
    grow(tmp_path, "real/p1/001.jpg", "real/p1/002.jpg", "fake/p2/001.jpg", "fake/p2/002.jpg")
    assert "--pictures frames or --pictures single" in refusal(tmp_path)
    assert [sample.path for sample in read(tmp_path, pictures="frames")] == ["fake/p2", "real/p1"]
    assert len(read(tmp_path, pictures="single")) == 4


def test_half_extracted_archive(tmp_path: Path) -> None:
    root = trees.dfdc(tmp_path)
    (root / "dfdc_train_part_0/fake2.mp4").unlink()
    said = refusal(root)
    assert "lacks 1 of the 3 files that metadata.json lists, fake2.mp4 first" in said
    assert "do that again" in said
    assert len(read(root, partial=True)) == 4


def test_a_part_without_its_metadata(tmp_path: Path) -> None:
    root = trees.dfdc(tmp_path)
    grow(root, "dfdc_train_part_1/a.mp4")
    assert "dfdc_train_part_1 has no metadata.json" in refusal(root)


def test_a_missing_original_of_faceforensics(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    (root / "original_sequences/youtube/c40/videos/974.mp4").unlink()
    assert "c40 lacks 1 of the 6 files" in refusal(root)


def test_a_missing_fake_of_faceforensics(tmp_path: Path) -> None:
    """The pairs of the split files name each method's fakes, too."""
    root = trees.faceforensics(tmp_path)
    (root / "manipulated_sequences/Deepfakes/c23/videos/974_953.mp4").unlink()
    assert "Deepfakes/c23 lacks 1 of the 6 files that the split files lists" in refusal(root)
    assert len(read(root, partial=True)) == 35
    assert len(read(root, compression="c40")) == 18  # where nothing is missing


def test_a_split_file_without_pairs(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    write_json(root, "test.json", [])
    assert "test.json should be a list of pairs" in refusal(root)


def test_a_test_list_without_videos(tmp_path: Path) -> None:
    """Else nothing would be in a split, and an evaluation would take all."""
    root = trees.celebdf(tmp_path)
    write(root, "List_of_testing_videos.txt", "\n")
    assert "List_of_testing_videos.txt names no videos" in refusal(root)


def test_a_quarter_of_wilddeepfake_without_sequences(tmp_path: Path) -> None:
    root = trees.wilddeepfake(tmp_path)
    (root / "real test/1.tar.gz").rename(root / "real test/1.tgz")
    assert "real test holds no sequences" in refusal(root)
    assert len(read(root, partial=True)) == 3


@pytest.mark.parametrize(("name", "size"), [("b.mp4", b""), ("b.mp4.crdownload", b"x")])
def test_what_a_broken_download_leaves(tmp_path: Path, name: str, size: bytes) -> None:
    grow(tmp_path, "real/a.mp4", "fake/a.mp4")
    grow(tmp_path, f"real/{name}", content=size)
    assert name in refusal(tmp_path)
    assert len(read(tmp_path, partial=True)) == 2


def test_a_shard_cut_short(tmp_path: Path) -> None:
    root = trees.wilddeepfake(tmp_path)
    broken = root / "fake train/1.tar.gz"
    broken.write_bytes(broken.read_bytes()[:-30])
    said = refusal(root)
    assert f"{broken} is cut short" in said


def test_a_video_in_two_splits(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    write_json(root, "val.json", [["720", "071"]])
    said = refusal(root)
    assert "071 is 'val' by val.json and 'train' by train.json" in said


def test_celebdf_labels_turned_round(tmp_path: Path) -> None:
    root = trees.celebdf(tmp_path)
    write(root, "List_of_testing_videos.txt", "0 YouTube-real/00170.mp4\n")
    said = refusal(root)
    assert "'manipulated' by line 1 of List_of_testing_videos.txt, where 1 is real" in said


def test_dfdc_labels_that_disagree_between_two_files(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp4")
    write_json(tmp_path, "metadata.json", {"a.mp4": {"label": "REAL"}})
    write(tmp_path, "labels.csv", "filename,label\na.mp4,1\n")
    said = refusal(tmp_path)
    assert "is 'manipulated' by labels.csv and 'real' by metadata.json" in said


def test_fakeavceleb_type_and_folder_disagree(tmp_path: Path) -> None:
    root = trees.fakeavceleb(tmp_path)
    text = (root / "meta_data.csv").read_text()
    write(
        root,
        "meta_data.csv",
        text.replace("real,A,RealVideo-RealAudio", "real,A,FakeVideo-RealAudio"),
    )
    assert "'FakeVideo-RealAudio' by line 2 of meta_data.csv" in refusal(root)


def test_kodf_folder_and_code_disagree(tmp_path: Path) -> None:
    said = refusal(grow(tmp_path, "dfl/1_2_3_4.mp4", "fo/1_2_4_4.mp4"), "kodf")
    assert "is 'fsgan' by the code 3 in its name and 'dfl' by its folder" in said


def test_forgerynet_labels_disagree_in_one_line(tmp_path: Path) -> None:
    grow(tmp_path, "image/a.jpg")
    write(tmp_path, "image_list.txt", "a.jpg 1 0 0\n")
    assert "disagree: 0 is real in each" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[", "is not JSON: Expecting value in line 1, column 3"),
        ('{"071": "054"}', 'should be a list of pairs such as ["071", "054"]'),
        ('[["071"]]', "should be a list of pairs"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_malformed_json(tmp_path: Path, text: str, expected: str) -> None:
    root = trees.faceforensics(tmp_path)
    write(root, "test.json", text)
    said = refusal(root)
    assert expected in said
    assert str(root / "test.json") in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"filename,label\naaa.mp4\n", "line 2"),
        (b"filename,label\naaa.mp4,maybe\n", "line 2"),
        (b'filename,label\n"aaa.mp4,1\n', "is not CSV"),
        (b"name,truth\naaa.mp4,1\n", "should begin with 'filename,label'"),
        (b"", "should begin with 'filename,label'"),
        (b"filename,label\n\xff\xfe,1\n", "is not UTF-8 text"),
    ],
)
def test_malformed_csv(tmp_path: Path, text: bytes, expected: str) -> None:
    root = trees.dfdc(tmp_path)
    grow(root, "test/labels.csv", content=text)
    assert expected in refusal(root)


def test_deepfakebench_label_inside_and_outside_disagree(tmp_path: Path) -> None:
    frames = {"label": "UADFV_Fake", "frames": ["f/0.png"]}
    grow(tmp_path, "f/0.png")
    write_json(tmp_path, "UADFV.json", {"UADFV": {"UADFV_Real": {"test": {"0": frames}}}})
    said = refusal(tmp_path)
    assert "stands under 'UADFV_Real' and says its label is 'UADFV_Fake'" in said


def test_deepfakebench_unknown_label(tmp_path: Path) -> None:
    frames = {"label": "good", "frames": ["f/0.png"]}
    grow(tmp_path, "f/0.png")
    write_json(tmp_path, "X.json", {"X": {"good": {"test": {"0": frames}}}})
    assert "says neither or both of real and fake" in refusal(tmp_path)


def test_deepfakebench_frames_elsewhere(tmp_path: Path) -> None:
    root = trees.deepfakebench(tmp_path / "bench")
    (root / "FaceForensics++").rename(root / "moved")
    assert "lacks 4 of the 5 files that the JSON lists, 000_003 first" in refusal(root)
    (root / "Celeb-DF-v2").rename(root / "also-moved")
    assert "give the folder under which DeepfakeBench's frames lie" in refusal(root)


def test_a_folder_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, "real/a.mp4", "fake/b.mp4")
    scandir = os.scandir

    def guarded(place: Path) -> object:
        if Path(place).name == "fake":
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", guarded)
    assert f"cannot look into {tmp_path / 'fake'}: Permission denied" in refusal(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    grow(tmp_path, "real/a.mp4", "fake/m/b.mp4")
    with open(os.fsencode(tmp_path / "real") + b"/caf\xe9.mp4", "wb") as stream:  # noqa: PTH123
        stream.write(b"x")
    said = refusal(tmp_path)
    assert "a file whose name is not UTF-8: real/caf\\udce9.mp4 | rename it" in said
    index = read(tmp_path, partial=True)
    assert [sample.path for sample in index] == ["fake/m/b.mp4", "real/a.mp4"]
    assert any("not UTF-8" in note for note in index.notes)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    grow(tmp_path, "real/a.mp4", "fake/b.mp4")
    (tmp_path / "real/again").symlink_to(tmp_path, target_is_directory=True)
    assert len(read(tmp_path)) == 2


def test_noise_of_other_systems_is_passed_over(tmp_path: Path) -> None:
    grow(
        tmp_path,
        "real/a.mp4",
        "real/._a.mp4",
        "__MACOSX/real/a.mp4",
        "fake/b.mp4",
        "fake/Thumbs.db",
    )
    assert len(read(tmp_path)) == 2


def test_errors_cross_process_borders(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "absent")
    assert json.dumps(caught.value.as_dict())
