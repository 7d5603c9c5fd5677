"""``unmask calibrate`` and ``unmask models card --write``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from made_up import Run
from tiny_model import write_tiny_model

from unmask.datasets.listing import index_list
from unmask.datasets.met import joined, marks_of_sample
from unmask.runtime import ModelPackage

FAST = ("--device", "cpu", "--resamples", 50)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A toy of the test's own, whose card may be generated."""
    folder = write_tiny_model(tmp_path / "toy")
    manifest = json.loads((folder / "model.json").read_text())
    del manifest["files"]["README.md"]
    (folder / "README.md").unlink()
    (folder / "model.json").write_text(json.dumps(manifest))
    return folder


def test_from_an_index_to_a_package_that_verifies(
    package: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    before = ModelPackage.load(package)
    code, out, err = unmask("calibrate", package, faces, "--device", "cpu")
    assert code == 0
    assert "has no splits" in err
    assert "isotonic" in out
    after = ModelPackage.load(package)
    after.verify()
    assert after.manifest.calibration.frame_scale != before.manifest.calibration.frame_scale
    assert after.manifest.calibration.clip_scale == before.manifest.calibration.clip_scale
    told = after.manifest.metrics["calibration"]
    assert (told["real"], told["manipulated"], told["method"]) == (12, 12, "platt")
    assert "Calibrated (platt) on faces: 12 real and 12 manipulated files" in after.card
    assert f"From {after.manifest.thresholds.high:g}" in after.card
    assert "README.md" in after.manifest.files
    # What it then says of the same files keeps the promise of the threshold.
    unmask("evaluate", package, faces, "--out", "again", *FAST)
    found = json.loads((tmp_path / "again" / "evaluation.json").read_text())
    assert found["decisions"][0]["wrong"]["value"] <= 0.05
    assert any("calibrated on these files" in note for note in found["notes"])


def test_files_that_calibrated_it_are_known_again_in_another_list(
    package: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    """Neither the list's name nor its other lines hide them; of the rest nothing is said."""
    names = sorted(path.relative_to(faces).as_posix() for path in faces.rglob("p*.png"))
    lines = [f"{name},{int('fake' in name)},{number}" for number, name in enumerate(names)]
    known, fresh = lines[:11] + lines[12:23], [lines[11], lines[23]]
    for name, part in (("val", known), ("mixed", known[::4] + fresh), ("new", fresh)):
        (tmp_path / f"{name}.csv").write_text("\n".join(["file,label,source", *part]))
    assert unmask("calibrate", package, "val.csv", "--root", faces, "--device", "cpu")[0] == 0
    notes = {}
    for name in ("val", "mixed", "new"):
        unmask("evaluate", package, f"{name}.csv", "--root", faces, "--out", name, *FAST)
        told = json.loads((tmp_path / name / "evaluation.json").read_text())["notes"]
        notes[name] = [note for note in told if "was calibrated on" in note]
    assert "on these files: its thresholds" in notes["val"][0]
    assert "on 6 of these files (of 8, by their names): its thresholds" in notes["mixed"][0]
    assert notes["new"] == []


def test_a_model_says_so_of_files_it_was_fitted_on(
    package: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    names = sorted(path.relative_to(faces).as_posix() for path in faces.rglob("p*.png"))
    rows = [f"{name},{int('fake' in name)},r{at // 2},p{at // 4}" for at, name in enumerate(names)]
    (tmp_path / "all.csv").write_text("\n".join(["file,label,source,identity", *rows]))
    index = index_list(tmp_path / "all.csv", root=faces)
    marks = [marks_of_sample(faces, sample) for sample in index]
    told = json.loads((package / "model.json").read_text())
    told["training"] |= {"fitted_on": joined(marks[:1]), "held_out": joined(marks[20:])}
    (package / "model.json").write_text(json.dumps(told))
    unmask("evaluate", package, "all.csv", "--root", faces, "--groups", "file", *FAST)
    notes = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["notes"]
    assert any(
        "was fitted on 1 of these files and other files of the recordings of 1 and other "
        "recordings of the people in 2 (of 24, by their names)" in note
        for note in notes
    ), notes
    assert any("were chosen on 4 of these files (of 24" in note for note in notes)
    _, _, err = unmask("calibrate", package, "all.csv", "--root", faces, "--device", "cpu")
    assert "was fitted on 1 of these files" in " ".join(err.split())


def test_from_scores_into_another_folder(
    package: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    unmask("evaluate", package, faces, *FAST)
    before = (package / "model.json").read_bytes()
    scores = tmp_path / "evaluation" / "scores.csv"
    code, _, _ = unmask("calibrate", package, scores, "--out", "new", "--method", "temperature",
                        "--misses", "0.1")  # fmt: skip
    assert code == 0
    assert (package / "model.json").read_bytes() == before
    new = ModelPackage.load(tmp_path / "new").manifest
    old = ModelPackage.load(package).manifest.calibration
    ratio = new.calibration.frame_scale / old.frame_scale
    assert new.calibration.frame_offset == pytest.approx(old.frame_offset * ratio)
    assert new.metrics["calibration"]["misses_allowed"] == 0.1
    # The scores were made with the numbers as they were: they cannot be used a second time.
    code, _, err = unmask("calibrate", "new", scores)
    assert code == 2
    assert "holds scores of tiny-0.1@" in err
    assert "as it is now" in err


def test_the_lower_threshold_alone(package: Path, faces: Path, unmask: Run, tmp_path: Path) -> None:
    written = json.loads((package / "model.json").read_text())
    written["thresholds"] = {"low": 0.98, "high": 0.99}
    (package / "model.json").write_text(json.dumps(written))
    before = ModelPackage.load(package).manifest
    code, _, err = unmask("calibrate", package, faces, "--only-lower")
    assert code == 2
    assert "--only-lower needs --misses" in err
    code, out, err = unmask("calibrate", package, faces, "--device", "cpu", "--only-lower",
                            "--misses", "0.1")  # fmt: skip
    assert code == 0
    assert "has a lower threshold chosen on faces" in err
    assert "Log-loss" not in out
    after = ModelPackage.load(package)
    after.verify()
    assert after.manifest.calibration == before.calibration
    assert after.manifest.thresholds.high == before.thresholds.high
    assert after.manifest.thresholds.low < before.thresholds.low
    told = after.manifest.metrics["lower_threshold"]
    assert (told["manipulated"], told["was"]) == (12, before.thresholds.low)
    assert "The lower threshold was moved down from" in after.card
    unmask("calibrate", package, faces, "--device", "cpu", "--only-lower", "--misses", "0.1")
    kept = ModelPackage.load(package)
    assert kept.manifest.thresholds == after.manifest.thresholds
    assert "The lower threshold was left where it was on faces, as of 12 " in kept.card
    # It keeps the promise on the same files, and says that it was chosen on them.
    unmask("evaluate", package, faces, "--out", "again", *FAST)
    found = json.loads((tmp_path / "again" / "evaluation.json").read_text())
    assert found["decisions"][1]["wrong"]["value"] <= 0.1
    assert any("lower threshold of tiny was chosen on these" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("--low", "0.5"), "--low"),  # also where it is what it would be anyway
        (("--method", "platt"), "--method"),
        (("--false-positives", "0.01"), "--false-positives"),
        (("--groups", "person", "--low", "0.4"), "--low, --groups"),
    ],
)
def test_with_the_lower_threshold_alone_what_shapes_the_rest_is_refused(
    package: Path, faces: Path, unmask: Run, given: tuple[str, ...], named: str
) -> None:
    before = (package / "model.json").read_bytes()
    alone = ("calibrate", package, faces, "--only-lower", "--misses", "0.1")
    code, _, err = unmask(*alone, *given)
    assert code == 2
    assert f"--only-lower leaves nothing for {named} to change" in err
    assert (package / "model.json").read_bytes() == before


def test_the_upper_threshold_alone(package: Path, faces: Path, unmask: Run, tmp_path: Path) -> None:
    unmask("calibrate", package, faces, "--device", "cpu", "--only-lower", "--misses", "0.1")
    before = ModelPackage.load(package).manifest
    code, _, err = unmask("calibrate", package, faces, "--device", "cpu", "--only-upper",
                          "--false-positives", "0.3")  # fmt: skip
    assert code == 0
    assert "has an upper threshold chosen on faces" in err
    after = ModelPackage.load(package)
    after.verify()
    assert after.manifest.calibration == before.calibration
    assert after.manifest.thresholds.low <= before.thresholds.low
    assert after.manifest.metrics["upper_threshold"]["false_positives_allowed"] == 0.3
    assert after.manifest.metrics["lower_threshold"] == before.metrics["lower_threshold"]
    assert "The upper threshold was chosen on faces" in after.card
    unmask("evaluate", package, faces, "--out", "again", *FAST)
    found = json.loads((tmp_path / "again" / "evaluation.json").read_text())
    assert found["decisions"][0]["wrong"]["value"] <= 0.3
    assert any("upper threshold of tiny was chosen on these" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--only-upper", "--misses", "0.1"), "--only-upper leaves nothing for --misses to change"),
        (("--only-upper", "--low", "0.4"), "--only-upper leaves nothing for --low to change"),
        (("--only-upper", "--only-lower"), "one after the other"),
        (("--low", "nan"), "'--low': nan is no finite number"),
        (("--misses", "nan"), "'--misses': nan is no finite number"),
        (("--false-positives", "nan"), "'--false-positives': nan is no finite number"),
        (("--timeout", "nan"), "'--timeout': nan is no finite number"),
        (("--same-verdicts", "--low", "0.4"), "--same-verdicts leaves nothing for --low to change"),
    ],
)
def test_what_would_be_ignored_is_refused(
    package: Path, faces: Path, unmask: Run, given: tuple[str, ...], told: str
) -> None:
    code, _, err = unmask("calibrate", package, faces, *given)
    assert code == 2
    assert told in err


def test_two_ways_to_say_the_lower_threshold_are_refused(
    package: Path, faces: Path, unmask: Run
) -> None:
    code, _, err = unmask("calibrate", package, faces, "--misses", "0.1", "--low", "0.5")
    assert code == 2
    assert "--low says where the lower threshold is, --misses too: give one" in err


def test_a_test_split_is_refused_and_validation_files_alone_used(
    package: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    split = tmp_path / "set" / "test"
    shutil.copytree(faces, split)
    before = (package / "model.json").read_bytes()
    code, _, err = unmask("calibrate", package, "set", "--device", "cpu")
    assert code == 2
    assert "set has no validation split to calibrate on, only: test (25)" in err
    assert (package / "model.json").read_bytes() == before
    shutil.copytree(faces, tmp_path / "set" / "val")
    code, _, err = unmask("calibrate", package, "set", "--device", "cpu")
    assert code == 0
    assert "no splits" not in err
    told = ModelPackage.load(package).manifest.metrics["calibration"]
    assert (told["split"], told["real"]) == ("val", 12)


def test_a_split_in_the_scores_counts_too(package: Path, unmask: Run, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("path,score,label,split\na,0.1,0,test\nb,0.9,1,test\n")
    code, _, err = unmask("calibrate", package, "s.csv")
    assert code == 2
    assert "no validation split" in err


def test_too_few_files_and_other_peoples_scores(package: Path, unmask: Run, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("path,score,label\na,0.1,0\nb,0.9,1\n")
    code, _, err = unmask("calibrate", package, "s.csv")
    assert code == 2
    assert "holds scores of another detector, not of tiny" in err


def test_a_card_with_an_evaluation(package: Path, faces: Path, unmask: Run, tmp_path: Path) -> None:
    unmask("evaluate", package, faces, *FAST, "--group-by", "kind")
    document = tmp_path / "evaluation" / "evaluation.json"
    code, _, err = unmask("models", "card", package, "--evaluation", document)
    assert code == 2
    assert "say so with --write" in err
    code, _, err = unmask("models", "card", package, "--write", "--evaluation", document)
    assert code == 0
    loaded = ModelPackage.load(package)
    loaded.verify()
    code, out, _ = unmask("models", "card", package)
    assert out.strip() == loaded.card.strip()
    assert "## How good it is: faces" in out
    assert "| faces | kind: image | 13 |" in out
    # Calibrating makes what was measured before out of date.
    code, _, err = unmask("calibrate", package, faces, "--device", "cpu")
    assert code == 0
    assert "were taken out" in err
    assert "evaluations" not in ModelPackage.load(package).manifest.metrics
    code, _, err = unmask("models", "card", package, "--write", "--evaluation", document)
    assert code == 2
    assert "another calibration" in err


def test_what_is_no_evaluation_is_refused(package: Path, unmask: Run, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"schema": "unmask.scan/1"}')
    for name, says in (("x.json", "no document of unmask.evaluation/1"), ("y.json", "cannot read")):
        code, _, err = unmask("models", "card", package, "--write", "--evaluation", name)
        assert code == 2
        assert says in err
