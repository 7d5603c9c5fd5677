"""``import unmask`` is cheap, and the base install's commands stay light."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from unmask import __version__

HEAVY = {"torch", "flask", "ray", "lightning_fabric", "numpy", "av", "openvino", "onnxruntime"}
CODE = """
import json, sys, time
start = time.perf_counter()
{what}
print(json.dumps([time.perf_counter() - start, sorted(sys.modules)]))
"""


def run(what: str) -> tuple[float, set[str]]:
    code = CODE.format(what=what)
    command = [sys.executable, "-W", "error", "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, modules = json.loads(answer.stdout)
    return seconds, set(modules)


def test_importing_is_fast_and_brings_nothing_heavy_in() -> None:
    runs = [run("import unmask; unmask.__version__") for _ in range(3)]
    assert min(seconds for seconds, _ in runs) < 0.5
    assert runs[0][1] & HEAVY == set()


def test_what_it_offers_is_there() -> None:
    _, modules = run("from unmask import Analyser, Analysis, UnmaskError, analyse")
    assert modules & {"torch", "flask", "ray", "openvino", "onnxruntime", "sqlalchemy"} == set()
    run("import unmask; assert set(unmask.__all__) <= set(dir(unmask))")  # as Tab in a notebook


@pytest.mark.parametrize("command", ["scan", "history", "models", "doctor", "data", "train"])
def test_help_loads_nothing_heavy(command: str) -> None:
    what = f"from unmask.cli import main; sys.stdout, out = sys.stderr, sys.stdout; \
main(['{command}', '--help']); sys.stdout = out"
    _, modules = run(what)
    assert modules & HEAVY == set()


def test_the_process_of_a_job_loads_no_database() -> None:
    """It did, for a third of the processor time that a small picture takes."""
    _, modules = run("import unmask.jobs.child, unmask.jobs.live_child, unmask.jobs.report_child")
    assert modules & {"sqlalchemy", "alembic", "huey", "flask"} == set()


def test_a_name_it_does_not_have() -> None:
    import unmask

    with pytest.raises(AttributeError, match="no attribute 'authentic'"):
        _ = unmask.authentic


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-W", "error", "-m", "unmask", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"unmask {__version__}\n"
