"""``unmask scan --trace``: a document for Perfetto, and nothing where it is not asked for."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unmask.pipeline import Trace

SAMPLE = Path(__file__).parents[2] / "examples" / "samples" / "untouched.mp4"
STAGES = {"open", "load", "decode", "detect", "track", "align", "score", "temporal", "verdict"}


def test_every_stage_is_traced_with_its_thread(scan: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    ran = scan(SAMPLE, "--trace", path, "--no-history", "--json", "-")
    assert ran.code == 0
    events = json.loads(path.read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    assert {span["name"] for span in spans} >= STAGES
    threads = {event["tid"]: event["args"]["name"] for event in events if "tid" in event and
               event["name"] == "thread_name"}  # fmt: skip
    assert all(span["tid"] in threads and span["dur"] >= 0 <= span["ts"] for span in spans)
    by_stage = {span["name"]: threads[span["tid"]] for span in spans}
    assert by_stage["decode"].startswith("unmask-decode")
    assert by_stage["score"].startswith("unmask-score")
    # What the document states is the sum of what the trace shows.
    stated = ran.json["timings_s"]
    for stage in ("decode", "detect", "score"):
        traced = sum(span["dur"] for span in spans if span["name"] == stage) / 1e6
        assert abs(traced - stated[stage]) < 1e-3
    assert sum(span["args"].get("crops", 0) for span in spans) == sum(
        frame["score"] is not None for face in ran.json["faces"] for frame in face["frames"]
    )


def test_a_trace_that_cannot_be_written_is_said_at_once(
    scan: Callable[..., Any], tmp_path: Path
) -> None:
    for place, words in ((tmp_path / "absent" / "trace.json", "no folder"), ("-", "a file")):
        ran = scan(SAMPLE, "--trace", place, "--no-history")
        assert ran.code == 2
        assert words in ran.err


def test_threads_may_write_at_once() -> None:
    stream = io.StringIO()
    trace = Trace(stream)

    def write() -> None:
        for number in range(200):
            trace.add("decode", 1.0, 1.5, window=number)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trace.close()
    events = json.loads(stream.getvalue())["traceEvents"]
    assert sum(event["ph"] == "X" for event in events) == 800
    assert {event["dur"] for event in events if event["ph"] == "X"} == {500_000}
