"""What a folder of an evaluation keeps, when the files, their labels or the disk have changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from made_up import Run

from unmask.evaluation.report import Evaluation
from unmask.evaluation.scores import read_scores
from unmask.evaluation.selecting import index_of_scores

FAST = ("--device", "cpu", "--resamples", 50)


def document(folder: Path) -> Evaluation:
    return Evaluation.model_validate_json((folder / "evaluation.json").read_bytes())


def listed(path: Path, faces: Path, *, swapped: bool = False) -> Path:
    """A list of six clips with neutral names beside their folder."""
    lines = ["file,label,method,identity,source,family"]
    (path.with_suffix("")).mkdir()
    for at in range(6):
        label = at % 2
        content = f"{'fake/m' if label != swapped else 'real'}/p{at:02}x.png"
        shutil.copyfile(faces / content, path.with_suffix("") / f"{at}.png")
        lines.append(f"{at}.png,{label},{'swap' if label else 'camera'},p{at // 2},,f{label}")
    path.write_text("\n".join(lines))
    return path


def test_another_data_set_with_the_same_names_is_scored_itself(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    one = listed(tmp_path / "a.csv", faces)
    other = listed(tmp_path / "b.csv", faces, swapped=True)
    for index in (one, other, one):
        unmask("evaluate", tiny_model, index, "--out", "out", *FAST)
        unmask("evaluate", tiny_model, index, "--out", f"of-{index.stem}", *FAST, "--fresh")
        assert document(tmp_path / "out").video == document(tmp_path / f"of-{index.stem}").video
    assert document(tmp_path / "of-a").video.auc != document(tmp_path / "of-b").video.auc


def test_a_disk_that_was_away_is_no_verdict(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    shutil.copytree(faces, tmp_path / "set")
    unmask("data", "index", "set", "--out", "set.parquet")
    (tmp_path / "set").rename(tmp_path / "away")
    unmask("evaluate", tiny_model, "set.parquet", "--out", "out", *FAST)
    (tmp_path / "away").rename(tmp_path / "set")
    unmask("evaluate", tiny_model, "set.parquet", "--out", "out", *FAST)
    assert document(tmp_path / "out").coverage.scored == 24
    scores = (tmp_path / "out" / "scores.csv").read_bytes()
    (tmp_path / "set" / "real" / "p00x.png").unlink()
    unmask("evaluate", tiny_model, "set.parquet", "--out", "out", *FAST)
    assert [one.code for one in document(tmp_path / "out").coverage.reasons] == [
        "no-face-found", "not-found",
    ]  # fmt: skip
    assert (tmp_path / "out" / "scores.csv").read_bytes() == scores


def test_corrected_labels_reach_the_scores(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    index = listed(tmp_path / "a.csv", faces)
    right = index.read_text()
    index.write_text(right.replace("0.png,0,camera", "0.png,1,swap"))
    for text in (index.read_text(), right):
        index.write_text(text)
        unmask("evaluate", tiny_model, index, "--out", "out", *FAST)
    found = index_of_scores(tmp_path / "out" / "scores.csv")
    assert [sample.label for sample in found] == [0, 1, 0, 1, 0, 1]


def test_scores_alone_are_grouped_as_their_list_is(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    index = listed(tmp_path / "a.csv", faces)
    unmask("evaluate", tiny_model, index, *FAST)
    scores = tmp_path / "evaluation" / "scores.csv"
    for by in ("auto", "method", "family"):
        for out, what in (("list", ("--scores", scores, index)), ("alone", ("--scores", scores))):
            code, _, _ = unmask("evaluate", *what, "--out", out, "--groups", by, *FAST)
            assert code == 0
        one, other = (document(tmp_path / name) for name in ("list", "alone"))
        assert one.data.grouped_by == other.data.grouped_by == {"auto": "identity"}.get(by, by)
        assert one.data.groups == other.data.groups < 6
        assert one.video == other.video
        assert one.real_sources == other.real_sources


def test_calibration_groups_scores_as_it_groups_an_index(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    lines = ["file,label,method"]
    for at in range(12):
        lines.append(f"real/p{at:02}x.png,0,camera {at // 3}")
        lines.append(f"fake/m/p{at:02}x.png,1,swap {at // 3}")
    (tmp_path / "a.csv").write_text("\n".join(lines))
    unmask("evaluate", tiny_model, "a.csv", "--root", faces, *FAST)
    told = []
    for source in (("a.csv", "--root", faces), ("evaluation/scores.csv",)):
        code, _, _ = unmask("calibrate", tiny_model, *source, "--out", f"new{len(told)}")
        assert code == 0
        manifest = json.loads((tmp_path / f"new{len(told)}" / "model.json").read_text())
        told.append(manifest["metrics"]["calibration"])
    assert told[0]["grouped_by"] == told[1]["grouped_by"] == "method"
    assert told[0]["cross_validated_log_loss"] == told[1]["cross_validated_log_loss"]


def test_a_replaced_file_is_scored_again_under_distortions_too(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    index = listed(tmp_path / "a.csv", faces)
    command = ("evaluate", tiny_model, index, "--out", "out", *FAST,
               "--distortion", "contrast", "--robustness-files", 3)  # fmt: skip
    unmask(*command)
    shutil.copyfile(faces / "fake/m/p07x.png", tmp_path / "a" / "0.png")
    unmask(*command)
    rows = read_scores(tmp_path / "out" / "scores.csv")
    unmask(*command, "--fresh")
    fresh = {(row.path, row.condition): row for row in read_scores(tmp_path / "out" / "scores.csv")}
    assert {(row.path, row.condition): row for row in rows} == fresh
