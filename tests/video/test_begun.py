"""A film that probing left open is read on as if it had been opened anew."""

from __future__ import annotations

import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from media_factory import NEVER, number, plan, write
from PIL import Image

from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded
from unmask.core.frames import WindowPlan
from unmask.video import Begun, DamageCount, begin, probe, read_windows

PLANS = [plan(0, 2, 4, 0.1), plan(2, 4, 4, 0.1)]


def seen(
    path: Path, begun: Begun | None, damage: DamageCount
) -> list[tuple[Fraction, int, float | None]]:
    info = probe(path, deadline=NEVER)
    windows = read_windows(path, info, PLANS, deadline=NEVER, damage=damage, begun=begun)
    return [
        (frame.time, number(frame.image), frame.quantiser)
        for window in windows
        for frame in window.frames
    ]


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"codec": "libx265"},
        {"sound": True},
        {"rate": Fraction(10), "gop": 100},
        {"options": {"bf": "0"}},
        {"codec": "libvpx-vp9"},
        {"turn": (90, False, False)},
        {"aspect": Fraction(4, 3)},
    ],
)
def test_frames_and_counts_are_those_of_a_file_opened_anew(
    tmp_path: Path, recipe: dict[str, Any]
) -> None:
    path = write(tmp_path / "clip.mp4", frames=100, **recipe)
    info, begun = begin(path, deadline=NEVER)
    assert begun.suits(PLANS)
    anew, found = DamageCount(), seen(path, begun, begun.damage)
    assert found == seen(path, None, anew)
    assert len(found) == 8
    assert begun.damage == anew
    assert info == probe(path, deadline=NEVER)
    assert begun.given(NEVER) is None


def test_a_film_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unmask.video import reader

    path, real, times = write(tmp_path / "clip.mp4", frames=100), reader.opened, []
    info, begun = begin(path, deadline=NEVER)
    monkeypatch.setattr(reader, "opened", lambda *given: times.append(given) or real(*given))
    windows = read_windows(path, info, PLANS, deadline=NEVER, damage=begun.damage, begun=begun)
    assert len(list(windows)) == 2
    assert times == []


@pytest.mark.parametrize(
    "plans",
    [
        [],
        PLANS[:1],  # whose reader leaves the index alone
        [plan(1, 2, 4, 0.1), plan(2, 4, 4, 0.1)],  # which passes over frames on its way
    ],
)
def test_it_does_not_suit_whoever_would_begin_otherwise(
    tmp_path: Path, plans: list[WindowPlan]
) -> None:
    _, begun = begin(write(tmp_path / "clip.mp4", frames=100), deadline=NEVER)
    assert begun.reader is not None
    assert not begun.suits(plans)
    begun.close()
    assert not begun.suits(PLANS)


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("clip.mkv", {}),
        ("clip.avi", {}),
        ("clip.ts", {"form": "mpegts"}),
        ("clip.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}),
    ],
)
def test_only_what_has_a_whole_index_stays_open(
    tmp_path: Path, name: str, recipe: dict[str, Any]
) -> None:
    _, begun = begin(write(tmp_path / name, frames=100, **recipe), deadline=NEVER)
    assert begun.reader is None


def test_of_a_picture_nothing_stays_open(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "still.png")
    info, begun = begin(tmp_path / "still.png", deadline=NEVER)
    assert info.kind == "image"
    assert not begun.suits(PLANS)


def test_it_goes_on_within_the_deadline_of_who_takes_it(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", frames=100)
    stop = threading.Event()
    stop.set()
    for deadline in (Deadline(time.monotonic() - 1, 1.0), NEVER.until(stop)):
        info, begun = begin(path, deadline=NEVER)
        with pytest.raises(TimeBudgetExceeded):
            list(
                read_windows(path, info, PLANS, deadline=deadline, damage=begun.damage, begun=begun)
            )


def test_a_film_that_was_read_to_its_end_for_its_first_frame_ends_there(tmp_path: Path) -> None:
    """Two pictures of which the second is decoded before the first can be shown."""
    path = write(tmp_path / "clip.mp4", frames=2, rate=Fraction(1, 2))
    anew, (_, begun) = DamageCount(), begin(path, deadline=NEVER)
    assert begun.suits(PLANS)
    assert seen(path, begun, begun.damage) == seen(path, None, anew)
    assert begun.damage == anew
