"""Reports say how much of a film was looked at, how much was not, and what to do next."""

from __future__ import annotations

import re

import pytest
from report_samples import analysis, face, frame, manifest, report

from unmask.core.analysis import Analysis, FaceClip, Verdict
from unmask.core.language import spoken
from unmask.evidence import html_report
from unmask.evidence.advice import next_step
from unmask.evidence.looked import (
    longest_unseen,
    looked_at,
    part,
    shown_in,
    span,
    stretches_of,
)

FOUR = ((0.0, 0.48), (300.0, 300.48), (600.0, 600.48), (900.0, 900.48))


def film(stretches=FOUR, duration_s=1200.0, reasons=("below-threshold",), **options) -> Analysis:
    label = "inconclusive" if reasons != ("below-threshold",) else "no-manipulation-found"
    base = analysis(duration_s=duration_s, frame_rate="25")
    return base.model_copy(
        update={
            "stretches": stretches,
            "verdict": Verdict(label=label, probability=0.2, reasons=reasons),
            "options": base.options.model_copy(update=options),
        }
    )


def test_what_was_not_looked_at_is_said():
    assert longest_unseen(film()) == pytest.approx(299.52)
    assert looked_at(film()) == (
        "4 short stretches were looked at, 2.1 s of 20:00 in all. "
        "Up to 5:00 on end went unseen: a manipulation there would not be noticed."
    )
    with spoken("de"):
        assert "2,1 s von 20:00" in looked_at(film())


def test_where_nearly_all_was_seen_nothing_is_missing():
    seen = film(((0.0, 0.48), (0.6, 1.08)), duration_s=1.2)
    assert looked_at(seen) == "2 short stretches were looked at, 1.0 s of 1.2 s in all."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1:00"), (119.6, "2:00"), (3599.7, "1:00:00")],
)
def test_a_time_that_is_rounded_to_a_minute_is_one(seconds, text):
    assert span(seconds) == text


def test_a_part_that_was_asked_for_is_named():
    part = film(((667.0, 667.48),), from_s=667.0, to_s=670.0)
    assert looked_at(part).startswith("Only the part from 11:07 to 11:10 was asked for. 1 short")
    assert longest_unseen(part) == pytest.approx(667.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, ""),
        ({"from_s": 5.0}, "Only the part from 5.0 s on was asked for."),
        ({"to_s": 5.0}, "Only the part from 0.0 s to 5.0 s was asked for."),
        ({"from_s": 0.0, "to_s": 5.0}, "Only the part from 0.0 s to 5.0 s was asked for."),
    ],
)
def test_a_part_has_a_beginning_and_perhaps_an_end(options, said):
    assert part(film(**options).options) == said


@pytest.mark.parametrize(
    ("stretches", "starts_s", "duration_s", "unseen"),
    [
        (((40.0, 40.5), (50.0, 50.5), (60.0, 60.5)), 0.0, 70.0, 40.0),  # before the first
        (((40.0, 40.5), (50.0, 50.5), (60.0, 60.5)), 35.0, 70.0, 9.5),  # sound alone until then
        (((0.0, 0.5), (30.0, 30.5), (40.0, 40.5)), 0.0, 50.0, 29.5),
        (((0.0, 0.5), (10.0, 10.5), (40.0, 40.5)), 0.0, 50.0, 29.5),
        (((0.0, 0.5), (10.0, 10.5), (20.0, 20.5)), 0.0, 70.0, 49.5),  # after the last
        (((0.0, 20.0), (20.5, 40.0)), 0.0, 40.0, 0.5),  # long stretches are not unseen
        (((0.0, 0.5), (10.0, 10.5)), 0.0, None, 9.5),  # who knows how long it is
    ],
)
def test_the_longest_time_unseen_lies_anywhere(stretches, starts_s, duration_s, unseen):
    seen = film(stretches)
    media = seen.media.model_copy(update={"starts_s": starts_s, "duration_s": duration_s})
    assert longest_unseen(seen.model_copy(update={"media": media})) == pytest.approx(unseen)


@pytest.mark.parametrize(
    ("rate", "seen"), [("25", "1.0 s"), ("1/2", "3.0 s"), (None, "1.0 s"), ("0", "1.0 s")]
)
def test_the_last_frame_of_a_stretch_is_on_show_for_as_long_as_others(rate, seen):
    slow = film(((0.0, 1.0),), duration_s=4.0)
    slow = slow.model_copy(update={"media": slow.media.model_copy(update={"frame_rate": rate})})
    assert looked_at(slow).startswith(f"1 short stretch was looked at, {seen} of 4.0 s in all.")


