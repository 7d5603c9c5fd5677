"""Several processes on one database file. Processes are spawned: nothing is shared but the file."""

import subprocess
import sys
from pathlib import Path

import pytest

from unmask.store import History, fingerprint

WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from sample_analysis import sample
from unmask.store import History, fingerprint
import alembic.command  # imported before the start signal, so that the first openings collide
options, who, count = fingerprint({}), sys.argv[3], int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
with History(sys.argv[2]) as history:
    for number in range(count):
        history.record(sample(f"{who}-{number}.mp4"), fingerprint=options)
        print("kept", flush=True)
"""


def start(database, who, count):
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(database)]
    return subprocess.Popen(
        [*command, who, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def go(process):
    process.stdin.write("go\n")
    process.stdin.flush()


def test_first_starts_that_race_and_writes_at_once_lose_nothing(database):
    writers = [start(database, who, 50) for who in "ab"]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        go(writer)
    for writer in writers:
        _, complaint = writer.communicate(timeout=60)
        assert writer.returncode == 0, complaint
    with History(database) as history:
        found = {entry.name for entry in history.list()}
        assert found == {f"{who}-{number}.mp4" for who in "ab" for number in range(50)}
        assert history.count() == 100


def test_a_killed_process_leaves_what_it_had_recorded(database, make_analysis):
    with start(database, "k", 10_000) as writer:
        assert writer.stdout.readline() == "ready\n"
        go(writer)
        for _ in range(5):
            assert writer.stdout.readline() == "kept\n"
        writer.kill()
        kept = 5 + writer.stdout.read().count("kept\n")
    with History(database) as history:
        assert history.count() in (kept, kept + 1)  # one more may be on disk and not yet told
        history.record(make_analysis("after.mp4"), fingerprint=fingerprint({}))
        assert history.count() > kept
        with history.database.reader.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@pytest.mark.parametrize("openers", [4])
def test_threads_may_share_one_history(history, make_analysis, openers):
    from concurrent.futures import ThreadPoolExecutor

    def write(number):
        return history.record(make_analysis(f"{number}.mp4"), fingerprint=fingerprint({})).id

    with ThreadPoolExecutor(openers) as pool:
        ids = set(pool.map(write, range(40)))
    assert {entry.id for entry in history.list()} == ids
