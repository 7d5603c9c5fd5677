"""Each distortion grows with its level, repeats itself, and keeps the frames' shape."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from skimage.data import astronaut

from unmask.core.errors import UsageError
from unmask.core.frames import Frame, Window
from unmask.evaluation.distortions import DISTORTIONS
from unmask.evaluation.robustness import LEVELS, conditions

FACE = np.ascontiguousarray(astronaut()[50:197, 150:281])  # odd both ways


def window(frames: int = 3) -> Window:
    images = (np.ascontiguousarray(np.roll(FACE, at, axis=1)) for at in range(frames))
    return Window(tuple(Frame(Fraction(at, 8), image) for at, image in enumerate(images)))


def test_there_are_seven_at_five_levels() -> None:
    assert len(DISTORTIONS) == 7
    assert len(conditions((), 0)) == 35
    with pytest.raises(UsageError, match="no distortion 'fog'"):
        conditions(("fog",), 0)


@pytest.mark.parametrize("name", list(DISTORTIONS))
def test_each_level_changes_more_than_the_one_before(name: str) -> None:
    before = window()
    kept = [frame.image.copy() for frame in before.frames]
    distances = []
    for level in LEVELS:
        after = DISTORTIONS[name].alter(level)(before)
        assert [frame.time for frame in after.frames] == [frame.time for frame in before.frames]
        for old, new in zip(before.frames, after.frames, strict=True):
            assert (new.image.shape, new.image.dtype) == (old.image.shape, np.uint8)
            assert new.image.flags.c_contiguous
        pairs = zip(before.frames, after.frames, strict=True)
        squares = [np.mean((old.image.astype(float) - new.image) ** 2) for old, new in pairs]
        distances.append(np.mean(squares))
    assert distances == sorted(distances)
    assert distances[0] > 0
    assert all(np.array_equal(a, b.image) for a, b in zip(kept, before.frames, strict=True))


@pytest.mark.parametrize("name", list(DISTORTIONS))
def test_the_same_again_and_for_a_single_picture(name: str) -> None:
    alter = DISTORTIONS[name].alter(4, 9)
    one, two = alter(window(1)).frames[0].image, alter(window(1)).frames[0].image
    assert np.array_equal(one, two)


def test_what_is_coded_says_how_coarsely_and_the_rest_what_the_file_said() -> None:
    """So that the table has what a scan of such a film says: too-compressed, from 33 on."""
    before = Window(tuple(replace(frame, quantiser=7.0) for frame in window().frames))
    for level, least, most in ((1, 15, 30), (5, 36, 51)):
        said = [frame.quantiser for frame in DISTORTIONS["h264"].alter(level)(before).frames]
        assert all(one is not None and least < one <= most for one in said)
    for level, coded in ((3, 26.7), (5, 37.1)):  # quality 50 and 15
        said = [frame.quantiser for frame in DISTORTIONS["jpeg"].alter(level)(before).frames]
        assert said == [pytest.approx(coded, abs=0.1)] * 3
    for name in set(DISTORTIONS) - {"h264", "jpeg"}:
        assert [one.quantiser for one in DISTORTIONS[name].alter(3)(before).frames] == [7.0] * 3


def test_no_colour_is_grey_and_contrast_keeps_the_mean() -> None:
    grey = DISTORTIONS["colour"].alter(5)(window(1)).frames[0].image
    assert int(np.ptp(grey, axis=2).max()) == 0
    flat = DISTORTIONS["contrast"].alter(5)(window(1)).frames[0].image
    assert flat.mean() == pytest.approx(FACE.mean(), abs=1)
    assert flat.std() == pytest.approx(FACE.std() / 4, rel=0.05)
