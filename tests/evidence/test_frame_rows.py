"""One analysis as CSV."""

from __future__ import annotations

import csv
import io

from report_samples import SHA256, analysis, face, frame

from unmask.evidence import FRAME_COLUMNS, csv_frames


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_each_face_in_each_frame() -> None:
    found = rows(csv_frames(analysis(faces=(face(0, frames=3), face(1, frames=2)))))
    assert [row["face"] for row in found] == ["0", "0", "0", "1", "1"]
    assert found[0] == {
        "sha256": SHA256,
        "face": "0",
        "face_label": "manipulated",
        "face_probability": "0.9",
        "time_s": "1.0",
        "x0": "10.4",
        "y0": "20.0",
        "x1": "70.0",
        "y1": "90.0",
        "size_px": "59.6",
        "sharpness": "6.54",
        "grain": "0.58",
        "detector_score": "0.998",
        "score": "0.1",
        "clip_score": "0.875",
        "temporal_score": "0.75",
    }


def test_a_frame_has_the_highest_of_the_stretches_that_hold_it() -> None:
    """A long stretch has several clips, of which the last may overlap the one before."""
    one = face(frames=4)  # from 1 s to 1.75 s
    first, last = (
        one.clips[0].model_copy(update=update)
        for update in (
            {"first_s": 1.0, "last_s": 1.25, "score": 0.2, "temporal_score": 0.9},
            {"first_s": 1.25, "last_s": 1.5, "score": 0.8, "temporal_score": None},
        )
    )
    found = rows(csv_frames(analysis(faces=(one.model_copy(update={"clips": (first, last)}),))))
    assert [row["clip_score"] for row in found] == ["0.2", "0.8", "0.8", ""]
    assert [row["temporal_score"] for row in found] == ["0.9", "0.9", "", ""]


def test_what_was_not_scored_is_empty_and_not_nought() -> None:
    one = face(0, None).model_copy(update={"frames": (frame(9.0, None),)})
    (row,) = rows(csv_frames(analysis(faces=(one,))))
    assert (row["score"], row["clip_score"], row["face_probability"]) == ("", "", "")
    assert row["temporal_score"] == ""


def test_no_face_gives_the_heading_alone() -> None:
    assert csv_frames(analysis(faces=())).strip().split(",") == list(FRAME_COLUMNS)
