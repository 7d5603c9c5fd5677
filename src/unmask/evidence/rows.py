"""One analysis as CSV: a row for each face in each sampled frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from unmask.core.analysis import Analysis, Face, FaceClip, FaceFrame

FRAME_COLUMNS = (
    "sha256",
    "face",
    "face_label",
    "face_probability",
    "time_s",
    "x0",
    "y0",
    "x1",
    "y1",
    "size_px",
    "sharpness",
    "grain",
    "detector_score",
    "score",
    "clip_score",
    "temporal_score",
)


def csv_frames(analysis: Analysis) -> str:
    """CSV with a heading (:data:`FRAME_COLUMNS`), by face, then time; no rows without a face.

    ``score`` is P(manipulated) from that frame alone, empty where it was not scored; ``clip_score``
    that of the stretch which holds the frame, as if the face were seen there alone, and
    ``temporal_score`` that of the temporal network for it by itself; the highest of several.
    """
    text = io.StringIO(newline="")
    rows = csv.DictWriter(text, FRAME_COLUMNS, restval="")
    rows.writeheader()
    rows.writerows(_rows(analysis))
    return text.getvalue()


def _rows(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for face in analysis.faces:
        for frame in face.frames:
            x0, y0, x1, y1 = frame.box
            yield {
                "sha256": analysis.media.sha256,
                "face": face.id,
                "face_label": face.verdict.label,
                "face_probability": face.verdict.probability,
                "time_s": frame.time_s,
                "x0": x0,
                "y0": y0,
                "x1": x1,
                "y1": y1,
                "size_px": frame.size_px,
                "sharpness": frame.sharpness,
                "grain": frame.grain,
                "detector_score": frame.detector_score,
                "score": frame.score,
                "clip_score": _highest(one.score for one in _around(face, frame)),
                "temporal_score": _highest(one.temporal_score for one in _around(face, frame)),
            }


def _around(face: Face, frame: FaceFrame) -> Iterator[FaceClip]:
    return (one for one in face.clips if one.first_s <= frame.time_s <= one.last_s)


def _highest(scores: Iterable[float | None]) -> float | None:
    return max((score for score in scores if score is not None), default=None)
