"""Several files side by side: the same answers as one after the other."""

from __future__ import annotations

import errno
import io
import os
import signal
import threading
import time
import tracemalloc
from datetime import UTC, datetime

import pytest
from rich.console import Console

from unmask.cli import scanner as scanning
from unmask.cli.abreast import outcomes, usual_jobs
from unmask.cli.inputs import Source
from unmask.cli.interrupts import Interrupts
from unmask.cli.progress import ScanProgress
from unmask.cli.scanner import INTERRUPTED, Scanner
from unmask.cli.seen import SeenResults
from unmask.cli.turns import Turns
from unmask.core.analysis import Analysis
from unmask.core.errors import ModelInvalid
from unmask.pipeline import Analyser
from unmask.store import History

PATIENCE_S = 30


@pytest.fixture
def analyser(suspicious):
    return Analyser(suspicious, device="cpu", precision="f32")


@pytest.fixture
def pictures(tmp_path, make_portrait):
    return [make_portrait(tmp_path / "in" / f"{n}.png", n) for n in range(6)]


@pytest.fixture
def progress():
    return ScanProgress(Console(file=io.StringIO()), 6, shown=False)


def documents(ran):
    """Without what differs between any two runs."""
    return [{**result, "timings_s": None} for result in ran.json["results"]]


def test_the_document_is_the_same_with_any_number_of_jobs(
    scan, pictures, landscape, untouched, tmp_path
):
    (tmp_path / "again.png").write_bytes(pictures[2].read_bytes())
    (tmp_path / "broken.png").write_bytes(pictures[0].read_bytes()[:2000])
    inputs = [*pictures[:3], "/nowhere.mp4", tmp_path / "again.png", untouched]
    inputs += [tmp_path / "broken.png", landscape, pictures[2]]
    one, *others = (
        scan(*inputs, "--jobs", jobs, "--no-history", "--json", "-") for jobs in (1, 2, 5)
    )
    assert len(one.json["results"]) == len(inputs)
    for other in others:
        assert other.code == one.code == 3
        assert documents(other) == documents(one)


def held_up(analyser, monkeypatch, *, first):
    """Analyses of ``first`` wait until another file's was asked for; the order they ended in."""
    real, ended, others = analyser.analyse, [], threading.Event()

    def analyse(path, **options):
        if path == first:
            assert others.wait(PATIENCE_S)
        result = real(path, **options)
        ended.append(path)
        if path != first:
            others.set()
        return result

    monkeypatch.setattr(analyser, "analyse", analyse)
    return ended


def test_outcomes_come_in_order_whichever_file_is_done_first(
    analyser, pictures, progress, monkeypatch
):
    ended = held_up(analyser, monkeypatch, first=pictures[0])
    sources = [Source(path) for path in pictures]
    found = list(outcomes(Scanner(analyser, None), sources, progress, Interrupts(), 2))
    assert [outcome.input for outcome in found] == [str(path) for path in pictures]
    assert all(isinstance(outcome.result, Analysis) for outcome in found)
    assert ended[0] != pictures[0]


def test_of_the_same_bytes_the_first_is_looked_at_though_another_is_faster(
    analyser, pictures, progress, monkeypatch, tmp_path
):
    twin = tmp_path / "twin.png"
    twin.write_bytes(pictures[0].read_bytes())
    real_facts = scanning.read_facts

    def slow(path, deadline):
        if path == pictures[0]:
            time.sleep(0.3)  # the twin has been hashed long before
        return real_facts(path, deadline)

    monkeypatch.setattr(scanning, "read_facts", slow)
    ended = held_up(analyser, monkeypatch, first=pictures[0])
    sources = [Source(pictures[0]), Source(twin), Source(pictures[1])]
    found = list(outcomes(Scanner(analyser, None), sources, progress, Interrupts(), 3))
    assert [outcome.origin for outcome in found] == ["scanned", "repeated", "scanned"]
    assert sorted(ended) == sorted(pictures[:2])
    assert f"The same bytes as {pictures[0]}" in found[1].result.warnings[-1].message


