"""What a job's process answers about a file that cannot be analysed."""

from __future__ import annotations

import io
from pathlib import Path

from unmask.jobs import JobOptions
from unmask.jobs.child import Speaker, answer
from unmask.jobs.messages import Failed, Order


def test_a_failure_names_the_file_as_it_was_uploaded(options: JobOptions, tmp_path: Path) -> None:
    kept = tmp_path / "9e" / "9e01"
    kept.parent.mkdir()
    kept.write_bytes(b"neither film nor picture" * 40)
    order = Order(
        path=str(kept),
        name="Frau Müller.mp4",
        folder=str(tmp_path),
        model_sha256=options.analyser().model.sha256,
        options=options,
    )
    said = answer(order, Speaker(io.BytesIO()))
    assert isinstance(said, Failed)
    assert said.error.message.startswith("Frau Müller.mp4: ")
    assert str(tmp_path) not in said.model_dump_json()
    assert "9e01" not in said.model_dump_json()
