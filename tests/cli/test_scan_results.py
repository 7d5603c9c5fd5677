"""What a scan prints, writes and returns."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from films import film, panning

from unmask.cli import words
from unmask.core.analysis import Analysis
from unmask.core.scan import Scan
from unmask.evidence.worth import worth
from unmask.runtime import shipped_packages


def test_a_person_reads_a_table_in_plain_words(scan, portrait):
    ran = scan(portrait)
    assert ran.code == 0
    heading, _rule, row, *rest = ran.out.splitlines()
    assert heading.split() == ["Verdict", "P(manipulated)", "Faces", "File"]
    assert row.split() == ["Manipulated", ">", "0.99", "1", str(portrait)]
    assert "    The probability lies in the range that counts as manipulated." in rest
    assert rest[-1] == words.CAVEAT
    assert ran.err == ""


def test_what_the_model_is_worth_is_said_where_it_was_measured(
    unmask, suspicious, portrait, tmp_path
):
    folder = tmp_path / "measured"
    shutil.copytree(suspicious, folder)
    manifest = json.loads((folder / "model.json").read_text())
    shipped = shipped_packages()[-1].manifest
    told = ("evaluations", "calibration")
    manifest["metrics"] = {name: shipped.metrics[name] for name in told}
    (folder / "model.json").write_text(json.dumps(manifest))
    known = worth(shipped)
    assert known is not None
    *_, caveat, said = unmask("scan", "--model", folder, portrait).out.splitlines()
    assert caveat == words.CAVEAT
    assert said == words.measured(known)
    assert f"{known.caught} of {known.manipulated} manipulated ones manipulated" in said


def test_a_pipe_gets_no_escape_sequences(scan, portrait):
    ran = scan(portrait, "/nowhere.mp4")
    assert "\x1b" not in ran.out + ran.err


def test_several_faces_have_rows_of_their_own(scan, tmp_path, make_portrait):
    from PIL import Image

    one = Image.open(make_portrait(tmp_path / "one.png"))
    both = Image.new("RGB", (512, 256))
    both.paste(one, (0, 0))
    both.paste(one, (256, 0))
    both.save(tmp_path / "both.png")
    _heading, _rule, whole, *rest = scan(tmp_path / "both.png").out.splitlines()
    faces = [row for row in rest if row.startswith("  Manipulated")]
    assert [row.split() for row in faces] == [
        ["Manipulated", ">", "0.99", "face", "0"],
        ["Manipulated", ">", "0.99", "face", "1"],
    ]
    assert whole.split()[3] == "2"
    assert {row.index("> 0.99") for row in faces} == {whole.index("> 0.99")}  # in one column


def test_the_table_says_how_much_of_a_film_went_unseen(scan, tmp_path):
    long = film(tmp_path / "long.mp4", panning(), frames=30, rate=1)
    ran = scan(long, "--clips", "2")
    assert "    2 short stretches were looked at, " in ran.out
    assert "s on end went unseen: a manipulation there" in ran.out
    assert words.CLOSER in ran.out
    part = scan(long, "--from", "0:10", "--to", "12", "--json", "-").json
    assert (part["options"]["from_s"], part["options"]["to_s"]) == (10.0, 12.0)
    assert 10 <= part["stretches"][0][0] <= part["stretches"][-1][1] < 12
    late = scan(long, "--from", "0:45")
    assert "before the part to look at" in late.out
    assert late.code == 3
    wrong = scan(long, "--from", "later")
    assert wrong.code == 2
    assert "in seconds or as 1:02:03, not 'later'" in wrong.err


def test_several_inputs_are_counted(scan, portrait, landscape):
    *_, summary, caveat = scan(portrait, "/nowhere.mp4", landscape, portrait).out.splitlines()
    assert summary == "4 inputs: 2 manipulated, 1 no face, 1 not analysed."
    assert caveat == words.CAVEAT
    *_, summary = scan("/nowhere.mp4", "/gone.mp4").out.splitlines()
    assert summary == "2 inputs: 2 not analysed."
    assert "inputs:" not in scan(portrait).out


def test_no_face_has_no_probability(scan, landscape):
    ran = scan(landscape)
    assert ran.code == 0
    assert ran.out.splitlines()[2].split() == ["No", "face", "–", "0", str(landscape)]


def test_one_file_that_is_named_gives_its_analysis(scan, portrait):
    ran = scan(portrait, "--json", "-")
    analysis = Analysis.from_json(ran.out)
    assert ran.code == 0
    assert analysis.schema_id == "unmask.analysis/1"
    assert analysis.media.name == "portrait.png"
    assert analysis.verdict.label == "manipulated"
    assert ran.err == ""


def test_several_inputs_give_a_scan(scan, portrait, landscape, tmp_path):
    target = tmp_path / "results.json"
    ran = scan(portrait, "/nowhere.mp4", landscape, "--json", target)
    assert ran.code == 3
    first, second, third = Scan.model_validate_json(target.read_bytes()).results
    assert first.verdict.label == "manipulated"
    assert second.input == "/nowhere.mp4"
    assert second.error.code == "not-found"
    assert third.verdict.label == "no-face"


def test_a_folder_gives_a_scan_even_with_one_file(scan, portrait):
    assert [
        result["media"]["name"] for result in scan(portrait.parent, "--json", "-").json["results"]
    ] == ["portrait.png"]


def test_one_file_that_failed_gives_a_scan_with_its_error(scan):
    ran = scan("/nowhere.mp4", "--json", "-")
    assert ran.code == 3
    assert ran.json == {
        "schema": "unmask.scan/1",
        "results": [
            {
                "input": "/nowhere.mp4",
                "error": {
                    "code": "not-found",
                    "message": "/nowhere.mp4: no such file",
                    "hint": "check the path",
                },
            }
        ],
    }
    assert "/nowhere.mp4: no such file" in ran.err


def test_numbers_of_a_box_stay_on_one_line(scan, portrait):
    box = scan(portrait, "--json", "-").json["faces"][0]["best_box"]
    assert f'"best_box": {box}' in scan(portrait, "--json", "-").out


def test_csv_has_a_row_for_each_input(scan, portrait, landscape):
    ran = scan(portrait, landscape, "/nowhere.mp4", "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["label"] for row in rows] == ["manipulated", "no-face", ""]
    assert [row["faces"] for row in rows] == ["1", "0", ""]
    assert [row["error"] for row in rows] == ["", "", "not-found"]
    assert float(rows[0]["probability"]) > 0.99
    assert rows[1]["probability"] == ""
    assert rows[0]["reasons"].split()[0] == "above-threshold"


def test_names_in_the_csv_are_no_formulas(scan, tmp_path, monkeypatch):
    """As a spreadsheet would run them; of a folder's files the names may be a stranger's."""
    (tmp_path / "=HYPERLINK(1).mp4").write_text("no film")
    monkeypatch.chdir(tmp_path)
    (row,) = csv.DictReader(io.StringIO(scan(".", "--csv", "-").out))
    assert row["input"] == "'=HYPERLINK(1).mp4"
    assert row["message"].startswith("'=")


def test_json_and_csv_cannot_share_standard_output(scan, portrait):
    ran = scan(portrait, "--json", "-", "--csv", "-")
    assert ran.code == 2
    assert "cannot share standard output" in ran.err


def test_quiet_says_only_what_failed(scan, portrait):
    ran = scan(portrait, "/nowhere.mp4", "--quiet")
    assert ran.code == 3
    assert ran.out == ""
    assert ran.err == "unmask: /nowhere.mp4: no such file\n        check the path\n"


@pytest.mark.parametrize(
    ("others", "code"), [((), 1), (("/nowhere.mp4",), 1)], ids=["found", "found-beside-a-failure"]
)
def test_fail_on_manipulated(scan, portrait, others, code):
    assert scan(portrait, *others, "--fail-on", "manipulated").code == code


def test_fail_on_finds_nothing(unmask, trusting, portrait):
    arguments = ("scan", "--model", trusting, portrait, "--fail-on", "manipulated")
    assert unmask(*arguments).code == 0
    assert unmask(*arguments, "/nowhere.mp4").code == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--clips", "0"), "clips must be a whole number from 1 to 256"),
        (("--frames-per-clip", "65"), "frames_per_clip must be a whole number"),
        (("--min-face", "11"), "min_face must be a whole number from 12"),
        (("--clips", "many"), "'many' is not a valid integer"),
        (("--timeout", "0"), "not in the range x>0"),
        (("--device", "tpu"), "'tpu' is not one of"),
        (("--model", "nonesuch"), "no model package named 'nonesuch'"),
        (("--json", "/nowhere/out.json"), "there is no folder /nowhere"),
        (("--csv", "/"), "is a folder"),
        (("--frobnicate",), "No such option"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_opened(scan, arguments, complaint):
    ran = scan("/nowhere.mp4", *arguments)
    assert ran.code == 2
    assert complaint in ran.err
    assert ran.out == ""


def test_a_path_is_needed(unmask):
    ran = unmask("scan")
    assert ran.code == 2
    assert "Missing argument 'PATH...'" in ran.err


def test_a_device_that_is_not_there(unmask, suspicious, portrait, monkeypatch):
    monkeypatch.setattr("unmask.runtime.session.cuda_devices", lambda: 0)
    ran = unmask("scan", "--model", suspicious, "--device", "cuda", portrait)
    assert ran.code == 2
    assert "no CUDA device is usable" in ran.err
    assert "--device cpu" in ran.err


def test_evidence_is_a_folder_for_each_file(scan, portrait, tmp_path):
    scan(portrait, "--evidence", tmp_path / "seen")
    (folder,) = (tmp_path / "seen").iterdir()
    assert folder.name.startswith("portrait-")
    assert {"analysis.json", "face-0.png", "provenance.json"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_file_that_goes_before_its_origin_is_read_keeps_its_verdict(
    scan, portrait, tmp_path, monkeypatch
):
    path = tmp_path / "a.png"
    path.write_bytes(portrait.read_bytes())

    def gone(*_, **__):
        path.unlink()
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("unmask.pipeline.reporting.read_provenance", gone)
    ran = scan(path, "--evidence", tmp_path / "seen", "--json", "-")
    assert ran.json["verdict"]["label"] == "manipulated"
    (folder,) = (tmp_path / "seen").iterdir()
    assert "face-0.png" in [file.name for file in folder.iterdir()]
    assert not (folder / "provenance.json").exists()
    assert "a.png" in ran.err


def test_evidence_looks_again_at_what_history_knows(scan, portrait, tmp_path):
    scan(portrait)
    scan(portrait, "--evidence", tmp_path / "seen")
    assert list((tmp_path / "seen").glob("*/face-0.png"))


def test_the_other_runtime_agrees(scan, portrait):
    pytest.importorskip("onnxruntime")
    analysis = scan(portrait, "--runtime", "onnxruntime", "--json", "-").json
    assert analysis["options"]["runtime"] == "onnxruntime"
    assert analysis["verdict"]["label"] == "manipulated"


def test_options_reach_the_document(scan, untouched):
    given = ("--clips", 2, "--frames-per-clip", 3, "--min-face", 50, "--max-faces", 1)
    options = scan(untouched, *given, "--json", "-").json["options"]
    names = ("clips", "frames_per_clip", "min_face_px", "max_faces")
    assert [options[name] for name in names] == [2, 3, 50, 1]


def test_an_existing_document_is_replaced_whole(scan, portrait, tmp_path):
    target = tmp_path / "out.json"
    target.write_text("x" * 10**6)
    scan(portrait, "--json", target)
    assert Analysis.from_json(target.read_text()).media.name == "portrait.png"
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_a_link_stays_a_link(scan, portrait, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    scan(portrait, "--json", tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").is_file()


def test_a_device_is_written_to_and_not_replaced(scan, portrait):
    assert scan(portrait, "--json", os.devnull).code == 0
    assert not Path(os.devnull).is_file()
