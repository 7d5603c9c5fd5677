"""Letters and mosaics over a face are told from faces as a camera saw them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from astronaut_scenes import scenes

from unmask.faces import covering
from unmask.faces.covers import steps, strokes
from unmask.synthesis.codecs import video
from unmask.verdict import QualityFloor

WHOLE = scenes()["whole.png"]
FACE = (183.0, 60.0, 269.0, 174.0)
LARGE = cv2.resize(WHOLE, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
FLOOR = QualityFloor()


def _box(scale: float) -> tuple[float, ...]:
    return tuple(value * scale for value in FACE)


def _captioned(rim: bool) -> np.ndarray:
    picture, font = LARGE.copy(), cv2.FONT_HERSHEY_SIMPLEX
    if rim:
        cv2.putText(picture, "wait for it now wait", (530, 480), font, 0.9, (0, 0, 0), 8)
    cv2.putText(picture, "wait for it now wait", (530, 480), font, 0.9, (255, 255, 255), 3)
    return picture


def _tiled(tiles: int) -> np.ndarray:
    picture = LARGE.copy()
    face = picture[150:540, 530:830]
    small = cv2.resize(face, (tiles, tiles), interpolation=cv2.INTER_AREA)
    face[:] = cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return picture


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
def test_a_face_as_it_was_seen_is_not_covered(scale: float) -> None:
    picture = cv2.resize(WHOLE, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    seen = covering(picture, _box(scale))
    assert seen.strokes < FLOOR.strokes / 2
    assert seen.steps > FLOOR.steps + 0.1


@pytest.mark.parametrize("rim", [True, False])
def test_a_caption_on_the_face_is_seen(rim: bool) -> None:
    captioned = _captioned(rim)
    assert covering(captioned, _box(3)).strokes > FLOOR.strokes
    (coded,) = video([captioned], "libx264", 28)
    assert covering(coded, _box(3)).strokes > FLOOR.strokes


def test_a_large_face_of_large_pixels_is_no_mosaic() -> None:
    """Enlarged without smoothing: smaller again, it is what it was."""
    huge = cv2.resize(WHOLE, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    assert covering(huge, _box(6)).steps > FLOOR.steps


def test_a_caption_beside_the_face_is_none_of_its_business() -> None:
    moved = np.roll(_captioned(True), 500, axis=0)
    assert covering(moved, tuple(np.add(_box(3), (0, 1000, 0, 1000)))).strokes < FLOOR.strokes


@pytest.mark.parametrize("tiles", [10, 20, 30])
def test_a_mosaic_is_seen_before_and_after_a_codec(tiles: int) -> None:
    tiled = _tiled(tiles)
    assert covering(tiled, _box(3)).steps < 0.1
    (coded,) = video([tiled], "libx264", 28)
    assert covering(coded, _box(3)).steps < FLOOR.steps


def test_a_coarse_codec_is_no_mosaic() -> None:
    (coded,) = video([LARGE], "libx264", 38)
    assert covering(coded, _box(3)).steps > FLOOR.steps


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (-50, -50, -10, -10), (9000, 9000, 9100, 9100)])
def test_boxes_at_and_beyond_the_edge_have_an_answer(box: tuple[float, ...]) -> None:
    seen = covering(WHOLE, box)
    assert seen.strokes >= 0
    assert 0 <= seen.steps <= 1.1


def test_nothing_at_all_is_neither() -> None:
    flat = np.full((90, 80, 3), 120, np.uint8)
    assert strokes(flat) == 0
    assert steps(flat) == 0  # and no detector takes it for a face


def test_a_face_that_was_cut_out_is_opaque():
    """Whatever of its square lies outside the head."""
    x0, y0, x1, y1 = (round(value) for value in _box(1))
    clear = np.zeros(WHOLE.shape[:2], np.uint8)
    centre, axes = ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2)
    cv2.ellipse(clear, centre, axes, 0, 0, 360, 255, -1)
    assert covering(WHOLE, _box(1), clear).see_through < FLOOR.see_through
    assert covering(WHOLE, _box(1)).see_through == 0


@pytest.mark.parametrize("step", [1, 2])
def test_a_veil_and_a_pattern_of_holes_are_seen_through(step):
    clear = np.full(WHOLE.shape[:2], 255, np.uint8)
    clear[::step] = 200 if step == 1 else 0
    assert covering(WHOLE, _box(1), clear).see_through == pytest.approx(1 / step, abs=0.02)