@pytest.mark.parametrize("stretches", [None, ()])
def test_pictures_and_older_documents_say_nothing(stretches):
    silent = film(stretches)
    assert looked_at(silent) == shown_in(silent.faces[0], silent) == ""
    assert longest_unseen(silent) == 0.0


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ((), ()),
        ((3.0,), ((3.0, 3.0),)),
        ((0.0, 0.1, 0.2, 5.0, 5.1), ((0.0, 0.2), (5.0, 5.1))),
        ((0.0, 0.02, 0.04), ((0.0, 0.04),)),
        # seen in two frames of each: most of the smaller steps are still within a stretch
        ((0.0, 0.1, 5.0, 5.1, 10.0, 10.1), ((0.0, 0.1), (5.0, 5.1), (10.0, 10.1))),
        # the smallest of all is not the usual one
        ((0.0, 0.02, 0.22, 0.42, 0.62), ((0.0, 0.62),)),
    ],
)
def test_in_older_documents_stretches_are_told_from_the_times_of_faces(times, found):
    seen = face().model_copy(update={"frames": tuple(frame(time) for time in times)})
    old = film(None).model_copy(update={"faces": (seen,)})
    assert stretches_of(old) == found
    assert stretches_of(old.model_copy(update={"stretches": FOUR})) == FOUR


def test_a_face_is_not_said_to_be_watched_all_the_time():
    brief = face().model_copy(update={"frames": (frame(0.2), frame(900.1)), "last_s": 900.1})
    assert shown_in(brief, film()) == "seen in 2 of 4 stretches"
    at_ends = brief.model_copy(update={"frames": (frame(0.0), frame(300.48), frame(899.9))})
    assert shown_in(at_ends, film()) == "seen in 2 of 4 stretches"


def test_whoever_clears_little_of_a_film_is_told_to_look_closer():
    assert "that part of the film alone" in next_step(film())
    assert "alone" not in next_step(film(((0.0, 0.48), (1.0, 1.48)), duration_s=2.0))


@pytest.mark.parametrize(("gap", "said"), [(4.9, False), (5.1, True)])
def test_five_seconds_on_end_are_much(gap, said):
    brief = film(((0.0, 0.5), (0.5 + gap, 1.0 + gap)), duration_s=1.0 + gap)
    assert ("that part of the film alone" in next_step(brief)) == said


def test_where_frames_disagree_the_place_is_named():
    clips = (
        FaceClip(first_s=0.0, last_s=0.48, score=0.3, temporal_score=0.9),
        FaceClip(first_s=600.0, last_s=600.48, score=0.98, temporal_score=0.2, stretch=2),
        FaceClip(first_s=900.0, last_s=900.48, score=0.99, temporal_score=0.2, counted=False),
    )
    clear = face().model_copy(update={"clips": clips})
    doubt = film(reasons=("frames-disagree",)).model_copy(update={"faces": (clear,)})
    assert "lies around 10:00: watch it" in next_step(doubt)
    for few in (FOUR[:1], None):  # of one stretch there is nothing to look for
        assert "around" not in next_step(doubt.model_copy(update={"stretches": few}))
    assert "lies around" in next_step(doubt.model_copy(update={"stretches": FOUR[:2]}))
    between = film(reasons=("between-thresholds",)).model_copy(update={"faces": (clear,)})
    assert "around" not in next_step(between)


def test_the_first_section_of_a_report_has_what_a_decision_needs():
    two = film().model_copy(update={"faces": (face(0, 0.98), face(1, None))})
    page = html_report(report(two, manifest=measured()))
    first = re.sub(r"<[^>]+>", "", page.partition("<h2")[2].partition("<h2")[0])
    assert "Face by face. Face 0: Manipulated (0.98). Face 1: Inconclusive." in first
    assert "What was looked at. 4 short stretches were looked at, 2.1 s of 20:00" in first
    assert "this model called 19 of 50 manipulated ones manipulated" in first
    assert "What to do next." in first


def measured():
    decisions = [
        {"label": 0, "files": 50, "wrong": {"value": 0.0}},
        {"label": 1, "files": 50, "correct": {"value": 0.38}, "wrong": {"value": 0.1}},
    ]
    return manifest().model_copy(update={"metrics": {"evaluations": [{"decisions": decisions}]}})