def test_a_twin_of_a_file_that_failed_is_looked_at_itself(
    analyser, pictures, progress, monkeypatch, tmp_path
):
    twin = tmp_path / "twin.png"
    twin.write_bytes(pictures[0].read_bytes())
    real = analyser.analyse

    def analyse(path, **options):
        if path == pictures[0]:
            raise ZeroDivisionError("a slip")
        return real(path, **options)

    monkeypatch.setattr(analyser, "analyse", analyse)
    sources = [Source(pictures[0]), Source(twin)]
    failed, fine = outcomes(Scanner(analyser, None), sources, progress, Interrupts(), 2)
    assert failed.result.code == "internal"
    assert fine.origin == "scanned"


def test_what_would_befall_every_file_ends_the_scan(analyser, pictures, progress, monkeypatch):
    asked = []

    def analyse(path, **options):
        asked.append(path)
        raise ModelInvalid("no model")

    monkeypatch.setattr(analyser, "analyse", analyse)
    with pytest.raises(ModelInvalid):
        list(
            outcomes(
                Scanner(analyser, None), list(map(Source, pictures)), progress, Interrupts(), 2
            )
        )
    assert len(asked) < len(pictures)


def test_an_interruption_stops_what_is_at_work_and_keeps_what_is_done(
    analyser, pictures, progress, monkeypatch
):
    interrupts, real, done = Interrupts(), analyser.analyse, threading.Event()

    def analyse(path, *, timeout, **options):
        if path == pictures[0]:
            result = real(path, timeout=timeout, **options)
            done.set()
            return result
        assert done.wait(PATIENCE_S)
        interrupts.signal = signal.SIGINT
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            timeout.check("dawdling")
            time.sleep(0.001)
        raise AssertionError("was not stopped")

    monkeypatch.setattr(analyser, "analyse", analyse)
    sources = [Source(path) for path in pictures]
    first, *others = outcomes(Scanner(analyser, None), sources, progress, interrupts, 2)
    assert isinstance(first.result, Analysis)
    assert [outcome.result for outcome in others] == [INTERRUPTED] * 5


def test_a_file_is_hashed_once(analyser, pictures, home, monkeypatch):
    from unmask.video import files

    read = []
    real = files._open_without_waiting

    def opened(path):
        read.append(path)
        return real(path)

    monkeypatch.setattr(files, "_open_without_waiting", opened)
    with History() as history:
        scanner = Scanner(analyser, history)
        for number, path in enumerate(pictures[:2]):
            scanner.scan(number, Source(path))
        assert read == pictures[:2]
        assert Scanner(analyser, history).scan(0, Source(pictures[0])).origin == "history"
    assert read == [*pictures[:2], pictures[0]]


def test_a_file_that_changes_after_it_was_hashed_is_hashed_again(
    analyser, pictures, landscape, monkeypatch
):
    from unmask.video import read_facts

    def then_changed(path, deadline):
        facts = read_facts(path, deadline)
        path.write_bytes(landscape.read_bytes())
        return facts

    monkeypatch.setattr(scanning, "read_facts", then_changed)
    outcome = Scanner(analyser, None).scan(0, Source(pictures[0]))
    monkeypatch.undo()
    expected = Scanner(analyser, None).scan(0, Source(landscape))
    assert outcome.result.media.sha256 == expected.result.media.sha256
    assert outcome.result.verdict.label == "no-face"


