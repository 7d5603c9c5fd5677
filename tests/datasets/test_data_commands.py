"""``unmask data`` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from faces_on_disk import film, picture

from unmask.cli import exits, main
from unmask.cli.data import data
from unmask.datasets import LAYOUTS, read_index

DOCS = Path(__file__).resolve().parents[2] / "docs"


def run(*arguments: object) -> int:
    return main(["data", *map(str, arguments)])


def test_index_says_how_the_folder_was_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = trees.celebdf(tmp_path / "set"), tmp_path / "index.parquet"
    assert run("index", root, "--out", out, "--hash") == exits.DONE
    said = capsys.readouterr()
    assert "is read as Celeb-DF v1 and v2: it holds Celeb-synthesis" in said.err
    assert "Celeb-synthesis" in said.out
    index = read_index(out)
    assert [sample.label for sample in index] == [0, 0, 1, 1, 0]
    assert all(len(sample.sha256) == 64 for sample in index)


def test_errors_are_two_lines_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = trees.faceforensics(tmp_path / "set")
    (root / "test.json").unlink()
    assert run("index", root, "--out", tmp_path / "index.parquet") == exits.USAGE
    said = capsys.readouterr().err
    assert "has no test.json" in said
    assert "--partial" in said
    assert not (tmp_path / "index.parquet").exists()
    assert run("index", root, "--out", tmp_path / "i.parquet", "--partial") == exits.DONE


def test_check_exits_1_on_a_leak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = trees.celebdf(tmp_path / "set"), tmp_path / "index.parquet"
    run("index", root, "--out", out)
    capsys.readouterr()
    assert run("check", out, "--no-probe", "--json", "-") == exits.FOUND
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "unmask.check/1"
    assert [leak["value"] for leak in document["leaks"]] == ["celeb-df:id0", "celeb-df:id1"]
    assert run("check", out, "--no-probe") == exits.FOUND
    said = capsys.readouterr().out
    assert "2 the same person in several splits" in said
    assert "leaks or contradictions found" in said


def test_check_exits_3_on_broken_files_and_0_when_all_is_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film(tmp_path / "set/train/real/a.mp4", frames=2)
    film(tmp_path / "set/test/fake/b.mp4", frames=2, face=False)
    out = tmp_path / "index.parquet"
    run("index", tmp_path / "set", "--out", out)
    assert run("check", out, "--workers", 1) == exits.DONE
    assert "no leak found" in capsys.readouterr().out
    (tmp_path / "set/test/fake/b.mp4").write_bytes(b"nonsense")
    assert run("check", out, "--workers", 1) == exits.SOME_FAILED
    (tmp_path / "set/test/fake/b.mp4").unlink()
    assert run("check", out, "--no-probe") == exits.SOME_FAILED
    said = capsys.readouterr().out
    assert "1 absent" in said
    assert "--root" in said


def test_prepare_twice_and_the_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture(tmp_path / "set/real/a.png")
    film(tmp_path / "set/fake/b.mp4", frames=2, face=False)
    out = tmp_path / "index.parquet"
    run("index", tmp_path / "set", "--out", out)
    for _ in range(2):
        assert run("prepare", out, "--out", tmp_path / "shards", "--size", 64) == exits.DONE
    said = capsys.readouterr().out
    assert "1 without a face\n  fake/b.mp4\n" in said
    assert "1 crops in 1 clips of 2 samples, 1 shards (1 kept from before)" in said
    assert run("prepare", out, "--out", tmp_path / "x", "--size", 5) == exits.USAGE


@pytest.mark.parametrize("option", ["--step", "--margin", "--timeout"])
@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_no_number_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, number: str
) -> None:
    assert run("prepare", "index", "--out", tmp_path, option, number) == exits.USAGE
    assert f"'{option}': {number} is " in capsys.readouterr().err


def test_export_and_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = trees.deepfakebench(tmp_path / "set"), tmp_path / "index.parquet"
    run("index", root, "--out", out)
    assert run("export", out, "--deepfakebench", "--out", tmp_path / "json") == exits.DONE
    assert str(tmp_path / "json/FaceForensics++.json") in capsys.readouterr().out
    for at in range(2):
        picture(tmp_path / f"portraits/{at}.png", shift=at)
    sheet = tmp_path / "sheet.png"
    assert run("preview", tmp_path / "portraits", "--out", sheet, "--seed", 3) == exits.DONE
    assert sheet.exists()


def test_layouts_are_listed_and_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("layouts") == exits.DONE
    listed = capsys.readouterr().out
    page = (DOCS / "datasets.md").read_text(encoding="utf-8")
    for name in LAYOUTS:
        assert name in listed
        assert f"`{name}`" in page


def test_every_command_and_option_is_documented() -> None:
    page = (DOCS / "datasets.md").read_text(encoding="utf-8")
    for name, command in data.commands.items():
        assert f"unmask data {name}" in page
        for parameter in command.params:
            for option in parameter.opts:
                assert not option.startswith("--") or option in page, (name, option)
