"""Lines drawn round a face are told from what is round faces otherwise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from astronaut_scenes import scenes

from unmask.faces import covering
from unmask.faces.rings import ring
from unmask.synthesis.codecs import video
from unmask.verdict import QualityFloor

FLOOR = QualityFloor().ring
SCALE = 2
WHOLE = scenes()["whole.png"]
LARGE = cv2.resize(WHOLE, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
FACE = (366.0, 120.0, 538.0, 348.0)
MIDDLE = (452, 234)
RED, WHITE, YELLOW, GREEN = (230, 0, 0), (255, 255, 255), (255, 220, 0), (0, 200, 0)


def _ringed(grown: float, colour: tuple[int, ...], width: int, picture=LARGE) -> np.ndarray:
    axes = (round(86 * grown), round(114 * grown))
    return cv2.ellipse(picture.copy(), MIDDLE, axes, 0, 0, 360, colour, width, cv2.LINE_AA)


def _boxed(grown: float, colour: tuple[int, ...], width: int) -> np.ndarray:
    (x, y), across, down = MIDDLE, round(86 * grown), round(114 * grown)
    corners = (x - across, y - down), (x + across, y + down)
    return cv2.rectangle(LARGE.copy(), *corners, colour, width)


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_nothing_is_drawn_round_a_face_as_it_was_seen(scale: float) -> None:
    picture = cv2.resize(LARGE, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = tuple(value * scale for value in FACE)
    assert ring(picture, box) < FLOOR - 0.1
    assert covering(picture, box).ring == ring(picture, box)


@pytest.mark.parametrize("colour", [RED, WHITE, YELLOW, GREEN])
@pytest.mark.parametrize(("grown", "width"), [(0.97, 4), (1.12, 8), (1.3, 20)])
@pytest.mark.parametrize("drawn", [_ringed, _boxed])
def test_rings_and_boxes_are_told(drawn, grown: float, width: int, colour) -> None:
    picture = drawn(grown, colour, width)
    assert ring(picture, FACE) >= FLOOR
    (coded,) = video([picture], "libx264", 28)
    assert ring(coded, FACE) >= FLOOR


def test_a_ring_on_a_small_and_on_a_huge_face_is_told() -> None:
    picture = _ringed(1.2, RED, 10)
    for scale in (0.4, 4.0):
        changed = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        assert ring(changed, tuple(value * scale for value in FACE)) >= FLOOR


def test_a_ring_need_not_be_closed_by_hand() -> None:
    open_, half = (
        cv2.ellipse(LARGE.copy(), MIDDLE, (100, 135), 0, 20, to, RED, 8, cv2.LINE_AA)
        for to in (360, 200)
    )
    assert ring(open_, FACE) >= FLOOR
    assert ring(half, FACE) < FLOOR


def test_a_ring_that_leaves_the_picture_is_told_by_the_rest_of_it() -> None:
    picture = _ringed(1.2, YELLOW, 8)[130:]
    assert ring(picture, tuple(np.subtract(FACE, (0, 130, 0, 130)))) >= FLOOR


def test_a_line_of_many_colours_or_a_broad_one_is_no_ring() -> None:
    """The first is as hair is, the second a frame or a background."""
    many, noise = _ringed(1.2, RED, 10), np.random.default_rng(0).integers(0, 256, (12, 12, 3))
    colours = cv2.resize(
        noise.astype(np.uint8), LARGE.shape[1::-1], interpolation=cv2.INTER_NEAREST
    )
    line = (many != LARGE).any(axis=-1)
    many[line] = colours[line]
    assert ring(many, FACE) < FLOOR
    assert ring(_ringed(1.35, GREEN, 70), FACE) < FLOOR


def test_a_ring_elsewhere_is_none_round_the_face() -> None:
    beside = cv2.circle(LARGE.copy(), (700, 600), 120, RED, 8, cv2.LINE_AA)
    on_it = cv2.circle(LARGE.copy(), (420, 200), 30, RED, 6, cv2.LINE_AA)
    assert max(ring(picture, FACE) for picture in (beside, on_it)) < FLOOR


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (-50, -50, -10, -10), (9000, 9000, 9100, 9100)])
def test_boxes_at_and_beyond_the_edge_have_no_ring(box: tuple[float, ...]) -> None:
    assert 0 <= ring(WHOLE, box) < FLOOR
    assert ring(np.full((90, 80, 3), 120, np.uint8), (10, 10, 70, 80)) == 0