def test_by_itself_a_scan_takes_the_cores_there_are_but_not_all_of_a_server(monkeypatch):
    for cores, jobs in ((None, 1), (1, 1), (2, 2), (96, 4)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert usual_jobs() == jobs


def test_a_number_of_jobs_that_cannot_be_meant(scan, portrait):
    ran = scan(portrait, "--jobs", 0)
    assert ran.code == 2
    assert "0 is not in the range" in ran.err


def test_turns_are_passed_in_order_also_by_those_who_claim_nothing():
    turns, claimed = Turns(), []

    def work(number):
        with turns.take(number) as turn:
            if number % 3:
                turn.claim(str(number))
                claimed.append(number)

    threads = [threading.Thread(target=work, args=[number]) for number in reversed(range(9))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(claimed) == [1, 2, 4, 5, 7, 8]
    assert not any(thread.is_alive() for thread in threads)


def test_turns_that_are_over_are_forgotten():
    turns = Turns()
    for number in range(9):
        with turns.take(number) as turn:
            turn.claim(str(number % 7))
    assert turns._latest == {}
    with turns.take(9) as first:
        first.claim("same")
        waits = []
        rival = threading.Thread(target=lambda: waits.append(claimed(turns, 10, "same")))
        rival.start()
        rival.join(0.2)
        assert waits == []
    rival.join(PATIENCE_S)
    assert waits[0] > 0.1
    assert turns._latest == {}


def claimed(turns, number, sha256):
    with turns.take(number) as turn:
        return turn.claim(sha256)


def test_what_was_seen_takes_no_memory(analyser, pictures, monkeypatch):
    """A folder of a hundred thousand files, each with a document of fifty kilobytes."""
    monkeypatch.setattr("unmask.cli.seen._IN_MEMORY", 1000)
    analysis = analyser.analyse(pictures[0])
    long = analysis.model_copy(update={"faces": analysis.faces * 40})
    seen, now = SeenResults(), datetime.now(UTC)
    tracemalloc.start()
    try:
        for number in range(100):
            media = long.media.model_copy(update={"sha256": f"{number:064x}"})
            seen.add(f"{number}.png", long.model_copy(update={"media": media}), "id", now)
        held = tracemalloc.get_traced_memory()[0] / 100
    finally:
        tracemalloc.stop()
    assert held < 1000
    found = seen.get(f"{42:064x}")
    assert (found.input, found.id, found.at) == ("42.png", "id", now)
    assert found.analysis.faces == long.faces
    assert seen.get(f"{100:064x}") is None
    monkeypatch.setattr(seen._file, "write", no_room, raising=False)
    seen.add("late.png", analysis, "id", now)
    assert seen.get(analysis.media.sha256) is None


class Full(io.RawIOBase):
    """A file on a disk without room: what is written is told so once it is to go there."""

    def readable(self):
        return True

    writable = seekable = readable

    def seek(self, offset, whence=0):
        return 0

    def write(self, data):
        no_room()


def test_what_a_full_disk_did_not_take_is_looked_at_anew(analyser, pictures, monkeypatch, capfd):
    """A file's buffer takes it at first, and whoever moves in the file then hears of it."""
    files = "unmask.cli.seen.tempfile.SpooledTemporaryFile"
    monkeypatch.setattr(files, lambda _: io.BufferedRandom(Full()))
    analysis = analyser.analyse(pictures[0])
    seen = SeenResults()
    seen.add("a.png", analysis, "id", datetime.now(UTC))
    assert seen.get(analysis.media.sha256) is None
    del seen
    assert capfd.readouterr().err == ""


def no_room(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_bar_adds_up_the_files_at_work():
    bar = ScanProgress(Console(file=io.StringIO()), 3, shown=True)
    (task,) = bar._bars.tasks
    with bar.watching("a.mp4") as one:
        with bar.watching("b.mp4") as other:
            one("look", 1, 1)
            other("score", 1, 2)
            assert task.completed == pytest.approx(0.8 + 0.9)
            assert task.description == "judging b.mp4 and 1 more"
        assert task.completed == pytest.approx(1 + 0.8)
        one("score", 0, 1)
        assert task.description == "judging a.mp4"
    assert task.completed == pytest.approx(2)
