"""Several indexes as one, so that fakes of one set can be measured beside the reals of another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trees

from unmask.cli import exits, main
from unmask.core.errors import DataError
from unmask.datasets import read_index
from unmask.datasets.joining import join_indexes


def deeperforensics(root: Path) -> Path:
    trees.grow(root, "manipulated_videos/end_to_end/953_M101.mp4")
    for split in ("train", "val", "test"):
        trees.write(root, f"lists/splits/{split}.txt", "953_M101.mp4" * (split == "test"))
    return root


def test_fakes_beside_the_real_class_of_another_set(tmp_path: Path) -> None:
    paths = []
    for name, root, layout in (
        ("df", deeperforensics(tmp_path / "sets/df"), "deeperforensics"),
        ("ff", trees.faceforensics(tmp_path / "sets/ff"), "faceforensics"),
    ):
        paths.append(tmp_path / f"{name}.parquet")
        command = ["data", "index", root, "--layout", layout, "--out", paths[-1]]
        assert main([*map(str, command), *(["--compression", "c23"] * (name == "ff"))]) == 0
    both = tmp_path / "both.parquet"
    assert main(["data", "join", *map(str, paths), "--out", str(both)]) == exits.DONE
    index = read_index(both)
    assert index.root == tmp_path / "sets"
    assert len(index) == 19
    assert all((index.root / sample.path).exists() for sample in index)
    fake = next(sample for sample in index if sample.method == "DF-VAE")
    assert (fake.dataset, fake.split, fake.source) == ("deeperforensics", "test", "ff:953")
    real = [sample for sample in index if sample.source == "ff:953" and not sample.label]
    assert [sample.path for sample in real] == ["ff/original_sequences/youtube/c23/videos/953.mp4"]
    (note,) = index.notes
    assert note.startswith("df: there are no real videos here")  # of that one, not of both


def test_what_both_hold_is_kept_once_and_must_not_contradict(tmp_path: Path) -> None:
    index = trees.read(trees.celebdf(tmp_path))
    again = join_indexes([index, index])
    assert (again.root, again.samples) == (index.root, index.samples)
    assert "5 repeated rows were dropped" in again.notes
    turned = replace(index, samples=tuple(replace(s, label=1 - s.label) for s in index))
    with pytest.raises(DataError, match="'real' by the index of"):
        join_indexes([index, turned])
