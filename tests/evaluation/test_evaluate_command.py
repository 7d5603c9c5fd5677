"""``unmask evaluate`` from files to documents."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
from claims import holding
from made_up import Run
from tiny_model import write_tiny_model

from unmask.evaluation.report import Evaluation
from unmask.evaluation.scores import read_scores
from unmask.runtime import file_sha256

FAST = ("--device", "cpu", "--resamples", 50)


def document(folder: Path) -> Evaluation:
    return Evaluation.model_validate_json((folder / "evaluation.json").read_bytes())


@pytest.fixture(scope="session")
def evaluated(
    tmp_path_factory: pytest.TempPathFactory, faces: Path, tiny_model: Path
) -> tuple[int, Path]:
    """The exit code and the folder of one evaluation of the toy model."""
    from unmask.cli import main

    out = tmp_path_factory.mktemp("evaluated")
    code = main(["evaluate", str(tiny_model), str(faces), "--out", str(out), *map(str, FAST)])
    return code, out


def test_a_model_on_a_folder(evaluated: tuple[int, Path], tiny_model: Path, faces: Path) -> None:
    code, out = evaluated
    assert code == 3  # one file has no face
    found = document(out)
    assert (found.coverage.files, found.coverage.scored) == (25, 24)
    assert [(one.code, one.real) for one in found.coverage.reasons] == [("no-face-found", 1)]
    assert found.video.auc.value > 0.9  # the fakes are brighter
    assert (found.video.level, found.frame.level) == ("video", "frame")
    assert found.frame.auc == found.video.auc  # pictures have one frame each
    assert (found.scorer.name, found.thresholds.high) == ("tiny", 0.6)
    assert found.data.layout == "folders"
    assert {one.feature for one in found.nuisance} >= {"all", "bitrate"}
    assert "<svg" in (out / "report.html").read_text(encoding="utf-8")


def test_scores_are_those_of_a_scan(
    evaluated: tuple[int, Path], tiny_model: Path, faces: Path
) -> None:
    from unmask import analyse

    row = read_scores(evaluated[1] / "scores.csv")[0]
    analysis = analyse(faces / row.path, model=tiny_model, device="cpu")
    assert row.score == analysis.verdict.probability
    assert row.verdict == analysis.verdict.label
    assert row.frames == tuple(frame.score for frame in analysis.faces[0].frames)
    assert row.facts["width"] == str(analysis.media.width)
    assert float(row.facts["face_px"]) > 80


def test_finished_files_are_not_scored_again(
    evaluated: tuple[int, Path], tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = (evaluated[1] / "scores.csv").read_bytes()
    part = whole[: len(whole) * 2 // 3]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scores.csv").write_bytes(part)
    from unmask.pipeline import Analyser

    seen = []
    analyse = Analyser.analyse

    def counted(self, path, **options):
        seen.append(Path(path).name)
        return analyse(self, path, **options)

    monkeypatch.setattr(Analyser, "analyse", counted)
    unmask("evaluate", tiny_model, faces, "--out", "out", *FAST)
    assert 0 < len(seen) <= 25 - (part.count(b"\n") - 1)
    assert len(read_scores(tmp_path / "out" / "scores.csv")) == 25
    first = document(evaluated[1]).model_dump()
    assert document(tmp_path / "out").model_dump() == first


def test_scores_of_another_model_stop_it_unless_fresh(
    evaluated: tuple[int, Path], faces: Path, unmask: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(evaluated[1], out)
    other = write_tiny_model(tmp_path / "other", name="other")
    code, _, err = unmask("evaluate", other, faces, "--out", out, *FAST)
    assert code == 2
    assert "holds scores of tiny-0.1@" in err
    assert "--fresh" in err
    code, _, err = unmask("evaluate", other, faces, "--out", out, *FAST, "--fresh")
    assert code == 3
    assert document(out).scorer.name == "other"


def test_the_same_scores_by_file_and_with_or_without_index(
    evaluated: tuple[int, Path], faces: Path, unmask: Run, tmp_path: Path
) -> None:
    scores = evaluated[1] / "scores.csv"
    few = ("--resamples", 50)
    code, out, _ = unmask("evaluate", "--scores", scores, faces, "--out", "a", *few)
    assert code == 3
    assert "24 of 25 files scored" in out
    unmask("evaluate", "--scores", scores, "--out", "b", *few)
    a, b, model = (document(tmp_path / "a"), document(tmp_path / "b"), document(evaluated[1]))
    assert a.scorer.kind == b.scorer.kind == "scores"
    for found in (a, b):
        assert found.video == model.video
        assert found.decisions == model.decisions
        assert found.methods == model.methods
    assert len(read_scores(scores)) == 25
    assert model.decisions[0].abstained.value > 0.5  # the scan held back
    unmask("evaluate", "--scores", scores, "--out", "c", *few, "--low", 0.5, "--high", 0.5)
    assert document(tmp_path / "c").decisions[0].abstained.value == 0


def test_any_detectors_csv_against_ours(
    evaluated: tuple[int, Path],
    faces: Path,
    unmask: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # or a long interval breaks the heads of its columns
    rows = read_scores(evaluated[1] / "scores.csv")
    with (tmp_path / "theirs.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["filename", "score"])
        for at, row in enumerate(rows[1:]):
            writer.writerow([row.path, at % 7 - 3])
    code, out, err = unmask(
        "evaluate", "--scores", "theirs.csv", faces, "--out", "out",
        "--against", evaluated[1] / "scores.csv",
    )  # fmt: skip
    assert code == 3
    ours = evaluated[1].name  # every evaluation's file is a scores.csv: called after its folder
    assert [ours, "23"] in [line.split()[:2] for line in out.splitlines()]
    assert out.startswith("theirs on ")
    assert "p (DeLong)" in out
    found = document(tmp_path / "out")
    assert found.video.brier is None
    assert "no probabilities" in err
    (comparison,) = found.comparisons
    assert (comparison.name, comparison.files) == (ours, 23)
    assert comparison.sha256 == file_sha256(evaluated[1] / "scores.csv")  # which scores they were
    assert comparison.sha256 in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert comparison.difference.value < 0
    assert [one.code for one in found.coverage.reasons] == ["not-in-scores"]


def test_robustness_and_groups(
    evaluated: tuple[int, Path], tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    shutil.copytree(evaluated[1], tmp_path / "out")
    command = ["evaluate", tiny_model, faces, "--out", "out", *FAST]
    command += ["--distortion", "contrast", "--robustness-files", 2, "--group-by", "kind"]
    unmask(*command)
    found = document(tmp_path / "out")
    assert [(one.distortion, one.level) for one in found.robustness] == [
        ("contrast", level) for level in range(6)
    ]
    assert all((one.real, one.manipulated) == (2, 2) for one in found.robustness)
    assert found.groups[0].attribute == "kind"
    rows = read_scores(tmp_path / "out" / "scores.csv")
    assert {row.condition for row in rows} == {"", *(f"contrast:{level}" for level in range(1, 6))}
    clean = next(row for row in rows if row.condition == "contrast:5")
    plain = next(row for row in rows if row.path == clean.path and not row.condition)
    assert clean.score != plain.score
    before = (tmp_path / "out" / "scores.csv").read_bytes()
    unmask(*command)
    assert (tmp_path / "out" / "scores.csv").read_bytes() == before
    assert found.video == document(evaluated[1]).video


def test_other_thresholds_change_the_decisions(
    evaluated: tuple[int, Path], tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    shutil.copytree(evaluated[1], tmp_path / "out")
    unmask("evaluate", tiny_model, faces, "--out", "out", *FAST,
           "--low", 0, "--high", 0)  # fmt: skip
    real, fake = document(tmp_path / "out").decisions
    assert (real.wrong.value, fake.correct.value) == (pytest.approx(12 / 13, abs=1e-6), 1)


def test_other_thresholds_count_for_distorted_files_too(
    evaluated: tuple[int, Path], tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    shutil.copytree(evaluated[1], tmp_path / "out")
    unmask("evaluate", tiny_model, faces, "--out", "out", *FAST, "--low", 0, "--high", 0,
           "--distortion", "contrast", "--robustness-files", 2)  # fmt: skip
    rows = document(tmp_path / "out").robustness
    assert len(rows) == 6
    assert {one.detected.value for one in rows if not one.unscored} == {1.0}
    assert {one.false_positive_rate.value for one in rows if not one.unscored} == {1.0}


def test_a_list_names_methods_and_sources(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    lines = ["file,label,method,source,family"]
    for at in range(4):
        lines.append(f"real/p{at:02}x.png,0,camera {at // 2},s{at},none")
        lines.append(f"fake/m/p{at:02}x.png,1,swap,t{at},faceswap")
    (tmp_path / "set.csv").write_text("\n".join(lines))
    code, out, _ = unmask("evaluate", tiny_model, "set.csv", "--root", faces, *FAST)
    assert code == 0
    found = document(tmp_path / "evaluation")
    assert (found.data.name, found.data.grouped_by, found.data.groups) == ("set.csv", "method", 3)
    assert [(one.name, one.manipulated) for one in found.families] == [("faceswap", 4)]
    assert [(one.name, len(one.scores)) for one in found.real_sources] == [
        ("camera 0", 2), ("camera 1", 2),
    ]  # fmt: skip
    assert "swap" in out


def test_a_folder_of_frames_is_scored_as_a_film(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    for name, kind in (("real", "real"), ("fake/m", "fake")):
        for clip in range(2):
            folder = tmp_path / "set" / kind / "clips" / f"v{clip}"
            folder.mkdir(parents=True)
            for at in range(6):
                shutil.copy(faces / name / f"p{clip:02}x.png", folder / f"{at:03}.png")
    (tmp_path / "set" / "real" / "clips" / "v1" / "002.png").write_bytes(b"broken")
    lines = ["file,label", *(f"{kind}/clips/v{at},{label}" for at in range(2)
                             for label, kind in enumerate(("real", "fake")))]  # fmt: skip
    (tmp_path / "set.csv").write_text("\n".join(lines))
    code, _, _ = unmask("evaluate", tiny_model, "set.csv", *FAST)
    assert code == 3
    rows = {row.path: row for row in read_scores(tmp_path / "evaluation" / "scores.csv")}
    assert rows["fake/clips/v0"].facts["kind"] == "video"
    assert len(rows["fake/clips/v0"].frames) >= 2
    assert rows["real/clips/v1"].error == "damaged"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name what to evaluate on"),
        (("a", "b", "c"), "at most a model and an index"),
        (("--scores", "s.csv", "a", "b"), "at most an index beside --scores"),
        (("--scores", "s.csv", "--robustness", "a"), "--robustness needs a model"),
        (("--low", "0.2", "a"), "--low and --high go together"),
        (("--low", "0.6", "--high", "0.2", "a"), "--low lies above --high"),
        (("--low", "nan", "--high", "nan", "a"), "'--low': nan is no finite number"),
        (("--timeout", "nan", "a"), "'--timeout': nan is no finite number"),
        (("--timeout", "inf", "a"), "'--timeout': inf is no finite number"),
        (("MODEL", "absent.parquet"), "no index at absent.parquet"),
        (("MODEL", "FACES", "--split", "test"), "no files in the split 'test'"),
        (("MODEL", "FACES", "--group-by", "race"), "--group-by race: no file"),
        (("MODEL", "FACES", "--groups", "race"), "--groups race: no file"),
        (("MODEL", "FACES", "--distortion", "fog"), "no distortion 'fog'"),
        (("MODEL", "FACES", "--against", "none.csv"), "cannot read none.csv"),
        (("FACES", "FACES"), "no model package at"),
    ],
)
def test_what_cannot_be_is_told_before_the_work(
    arguments: tuple[str, ...], says: str, tiny_model: Path, faces: Path, unmask: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from unmask.pipeline import Analyser

    monkeypatch.setattr(Analyser, "analyse", lambda *_args, **_options: pytest.fail("worked"))
    places = {"MODEL": str(tiny_model), "FACES": str(faces)}
    code, _, err = unmask("evaluate", *(places.get(one, one) for one in arguments))
    assert code == 2
    assert says in err


def test_a_file_in_the_way_of_the_folder(unmask: Run, faces: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    code, _, err = unmask("evaluate", "m", faces, "--out", "out")
    assert code == 2
    assert "cannot make the folder out" in err


def test_only_one_run_in_a_folder(
    tiny_model: Path, faces: Path, unmask: Run, tmp_path: Path
) -> None:
    pytest.importorskip("fcntl")
    (tmp_path / "out").mkdir()
    for command in (("evaluate", "--out"), ("calibrate", "--work")):
        with holding(tmp_path / "out" / ".lock"):
            code, _, err = unmask(command[0], tiny_model, faces, command[1], "out")
        assert code == 2
        assert "another run is at work in out" in err
        assert f"choose another {command[1]}" in err


def test_the_document_is_described_by_its_schema(evaluated: tuple[int, Path]) -> None:
    import jsonschema

    place = Path(__file__).parents[2] / "docs" / "schema" / "unmask.evaluation-1.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    found = json.loads((evaluated[1] / "evaluation.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert found["schema"] == "unmask.evaluation/1"


def test_a_missing_extra_is_named_before_the_work(
    tiny_model: Path, faces: Path, unmask: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    for command in (("evaluate", tiny_model, faces), ("calibrate", tiny_model, faces)):
        code, _, err = unmask(*command)
        assert code == 2
        assert "needs the extra 'evaluate'" in err
        assert 'pip install "unmask[evaluate]"' in err
