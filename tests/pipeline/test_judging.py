"""What of a face's sightings becomes evidence, and what the document says of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from unmask.core.analysis import Face, Verdict
from unmask.core.deadline import Deadline
from unmask.core.frames import Covering, Detection, Sighting, Track
from unmask.pipeline.judging import face_evidence, face_record, score_faces
from unmask.pipeline.queueing import Scored
from unmask.runtime.package import Calibration, Pooling

LENGTH = 4
CALIBRATION = Calibration(
    frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0, face_scale=1, face_offset=0,
    frame_weight=0.5,
)  # fmt: skip
MANIFEST: Any = SimpleNamespace(
    calibration=CALIBRATION, pooling=None, clip=SimpleNamespace(frames=LENGTH)
)


class Scorer:
    """A clip's logit is its first frame's first feature."""

    package = SimpleNamespace(manifest=MANIFEST)

    def score_clips(
        self, clips: Sequence[np.ndarray], *, deadline: Deadline | None = None
    ) -> np.ndarray:
        return np.array([clip[0, 0] for clip in clips], np.float32)


def sighting(time: float, *, size: float = 100.0, score: float = 0.99) -> Sighting:
    box = (0.0, 0.0, size, size + 20)
    return Sighting(0, Fraction(time), Detection(box, score, np.zeros((5, 2), np.float32)))


def scored(logit: float, **more: Any) -> Scored:
    said: dict[str, Any] = {
        "features": np.array([logit, 0], np.float32), "cells": None, "covered": None,
        "sharpness": 8.0, "grain": 0.5, "chroma": 9.0, "quantiser": None, "inside": 1.0,
        "image": None, "map": None,
    }  # fmt: skip
    return Scored(logit=logit, **(said | more))


def covering(strokes: float) -> Covering:
    return Covering(strokes=strokes, steps=0.9, gaps=0.01, clipped=0.02, pattern=3.0)


def record(
    seen: Sequence[Sighting],
    said: dict[Sighting, Scored],
    manifest: Any = MANIFEST,
    probability: float | None = 1 / 3,
) -> Face:
    face = (Track(0, 0, tuple(seen)),)
    (clips,) = score_faces([face], said, Scorer(), Deadline.after(None))  # type: ignore[arg-type]
    covered = {one: covering(1.0) for one in seen}
    evidence = face_evidence(face, said, clips, {}, covered, {})
    verdict = Verdict(label="inconclusive", probability=probability, reasons=("too-blurred",))
    return face_record(7, face, said, clips, manifest, evidence, verdict)


def test_each_face_has_the_logits_of_its_own_clips() -> None:
    """Of the second of three nothing but a glance was seen."""
    people = [[sighting(10 * at + time) for time in range(count)] for at, count in
              enumerate((8, 1, 4))]  # fmt: skip
    said = {seen: scored(float(seen.time)) for one in people for seen in one}
    faces = [[Track(number, 0, tuple(seen))] for number, seen in enumerate(people)]
    found = score_faces(faces, said, Scorer(), Deadline.after(None))  # type: ignore[arg-type]
    assert [one.logits for one in found] == [(0.0, 4.0), (), (20.0,)]
    assert [len(one.clips) for one in found] == [2, 0, 1]


def test_evidence_is_of_what_was_scored_in_order_of_time() -> None:
    early, late = ([sighting(start + at) for at in range(4)] for start in (0, 10))
    face = (Track(0, 3, tuple(late)), Track(0, 2, tuple(early)))
    said = {seen: scored(float(seen.time)) for seen in (*early[1:], *late)}
    (clips,) = score_faces([face], said, Scorer(), Deadline.after(None))  # type: ignore[arg-type]
    turned = {late[2]: True, early[2]: False}
    covered = {seen: covering(float(seen.time)) for seen in said}
    noise = np.random.default_rng(0).integers(0, 256, (2, 84, 84), np.uint8)
    still, other = (cv2.GaussianBlur(one, (0, 0), 3) for one in noise)
    small = dict.fromkeys(said, still) | {early[0]: other}
    evidence = face_evidence(face, said, clips, turned, covered, small)
    assert [frame.logit for frame in evidence.frames] == [1, 2, 3, 10, 11, 12, 13]
    assert [frame.strokes for frame in evidence.frames] == [1, 2, 3, 10, 11, 12, 13]
    assert [(clip.logit, clip.frames, clip.stretch) for clip in evidence.clips] == [
        (10, (3, 4, 5, 6), 3),
        (1, (0, 1, 2), 2),
    ]
    assert evidence.turned == (False, True)
    assert evidence.sameness > 0.99


def test_what_a_package_or_a_codec_does_not_say_hides_nothing() -> None:
    (frame,) = _evidence_of(scored(1.0)).frames
    assert (frame.covered, frame.quantiser) == (0.0, 0.0)
    (frame,) = _evidence_of(scored(1.0, covered=0.8, quantiser=35.0)).frames
    assert (frame.covered, frame.quantiser) == (0.8, 35.0)


def _evidence_of(said: Scored) -> Any:
    seen = sighting(0)
    clips: Any = SimpleNamespace(clips=(), logits=())
    return face_evidence(
        (Track(0, 0, (seen,)),), {seen: said}, clips, {}, {seen: covering(1.0)}, {}
    )


def test_the_record_says_when_and_how_much() -> None:
    seen = [sighting(time / 4) for time in range(1, 6)]
    said = {one: scored(float(number)) for number, one in enumerate(seen[:4])}
    face = record(seen, said)
    assert (face.id, face.first_s, face.last_s) == (7, 0.25, 1.25)
    assert face.verdict.probability == 0.333333
    (clip,) = face.clips
    assert (clip.first_s, clip.last_s, clip.counted) == (0.25, 1.0, True)
    assert clip.temporal_score == 0.5
    assert clip.score == 0.679179  # half the clip's 0, half the frames' middle of 1.5
    assert [frame.score for frame in face.frames[:2]] == [0.5, pytest.approx(0.731059)]
    unscored = face.frames[4]
    assert (unscored.time_s, unscored.size_px) == (1.25, 100)
    assert unscored.score is unscored.sharpness is unscored.covered is unscored.quantiser is None


@pytest.mark.parametrize(
    "worse", [{"size": 80.0}, {"score": 0.9}, {"inside": 0.8}, {"scored": False}]
)
@pytest.mark.parametrize("first", [True, False])
def test_the_picture_of_a_face_is_a_large_whole_sure_and_scored_one(
    worse: dict[str, Any], first: bool
) -> None:
    looks = {name: worse[name] for name in ("size", "score") if name in worse}
    good, bad = sighting(0 if not first else 1), sighting(1 if not first else 0, **looks)
    good = Sighting(0, good.time, Detection((5, 5, 105, 125), 0.99, good.detection.landmarks))
    said = {good: scored(0.0)}
    if worse.get("scored", True):
        said[bad] = scored(0.0, inside=worse.get("inside", 1.0))
    assert record(sorted([good, bad], key=lambda one: one.time), said).best_box == (5, 5, 105, 125)


def test_of_equal_pictures_of_a_face_the_earlier_is_shown() -> None:
    seen = [
        Sighting(0, Fraction(at), Detection((at, 0, at + 100, 120), 0.99, np.zeros((5, 2))))
        for at in range(3)
    ]
    assert record(seen, {one: scored(0.0) for one in seen}).best_box == (0, 0, 100, 120)


@pytest.mark.parametrize(
    ("said", "told"), [(None, None), (-0.002, 0), (0.12345, 0.123), (1.004, 1), (0.0, 0)]
)
def test_how_sure_a_network_of_few_digits_is_stays_a_share(
    said: float | None, told: float | None
) -> None:
    seen = sighting(0)
    (frame,) = record([seen], {seen: scored(0.0, covered=said, quantiser=33.26)}).frames
    assert (frame.covered, frame.quantiser) == (told, 33.3)


def test_numbers_have_as_many_digits_as_are_the_same_in_every_run() -> None:
    third = 100 / 3
    where = Detection((third,) * 2 + (3 * third,) * 2, 1 / 3, np.full((5, 2), third, np.float32))
    seen = Sighting(0, Fraction(1, 3), where)
    said = scored(1 / 3, sharpness=third, grain=third, chroma=third, quantiser=third)
    face = record([seen], {seen: said})
    assert (face.first_s, face.last_s) == (0.333333, 0.333333)
    (frame,) = face.frames
    assert frame.time_s == 0.333333
    assert face.best_box == frame.box == (33.33, 33.33, 100, 100)
    assert frame.landmarks == ((33.33, 33.33),) * 5
    assert (frame.size_px, frame.detector_score) == (66.67, 0.333333)
    assert (frame.sharpness, frame.grain, frame.chroma) == (33.333, 33.333, 33.33)
    assert (frame.quantiser, frame.score) == (33.3, 0.58257)


def test_a_face_that_was_not_judged_has_no_probability_in_its_record() -> None:
    seen = sighting(0)
    face = record([seen], {seen: scored(0.0)}, probability=None)
    assert (face.verdict.label, face.verdict.probability) == ("inconclusive", None)


def test_what_lasts_is_told_where_a_package_lays_frames_over_each_other() -> None:
    seen = [sighting(0), sighting(1)]
    spot = np.zeros((3, 3), np.float32)
    spot[1, 2] = 2.0
    said = {one: scored(1.0, cells=spot) for one in seen}
    assert record(seen, said).traces is None
    pooling = SimpleNamespace(**vars(MANIFEST) | {"pooling": Pooling(share=0.7, sharpness=2.0)})
    traces = record(seen, said, pooling).traces
    assert traces is not None
    assert [len(row) for row in traces] == [3, 3, 3]
    assert traces[1][2] == max(max(row) for row in traces) > 1
    assert all(value == round(value, 3) for row in traces for value in row)
