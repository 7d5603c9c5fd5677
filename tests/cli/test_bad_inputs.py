"""What a person gets, on the command line, for the files that people really pass."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bad_files
import pytest
from films import film, panning
from test_scan_inputs import feed

from unmask.cli.crashes import describe
from unmask.clips import align
from unmask.core.paths import data_folder
from unmask.store.engine import locate, sqlite_file

FAILURES = [
    # what is passed, the code, part of the message, part of the way out
    (bad_files.empty, "empty", "the file is empty", "copy"),
    (bad_files.text_renamed, "not-media", "not a video or picture", "convert"),
    (bad_files.locked_archive, "not-media", "is an archive (ZIP)", "unpack it, with its password"),
    (bad_files.saved_page, "not-media", "is a web page", "download the video or picture itself"),
    (bad_files.shortcut, "not-media", "holds a link", "open the link"),
    (bad_files.sound_only, "no-picture", "only sound", "give a video"),
    (bad_files.truncated, "damaged", "cannot be read", "download it again"),
    (bad_files.zero_duration, "damaged", "", "again"),
    (bad_files.empty_folder, "empty", "holds no files", "check the path"),
    (bad_files.no_media, "empty", "has the suffix or the first bytes of", "name a file itself"),
]


@pytest.mark.parametrize(
    ("make", "code", "message", "hint"), FAILURES, ids=[make.__name__ for make, *_ in FAILURES]
)
def test_what_cannot_be_analysed_is_an_error_with_a_way_out(
    scan, tmp_path, make, code, message, hint
):
    path = make(tmp_path)
    ran = scan(path, "--json", "-")
    (result,) = ran.json["results"]
    assert ran.code == 3
    assert result["input"] == str(path)
    assert result["error"]["code"] == code
    assert path.name in result["error"]["message"]
    assert message in result["error"]["message"]
    assert hint in result["error"]["hint"]
    table = scan(path)
    assert table.out.splitlines()[2].split()[:2] == ["Not", "analysed"]
    assert "Traceback" not in table.out + table.err


def test_a_link_is_no_path(scan):
    ran = scan("https://example.org/watch?v=1", "--json", "-")
    (result,) = ran.json["results"]
    assert ran.code == 3
    assert result["error"]["code"] == "not-found"
    assert "https://example.org/watch?v=1: is a link" in result["error"]["message"]
    assert "unmask serve" in result["error"]["hint"]


def test_the_rest_is_still_analysed(scan, tmp_path, portrait):
    bad = [make(tmp_path) for make, *_ in FAILURES]
    ran = scan(bad[0], portrait, *bad[1:], "--json", "-")
    results = ran.json["results"]
    assert ran.code == 3
    assert [index for index, result in enumerate(results) if "verdict" in result] == [1]
    assert len(results) == len(bad) + 1


ANALYSED = [
    # what is passed, the kind, the label: the model calls every face manipulated
    (bad_files.truncated_stream, "video", "manipulated"),
    (bad_files.one_frame, "video", "inconclusive"),
    (bad_files.large, "image", "manipulated"),
    (bad_files.animated_gif, "video", "manipulated"),
    (bad_files.portrait_phone, "video", "manipulated"),
    (bad_files.strange_name, "image", "manipulated"),
    (bad_files.nobody, "image", "no-face"),
]


@pytest.mark.parametrize(
    ("make", "kind", "label"), ANALYSED, ids=[make.__name__ for make, *_ in ANALYSED]
)
def test_what_is_odd_is_analysed(scan, tmp_path, make, kind, label):
    path = make(tmp_path)
    ran = scan(path, "--json", "-")
    assert ran.code == 0
    assert ran.json["media"]["kind"] == kind
    assert ran.json["media"]["name"] == path.name
    assert ran.json["verdict"]["label"] == label


def test_one_frame_is_too_few_to_judge_a_video(scan, tmp_path):
    ran = scan(bad_files.one_frame(tmp_path), "--json", "-")
    assert ran.json["verdict"] == {
        "label": "inconclusive",
        "probability": None,
        "reasons": ["too-few-frames"],
    }


def test_boxes_of_a_rotated_phone_video_lie_in_the_picture_as_seen(scan, tmp_path):
    document = scan(bad_files.portrait_phone(tmp_path), "--json", "-").json
    media = document["media"]
    assert media["rotation"] in (90, 270)
    for frame in document["faces"][0]["frames"]:
        left, top, right, bottom = frame["box"]
        assert 0 <= left < right <= media["width"]
        assert 0 <= top < bottom <= media["height"]
        eye, other, nose, *_ = frame["landmarks"]
        assert eye[0] < nose[0] < other[0]
        assert nose[1] > max(eye[1], other[1])  # upright


def test_a_file_that_may_not_be_read(scan, portrait, landscape, forbid):
    forbid(portrait)
    ran = scan(portrait, landscape, "--json", "-")
    failed, other = ran.json["results"]
    assert ran.code == 3
    assert failed["error"]["code"] == "not-readable"
    assert "Permission denied" in failed["error"]["message"]
    assert failed["error"]["hint"]
    assert other["verdict"]["label"] == "no-face"


def test_a_folder_that_may_not_be_read(scan, tmp_path, make_portrait, forbid):
    make_portrait(tmp_path / "in" / "a.png")
    make_portrait(tmp_path / "in" / "locked" / "b.png")
    forbid(tmp_path / "in" / "locked")
    ran = scan(tmp_path / "in", "--json", "-")
    seen, denied = ran.json["results"]
    assert ran.code == 3
    assert seen["media"]["name"] == "a.png"
    assert denied["error"]["code"] == "not-readable"
    assert denied["input"] == str(tmp_path / "in" / "locked")


@pytest.fixture
def forbid(monkeypatch):
    """Take the permission to read from a path, and from root too, whom nothing stops."""
    locked: list[Path] = []

    def take(path: Path) -> None:
        path.chmod(0)
        locked.append(path)
        if os.geteuid() == 0:
            for name in ("open", "scandir"):
                monkeypatch.setattr(os, name, refusing(getattr(os, name), path))

    yield take
    for path in locked:
        path.chmod(0o700)


def refusing(real, forbidden):
    def call(path, *arguments, **options):
        if isinstance(path, str | os.PathLike) and Path(path) == forbidden:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    return call


@pytest.mark.parametrize("history", [(), ("--no-history",)])
def test_the_same_file_twice_is_scanned_once(scan, portrait, history):
    ran = scan(portrait, portrait, *history, "--json", "-")
    first, second = ran.json["results"]
    assert ran.code == 0
    assert first["verdict"] == second["verdict"]
    assert first["warnings"] == []
    (notice,) = second["warnings"]
    assert notice["code"] == "same-bytes"
    assert str(portrait) in notice["message"]


def test_a_copy_under_another_name_keeps_its_name(scan, portrait, tmp_path):
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(portrait.read_bytes())
    names = [
        result["media"]["name"] for result in scan(portrait, copy, "--json", "-").json["results"]
    ]
    assert names == ["portrait.png", "copy.jpg"]


def test_the_time_budget_ends_one_file_only(scan, tmp_path, portrait, monkeypatch):
    slow = film(tmp_path / "slow.mp4", panning(), frames=30)
    monkeypatch.setattr("unmask.pipeline.looking.align", _dawdling(monkeypatch, seconds=700))
    # One after the other, for the clock is everybody's; 600 s each unless another time is given.
    ran = scan(slow, portrait, "--json", "-", "--jobs", 1)
    late, other = ran.json["results"]
    assert ran.code == 3
    assert late["error"]["code"] == "timeout"
    assert "600 s" in late["error"]["message"]
    assert "--timeout" in late["error"]["hint"]
    assert other["verdict"]["label"] == "manipulated"


def _dawdling(monkeypatch, seconds):
    """Cutting crops; from the first on the clock is that late."""
    late = 0

    def clock():
        return time.perf_counter() + late

    def cut(*arguments, **options):
        nonlocal late
        late = seconds
        return align(*arguments, **options)

    monkeypatch.setattr("unmask.core.deadline.time", SimpleNamespace(monotonic=clock))
    return cut


def test_a_path_that_cannot_even_be_looked_at_costs_only_itself(scan, portrait, monkeypatch):
    lines = [os.fsencode(portrait), b"x" * 5000, b"y" * 300, b"a/" * 3000]
    feed(monkeypatch, b"\n".join(lines))
    ran = scan("-", "z" * 300, "--json", "-")
    first, *others = ran.json["results"]
    assert ran.code == 3
    assert first["verdict"]["label"] == "manipulated"
    assert [one["error"]["code"] for one in others] == ["not-readable"] * 4
    assert all("File name too long" in one["error"]["message"] for one in others)


def test_a_single_path_that_cannot_be_looked_at(scan):
    ran = scan("z" * 300, "--json", "-")
    assert ran.code == 3
    assert ran.json["results"][0]["error"]["code"] == "not-readable"


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A folder into which nobody may look, as it is for everybody but root."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0)
    if os.geteuid() == 0:
        for name in ("stat", "lstat", "open", "scandir", "mkdir", "access"):
            monkeypatch.setattr(os, name, refusing_below(getattr(os, name), folder))
        monkeypatch.setattr(io, "open", refusing_below(io.open, folder))
    yield folder
    folder.chmod(0o700)


def refusing_below(real, folder):
    def call(path, *arguments, **options):
        if isinstance(path, str | os.PathLike):
            if real.__name__ == "access" and folder in (Path(path), *Path(path).parents):
                return False
            if folder in Path(path).parents:
                raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    return call


def test_a_file_in_a_folder_that_may_not_be_entered(scan, portrait, locked):
    ran = scan(locked / "sub" / "a.jpg", portrait, "--json", "-")
    denied, other = ran.json["results"]
    assert ran.code == 3
    assert denied["error"]["code"] == "not-readable"
    assert "Permission denied" in denied["error"]["message"]
    assert other["verdict"]["label"] == "manipulated"


def test_a_model_in_a_folder_that_may_not_be_entered(unmask, portrait, locked):
    ran = unmask("scan", "--model", locked / "model", portrait)
    assert ran.code == 2
    assert f"no model package at {locked / 'model'}: Permission denied" in ran.err


def test_a_data_folder_that_may_not_be_entered_is_seen_by_doctor(unmask, locked, monkeypatch):
    monkeypatch.setenv("UNMASK_DATA", str(locked / "data"))
    assert "NOT WRITABLE" in unmask("doctor").out


@pytest.fixture
def homeless(home, monkeypatch):
    """A container's user: a number without account and HOME."""
    for name in ("UNMASK_DATA", "UNMASK_CACHE", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", nobody)


def test_a_user_without_a_home_gets_a_verdict_and_no_history(
    unmask, suspicious, portrait, homeless
):
    ran = unmask("scan", "--model", suspicious, portrait)
    assert ran.code == 0
    assert "Manipulated" in ran.out
    assert "no home folder to keep anything in; going on without history" in ran.err
    assert "set UNMASK_DATA to a folder" in ran.err


def test_a_user_without_a_home_is_told_where_to_keep_things(unmask, homeless):
    ran = unmask("history")
    assert ran.code == 2
    assert "no home folder to keep anything in" in ran.err
    ran = unmask("doctor", "--json")
    assert "UNMASK_DATA" in ran.json["Folders"]["data"]
    assert "UNMASK_CACHE" in ran.json["Folders"]["cache"]
    assert "no home folder" in ran.json["History"]["state"]


def test_an_unforeseen_failure_without_a_home_is_still_told(homeless):
    assert "report it with this message" in describe(ValueError("x")).hint


def test_a_data_folder_below_the_home_is_one_folder(monkeypatch, tmp_path):
    """A unit file's variable is not expanded by a shell: history and uploads went apart."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UNMASK_DATA", "~/kept")
    assert data_folder() == tmp_path / "kept"
    assert sqlite_file(locate(None)) == str(tmp_path / "kept" / "history.db")


def test_a_database_of_nobody_is_a_path_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sqlite_file(locate("~nobodyofthatname/h.db")) == str(tmp_path / "~nobodyofthatname/h.db")


def test_standard_input_that_cannot_be_read(scan, portrait, monkeypatch):
    class Failing(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise IsADirectoryError(21, "Is a directory")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Failing())))
    ran = scan("-", portrait, "--json", "-")
    failed, other = ran.json["results"]
    assert ran.code == 3
    assert failed["error"]["code"] == "not-readable"
    assert "standard input cannot be read: Is a directory" in failed["error"]["message"]
    assert other["verdict"]["label"] == "manipulated"
