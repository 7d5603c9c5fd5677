"""What a result is accompanied by: which notice when, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from unmask.core.analysis import AnalysisOptions, MediaInfo, Notice, Thresholds
from unmask.core.language import spoken
from unmask.core.said import told
from unmask.pipeline.choosing import Choice
from unmask.pipeline.looking import Seen
from unmask.pipeline.notices import notices
from unmask.pipeline.run import _further_films, _grown, _part
from unmask.video import DamageCount

NOBODY = Choice(faces=(), brief=0, left_out=0)


def media(**facts: Any) -> MediaInfo:
    usual: dict[str, Any] = {
        "name": "clip.mp4", "sha256": "ab" * 32, "bytes": 1000, "kind": "video",
        "container": "mp4", "codec": "h264", "width": 640, "height": 480, "rotation": 0,
        "duration_s": 10.0, "frame_rate": "25", "frames_decoded": 20, "frames_damaged": 0,
        "has_audio": False,
    }  # fmt: skip
    return MediaInfo(**(usual | facts))


def picture(**facts: Any) -> MediaInfo:
    return media(kind="image", duration_s=None, frame_rate=None, **facts)


def said(
    info: MediaInfo | None = None,
    seen: Seen | None = None,
    damage: DamageCount | None = None,
    choice: Choice = NOBODY,
) -> list[Notice]:
    usual = Seen(places=4, windows=4, frames=20)
    return list(notices(info or media(), seen or usual, damage or DamageCount(), choice))


def codes(*given: Any, **named: Any) -> list[str]:
    return [one.code for one in said(*given, **named)]


def test_of_a_sound_film_there_is_nothing_to_say() -> None:
    assert codes() == []
    assert codes(picture(), Seen(places=1, windows=1, frames=1)) == []


def test_damage_is_counted() -> None:
    (one,) = said(media(frames_damaged=3, frames_decoded=17))
    assert one.code == "damaged"
    assert one.message.startswith("3 packets or frames could not be decoded and were skipped; 17")


@pytest.mark.parametrize(
    ("stated", "measured", "short"),
    [
        (11.0, 10.0, False),  # a second may be the last frame's
        (11.1, 10.0, True),
        (100.0, 95.0, False),  # so may a twentieth of a long one
        (100.0, 94.9, True),
        (10.0, 12.0, False),
        (None, 10.0, False),
        (10.0, None, False),
    ],
)
def test_a_film_that_ends_well_before_its_header_says_is_cut_short(
    stated: float | None, measured: float | None, short: bool
) -> None:
    found = said(media(stated_duration_s=stated, duration_s=measured))
    assert [one.code for one in found] == ["incomplete"] * short
    if short:
        assert f"states a length of {stated:.1f} s" in found[0].message


def test_of_three_ways_to_be_incomplete_the_surest_is_told() -> None:
    few, unsure = Seen(places=4, windows=2, frames=10), DamageCount()
    unsure.unsure_of_times = True
    cut = media(stated_duration_s=60.0)
    texts = [said(cut, few, unsure), said(media(), few, unsure), said(media(), few)]
    assert [[one.code for one in text] for text in texts] == [["incomplete"]] * 3
    cut_short, times, places = (text[0].message for text in texts)
    assert "it seems cut short" in cut_short
    assert "start anew midway" in times
    assert places.startswith("Of 4 places in the file, 2 could be looked at")


@pytest.mark.parametrize(("frames", "info", "told_of"), [
    (1, media(), True), (2, media(), False), (1, picture(), False),
])  # fmt: skip
def test_a_film_of_one_frame_is_told(frames: int, info: MediaInfo, told_of: bool) -> None:
    seen = Seen(places=1, windows=1, frames=frames)
    assert ("single-frame" in codes(info, seen)) == told_of


def test_frames_of_two_sizes_are_told() -> None:
    damage = DamageCount()
    damage.sizes.add((640, 480))
    assert codes(damage=damage) == []
    damage.sizes.add((320, 240))
    assert codes(damage=damage) == ["size-changes"]


def test_what_else_is_in_the_file_is_told() -> None:
    more = DamageCount()
    more.further = 2
    (film,), (still,) = said(damage=more), said(picture(), damage=more)
    assert film.message.startswith("Further films in the file (picture tracks): 2.")
    assert still.message.startswith("Further pictures in the file: 2.")
    more.film_beside = True
    assert codes(picture(), damage=more) == ["more-in-file"] * 2
    more.further = 0
    (motion,) = said(picture(), damage=more)
    assert "motion photo" in motion.message


def test_faces_that_were_not_scored_are_counted() -> None:
    found = said(choice=Choice(faces=((), ()), brief=4, left_out=3))
    assert [one.code for one in found] == ["faces-left-out", "brief-detections-ignored"]
    assert found[0].message.startswith("3 more faces were found than were asked for; the 2 largest")
    assert found[1].message.endswith("left out: 4.")


def test_every_notice_is_translated() -> None:
    """Words that were changed in one place alone would be English in a German report."""
    more = DamageCount()
    more.further, more.film_beside, more.unsure_of_times = 2, True, True
    more.sizes.update([(1, 1), (2, 2)])
    few = Seen(places=4, windows=2, frames=1)
    faces = Choice(faces=((),), brief=4, left_out=3)
    every = [
        *said(media(frames_damaged=3), few, more, faces),
        *said(media(), few),
        *said(media(stated_duration_s=60.0)),
        *said(picture(), damage=more),
    ]
    assert len({one.message for one in every}) == 11
    with spoken("de"):
        for one in every:
            assert told(one.message) != one.message


@pytest.mark.parametrize(
    ("shown", "size"),
    [
        ((), None),
        (((640, 480),), None),
        (((780, 590),), None),  # not half as many again
        (((640, 720),), (640, 720)),
        (((640, 480), (1920, 1080), (1280, 720)), (1920, 1080)),
        (((320, 240),), None),
    ],
)
def test_a_film_is_looked_at_in_its_largest_size_where_its_first_is_much_smaller(
    shown: tuple[tuple[int, int], ...], size: tuple[int, int] | None
) -> None:
    larger = _grown(media(), shown)
    assert (None if larger is None else (larger.width, larger.height)) == size


@pytest.mark.parametrize(
    ("info", "plays", "further", "several"),
    [
        (media(), False, 0, False),
        (media(), False, 1, True),
        (picture(), False, 1, False),  # pages of a picture: the first is what is shown
        (picture(), True, 0, True),  # a picture and a film at once
    ],
)
def test_whether_another_film_may_be_shown(
    info: MediaInfo, plays: bool, further: int, several: bool
) -> None:
    damage = DamageCount()
    damage.plays, damage.further = plays, further
    assert _further_films(info, damage) is several


@pytest.mark.parametrize(
    ("info", "asked", "part"),
    [
        (media(), (None, None), (0.0, None)),
        (media(starts_s=2.0), (None, 5.0), (2.0, 5.0)),
        (media(starts_s=2.0), (1.0, 5.0), (2.0, 5.0)),
        (media(starts_s=2.0), (3.0, None), (3.0, None)),
        (picture(), (3.0, 5.0), (None, None)),
    ],
)
def test_a_film_is_not_looked_at_before_its_first_picture(
    info: MediaInfo, asked: tuple[float | None, float | None], part: tuple[Any, Any]
) -> None:
    options = AnalysisOptions(
        clips=4, frames_per_clip=5, min_face_px=40, max_faces=8, device="cpu",
        runtime="openvino", precision="f32", thresholds=Thresholds(low=0.3, high=0.8),
        default_thresholds=True, from_s=asked[0], to_s=asked[1],
    )  # fmt: skip
    assert _part(info, options) == part
