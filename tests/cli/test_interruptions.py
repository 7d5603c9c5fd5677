"""A scan that is killed, interrupted, or whose reader goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from unmask.cli.interrupts import listening
from unmask.store import History

FILES = 40


@pytest.fixture
def pictures(tmp_path, make_portrait):
    """A folder of more pictures than can be done in a moment, all of different bytes."""
    for shade in range(FILES):
        make_portrait(tmp_path / "in" / f"{shade:02d}.png", shade)
    return tmp_path / "in"


@pytest.fixture
def begun(suspicious, pictures, tmp_path, home):
    """A scan of them in a process of its own, which has printed its first result."""
    command = [
        sys.executable,
        "-u",
        "-c",
        "import sys; from unmask.cli import main; sys.exit(main())",
    ]
    options = [
        "scan",
        pictures,
        "--model",
        suspicious,
        "--device",
        "cpu",
        "--csv",
        tmp_path / "a.csv",
    ]
    with subprocess.Popen(
        [*command, *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"UNMASK_DATA": str(home)},
    ) as process:
        for line in process.stdout:
            if line.startswith("Manipulated"):
                break
        yield process
        process.kill()


def kept(home) -> int:
    with History(home / "history.db") as history:
        return history.count()


def test_what_a_killed_scan_had_done_is_not_done_again(begun, scan, pictures, tmp_path, home):
    begun.kill()
    begun.wait()
    done = kept(home)
    assert 1 <= done < FILES
    assert not (tmp_path / "a.csv").exists()  # never half a document, nor a stray file
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "in"]
    ran = scan(pictures, "--json", "-")
    codes = [[notice["code"] for notice in result["warnings"]] for result in ran.json["results"]]
    assert ran.code == 0
    assert sorted(codes) == [[]] * (FILES - done) + [["from-history"]] * done
    assert kept(home) == FILES


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_scan_writes_what_it_has(begun, tmp_path, home, number, code):
    begun.send_signal(number)
    out, _ = begun.communicate(timeout=60)
    assert begun.returncode == code
    done = kept(home)
    rows = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert len(rows) == FILES
    assert sum(",interrupted," in row for row in rows) == FILES - done
    assert "the scan was interrupted" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_only_noted(number):
    before = signal.getsignal(number)
    with listening() as interrupts:
        assert not interrupts.made
        signal.raise_signal(number)
        assert interrupts.made
        assert interrupts.signal == number
    assert signal.getsignal(number) == before


@pytest.fixture
def _heard():
    """SIGINT as Python handles it, though a shell that started the tests may have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
def test_a_second_one_raises_anywhere_and_so_does_one_after_the_scan():
    with listening():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_reader_that_goes_away_ends_it_quietly(begun):
    begun.stdout.close()
    assert begun.wait(timeout=120) == 141
    assert begun.stderr.read() == ""


def test_a_bug_is_reported_and_costs_only_its_file(scan, portrait, landscape, home, monkeypatch):
    from unmask.pipeline import run

    real = run.begin

    def broken(path, **options):
        if path == portrait:
            raise ZeroDivisionError("a slip")
        return real(path, **options)

    monkeypatch.setattr(run, "begin", broken)
    ran = scan(portrait, landscape, "--json", "-")
    failed, other = ran.json["results"]
    assert ran.code == 3
    assert failed["error"]["code"] == "internal"
    assert "ZeroDivisionError: a slip" in failed["error"]["message"]
    assert other["verdict"]["label"] == "no-face"
    (report,) = (home / "crashes").iterdir()
    assert str(report) in failed["error"]["hint"]
    assert "Traceback" in report.read_text()
    assert json.dumps(ran.json).count("Traceback") == 0
