"""Where a scan writes to: what cannot be written is said, costs nothing else, destroys nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from unmask.cli.streams import need_stdout
from unmask.core.errors import UsageError

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full and /dev/fd")
COMMAND = [sys.executable, "-c", "import sys; from unmask.cli import main; sys.exit(main())"]

SETTING = """
U() { "$PY" -c "$CODE" "$@"; }
S() { U scan --device cpu --model "$MODEL" "$@"; }
"""


@pytest.fixture
def shell(home, suspicious):
    """Run a line of shell in which U is ``unmask`` and S scans; stdout and stderr as text."""

    def run(line: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        names = {"PY": COMMAND[0], "CODE": COMMAND[2], "MODEL": str(suspicious)}
        return subprocess.run(
            ["bash", "-c", SETTING + line, "bash", *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env=os.environ | names | {"UNMASK_DATA": str(home)},
        )

    return run


@pytest.mark.parametrize("option", ["--json", "--csv", "--trace"])
def test_an_input_is_never_replaced(scan, portrait, option):
    before = portrait.read_bytes()
    ran = scan(portrait, option, portrait)
    assert ran.code == 2
    assert f"{option} {portrait}: is an input, {portrait}, which would be lost" in ran.err
    assert (portrait.read_bytes(), ran.out) == (before, "")


def test_nor_one_in_a_folder_or_behind_a_link(scan, portrait, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(portrait)
    ran = scan(portrait.parent, "--json", link)
    assert ran.code == 2
    assert "is an input" in ran.err


@pytest.mark.parametrize(
    "given",
    [
        ("--json", "X", "--csv", "X"),
        ("--json", "X", "--csv", "sub/../X"),
        ("--csv", "X", "--trace", "X"),
        ("--json", "X.html", "--report", "X.html"),
        ("--json", "X", "--evidence", "X"),
        ("--json", "there", "--csv", "link"),
    ],
)
def test_two_documents_never_share_a_file(scan, portrait, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("there").write_text("before")
    Path("link").symlink_to("there")
    ran = scan(portrait, *given)
    assert ran.code == 2
    assert f"{given[0]} names the same file" in ran.err
    assert Path("there").read_text() == "before"
    assert not Path("X").exists()


def test_an_export_neither(unmask, tmp_path):
    ran = unmask("history", "export", "--json", tmp_path / "a", "--csv", tmp_path / "a")
    assert ran.code == 2
    assert "names the same file" in ran.err


@LINUX
def test_a_document_that_cannot_be_written_costs_no_other(scan, portrait, tmp_path):
    for option in ("--json", "--trace"):
        target = tmp_path / f"ok{option}.csv"
        ran = scan(portrait, option, "/dev/full", "--csv", target, "--no-history")
        assert ran.code == 3
        assert f"{option} /dev/full: cannot be written: No space left on device" in ran.err
        assert "history" not in ran.err
        assert len(target.read_text().splitlines()) == 2


@LINUX
def test_a_pipe_is_written_into(shell, portrait):
    ran = shell('S "$1" -q --json >(cat >&2); sleep 0.2', portrait)
    assert json.loads(ran.stderr)["verdict"]["label"] == "manipulated"
    ran = shell('S "$1" --json /dev/stdout | cat', portrait)
    assert json.loads(ran.stdout)["verdict"]["label"] == "manipulated"


@LINUX
def test_dev_stdout_is_standard_output_also_where_that_is_a_file(shell, portrait, tmp_path):
    log = tmp_path / "log"
    shell('(echo before; S "$1" -q --csv /dev/stdout; echo after) > "$2"', portrait, log)
    first, _, row, last = log.read_text().splitlines()
    assert (first, last) == ("before", "after")
    assert row.startswith(str(portrait))


@pytest.mark.parametrize("name", ["字" * 83 + ".json", "x" * 255])
def test_a_long_name_is_written(scan, portrait, tmp_path, name):
    assert scan(portrait, "--json", tmp_path / name).code == 0
    assert json.loads((tmp_path / name).read_text("utf-8"))["verdict"]


@pytest.mark.parametrize("option", ["--json", "--csv", "--trace", "--report", "--evidence"])
def test_a_name_that_is_too_long_is_said_at_once(scan, portrait, tmp_path, option):
    ran = scan(portrait, option, tmp_path / ("x" * 256))
    assert ran.code == 2
    assert f"{option} " in ran.err
    assert "cannot be written: File name too long" in ran.err
    assert ran.out == ""


def test_a_home_that_nobody_has(scan, portrait):
    ran = scan(portrait, "--json", "~nobody-of-this-name/a.json")
    assert ran.code == 2
    assert "there is no folder" in ran.err


@LINUX
@pytest.mark.parametrize(
    "given",
    [
        'S "$1" > /dev/full',
        'S "$1" >&-',
        'S "$1" --json - >&-',
        'S "$1" --json "$1.json" > /dev/full',
    ],
)
def test_standard_output_that_is_full_or_closed_is_said_at_once(shell, portrait, given):
    ran = shell(given, portrait)
    assert ran.returncode == 2
    assert "standard output cannot be written: " in ran.stderr
    assert not Path(f"{portrait}.json").exists()


@LINUX
def test_it_need_not_be_open_where_nothing_is_printed(shell, portrait, tmp_path):
    ran = shell('S "$1" -q --csv "$2" >&-', portrait, tmp_path / "a.csv")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


@LINUX
@pytest.mark.parametrize("given", ["history > /dev/full", "--version >&-", "scan --help >&-"])
def test_other_commands_say_it_too(shell, portrait, given):
    shell('S "$1"', portrait)
    ran = shell(f"U {given}")
    assert ran.returncode == 3
    assert ran.stderr.startswith("unmask: the output cannot be written: ")
    assert "Traceback" not in ran.stderr


def test_standard_output_that_fills_up_costs_no_document(scan, portrait, tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unmask.cli.table.TableReport.add", full)
    monkeypatch.setattr("unmask.cli.delivery.discard_stdout", lambda: None)
    ran = scan(portrait, "/nowhere.png", "--json", tmp_path / "a.json", "--fail-on", "manipulated")
    assert ran.code == 1
    assert ran.err.count("standard output: cannot be written: No space left on device") == 1
    assert len(json.loads((tmp_path / "a.json").read_text("utf-8"))["results"]) == 2
    assert scan(portrait, "--csv", tmp_path / "a.csv").code == 3


@LINUX
def test_closed_standard_input_is_an_empty_list(shell):
    ran = shell("S - <&-")
    assert ran.returncode == 3
    assert "standard input named no files" in ran.stdout
    ran = shell("U history delete --all <&-")
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)


@LINUX
@pytest.mark.parametrize("how", ["2>&-", "2>/dev/full"])
def test_notes_that_nobody_can_read_go_nowhere(shell, portrait, how):
    ran = shell(f'S "$1" /nowhere.png -q --csv - {how}', portrait)
    assert ran.returncode == 3
    assert len(ran.stdout.splitlines()) == 3


@LINUX
@pytest.mark.parametrize("given", ["tokens create a", "scan --help"])
def test_a_reader_that_is_gone_already(shell, given):
    ran = shell(f"exec 3> >(true); sleep 0.3; U {given} >&3")
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_plain_buffer_is_a_standard_output(monkeypatch):
    class Broken:
        def fileno(self) -> int:
            return 10**6

    need_stdout()
    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(UsageError, match="standard output cannot be written"):
        need_stdout()


def test_evidence_of_a_long_name(scan, portrait, tmp_path):
    long = portrait.rename(portrait.with_name("😀" * 62 + ".png"))
    ran = scan(long, "--evidence", tmp_path / "evidence")
    assert (ran.code, ran.err) == (0, "")
    (folder,) = (tmp_path / "evidence").iterdir()
    assert folder.name.startswith("😀" * 20 + "-")
    assert {path.name for path in folder.iterdir()} >= {"analysis.json", "face-0.png"}


def test_evidence_that_cannot_be_written_costs_no_result(
    scan, portrait, landscape, tmp_path, monkeypatch
):
    def full(image, path, *arguments):
        Path(path).write_bytes(b"half a picture")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    given = ("--evidence", tmp_path / "evidence", "--json", tmp_path / "a.json")
    ran = scan(portrait, landscape, *given)
    assert ran.code == 3
    assert f"{portrait}: evidence cannot be written to" in ran.err
    assert "No space left on device" in ran.err
    labels = [
        one["verdict"]["label"] for one in json.loads((tmp_path / "a.json").read_text())["results"]
    ]
    assert labels == ["manipulated", "no-face"]
    left = {path.name for path in (tmp_path / "evidence").rglob("*") if path.is_file()}
    assert left == {"analysis.json", "provenance.json"}  # no half of a picture


@pytest.mark.parametrize("option", ["--evidence", "--report"])
def test_a_folder_that_cannot_be_written_is_said_at_once(scan, portrait, tmp_path, option):
    folder = tmp_path / "file" / "sub"
    folder.parent.write_text("in the way")
    ran = scan(portrait, option, folder)
    assert ran.code == 2
    assert f"{option} {folder}: {folder.parent} is no folder" in ran.err
    assert ran.out == ""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("option", ["--evidence", "--report"])
def test_so_is_one_that_may_not_be(scan, portrait, tmp_path, option):
    tmp_path.chmod(0o500)
    try:
        ran = scan(portrait, option, tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)
    assert ran.code == 2
    assert "may not be written" in ran.err


def test_a_report_that_cannot_be_written_costs_no_result(scan, portrait, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("unmask.cli.files.os.link", full)
    monkeypatch.setattr(Path, "replace", full)
    with suppress(OSError):
        ran = scan(portrait, "--report", tmp_path / "r", "--csv", "-")
    assert ran.code == 3
    assert "cannot be written: No space left on device" in ran.err
    assert len(ran.out.splitlines()) == 2
