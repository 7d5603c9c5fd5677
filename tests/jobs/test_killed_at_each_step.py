"""A worker that is killed (kill -9) at each step of a job, and another that comes after it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from unmask.jobs.pulses import Pulses
from unmask.jobs.running import Workshop
from unmask.jobs.worker import sweep

DIES = """
import os, signal, sys
from pathlib import Path
from unmask.jobs import Folders
from unmask.jobs.running import Workshop
from unmask.jobs.vault import Vault
from unmask.store import History, JobBook

place, when = sys.argv[1:]
kind, name = {
    "claim": (JobBook, "claim"),
    "begin": (Workshop, "_begun"),
    "renew": (JobBook, "renew"),
    "put": (Path, "rename"),
    "record": (History, "record"),
    "finish": (JobBook, "finish"),
}[place]
done = getattr(kind, name)

def deadly(*given, **more):
    if when == "after":
        done(*given, **more)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(kind, name, deadly)
Workshop(History(), Folders.default()).run()
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", ["claim", "begin", "renew", "put", "record", "finish"])
def test_whenever_it_dies_there_is_one_result_and_all_that_belongs_to_it(
    submit, desk, portrait, place, when
):
    id = submit(portrait, webhook="https://told.example/").id
    died = subprocess.run([sys.executable, "-c", DIES, place, when], env=os.environ, check=False)
    assert died.returncode == -9
    shop = Workshop(desk.history, desk.folders, pulses=Pulses(20.0))
    sweep(shop, desk.queue)
    for _ in range(desk.book.waiting()):
        shop.run()
    assert desk.book.get(id).state == "done"
    assert [entry.id for entry in desk.history.list()] == [id]
    assert [line.event for line in desk.log.of(id)] == ["received", "analysed"]
    assert [place.name for place in desk.folders.evidence.iterdir()] == [id]
    assert desk.pictures(id).poster
    assert list(desk.folders.incoming.iterdir()) == []
    assert desk.deliveries.take("told.example", 60) is not None
