"""Leaks, doubles, contradictions, broken files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import trees
from faces_on_disk import film, picture
from trees import read

from unmask.datasets import Index, Sample, hash_samples
from unmask.datasets.checking import check_indexes


def made_up(*samples: Sample) -> Index:
    return Index(Path("/nowhere"), "folders", samples)


def found(*samples: Sample) -> dict[str, list[str]]:
    report = check_indexes([made_up(*samples)], probing=False)
    kinds: dict[str, list[str]] = {}
    for leak in report.leaks:
        kinds.setdefault(leak.kind, []).append(leak.value)
    return kinds


def test_each_kind_of_leak() -> None:
    train = Sample("a", 0, split="train", source="x:1", identities=("x:p",), sha256="0" * 64)
    assert found(train, replace(train, path="b")) == {}
    assert found(train, Sample("b", 1, split="test", sha256="0" * 64)) == {"hash": ["0" * 64]}
    assert found(train, Sample("b", 1, split="val", source="x:1")) == {"source": ["x:1"]}
    swapped = Sample("b", 1, split="test", identities=("x:q", "x:p"))
    assert found(train, swapped) == {"identity": ["x:p"]}


def test_what_is_in_no_split_cannot_leak() -> None:
    assert found(Sample("a", 0, source="x:1"), Sample("b", 0, split="test", source="x:1")) == {}


def test_official_splits_of_faceforensics_are_disjoint(tmp_path: Path) -> None:
    report = check_indexes([read(trees.faceforensics(tmp_path))], probing=False)
    assert not report.leaks
    assert not report.missing


def test_celebdf_shares_people_between_train_and_test(tmp_path: Path) -> None:
    report = check_indexes([read(trees.celebdf(tmp_path))], probing=False)
    assert {leak.value for leak in report.leaks} == {"celeb-df:id0", "celeb-df:id1"}
    assert report.unsound


def test_sets_made_from_one_another_are_compared() -> None:
    """A fake of DeeperForensics on a recording that FaceForensics++ is trained on."""
    one = made_up(Sample("ff/000.mp4", 0, split="train", source="ff:000"))
    other = made_up(Sample("df/000_M1.mp4", 1, split="test", source="ff:000"))
    assert [leak.value for leak in check_indexes([one, other], probing=False).leaks] == ["ff:000"]


def test_the_same_bytes_with_both_labels() -> None:
    same = Sample("a", 0, sha256="1" * 64)
    report = check_indexes([made_up(same, replace(same, path="b", label=1))], probing=False)
    assert [one.paths for one in report.disagreements] == [("a", "b")]
    assert report.unsound
    assert not report.duplicates


def test_balance_by_split_and_method() -> None:
    report = check_indexes(
        [made_up(Sample("a", 0, "s", split="test"), Sample("b", 1, "s", "M", "train"))],
        probing=False,
    )
    assert [(b.split, b.method, b.real, b.manipulated) for b in report.balance] == [
        ("train", "M", 0, 1),
        ("test", "", 1, 0),
    ]


def test_probing_finds_hashes_and_broken_files(tmp_path: Path) -> None:
    film(tmp_path / "train/real/a.mp4", frames=3)
    for copy in ("test/real/copy.mp4", "test/fake/again.mp4"):
        (tmp_path / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tmp_path / "train/real/a.mp4", tmp_path / copy)
    trees.grow(tmp_path, "train/fake/noise.mp4", "train/fake/gone.mp4", content=b"noise" * 99)
    index = read(tmp_path)
    (tmp_path / "train/fake/gone.mp4").unlink()
    report = check_indexes([index], workers=2)
    assert [leak.kind for leak in report.leaks] == ["hash"]
    assert report.leaks[0].splits == {"train": 1, "test": 2}
    assert len(report.disagreements) == 1
    assert [fault.path for fault in report.missing] == ["train/fake/gone.mp4"]
    assert [fault.path for fault in report.unreadable] == ["train/fake/noise.mp4"]
    assert report.hashed == 3


def test_folders_and_archives_are_probed_too(tmp_path: Path) -> None:
    report = check_indexes([read(trees.wilddeepfake(tmp_path))], workers=2)
    assert {fault.code for fault in report.unreadable} == {"damaged"}  # the head of a PNG alone
    assert len(report.unreadable) == 4


def test_identical_folders_of_frames_are_the_same_file(tmp_path: Path) -> None:
    for folder in ("train/real/m/a", "test/fake/m/b", "test/fake/m/c"):
        for at in range(2):
            picture(tmp_path / f"{folder}/{at}.png", shift=at + (folder[-1] == "c"))
    index = read(tmp_path, pictures="frames")
    report = check_indexes([index], workers=2)
    assert [(leak.kind, leak.splits) for leak in report.leaks] == [
        ("hash", {"train": 1, "test": 1})
    ]
    assert [one.paths for one in report.disagreements] == [("test/fake/m/b", "train/real/m/a")]
    assert report.hashed == 3
    hashed = hash_samples(index.root, index.samples, workers=1, progress=lambda _done, _all: None)
    assert {one.sha256 for one in report.disagreements} <= {sample.sha256 for sample in hashed}
