"""Palettes, hard filters and photographed screens are told from faces as a camera saw them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from astronaut_scenes import scenes
from numpy.typing import NDArray
from PIL import Image as Pillow

from unmask.faces import covering
from unmask.faces.filters import clipped, gaps, pattern
from unmask.synthesis.codecs import jpeg, video
from unmask.verdict import QualityFloor

WHOLE = scenes()["whole.png"]
FACE = (183.0, 60.0, 269.0, 174.0)
FLOOR = QualityFloor()
Image = NDArray[np.uint8]


def _scaled(scale: float) -> tuple[Image, tuple[float, ...]]:
    size = [round(side * scale) // 2 * 2 for side in WHOLE.shape[1::-1]]  # even, for codecs
    picture = np.asarray(cv2.resize(WHOLE, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return picture, tuple(value * scale for value in FACE)


def _palette(picture: Image, colours: int) -> Image:
    return np.asarray(Pillow.fromarray(picture).quantize(colours).convert("RGB"))


def _contrast(picture: Image, gain: float) -> Image:
    return np.clip((picture.astype(float) - 110) * gain + 128, 0, 255).astype(np.uint8)


def _on_screen(picture: Image, *, every: float) -> Image:
    """Dark lines every so many pixels, askew, as between the dots of a screen."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    lines = 1 + 0.08 * np.sin(2 * np.pi * (x + 0.07 * y) / every)
    return np.clip(picture * lines[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "save", [lambda x: x, lambda x: jpeg(x, 60), lambda x: video([x], "libx264", 30)[0]]
)
@pytest.mark.parametrize("scale", [0.6, 1.0, 2.0, 4.0])
def test_a_face_as_it_was_seen_went_through_nothing(
    scale: float, save: Callable[[Image], Image]
) -> None:
    picture, box = _scaled(scale)
    seen = covering(save(picture), box)
    assert seen.gaps < FLOOR.gaps
    assert seen.clipped < FLOOR.clipped
    assert seen.pattern < FLOOR.pattern


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_palette_lacks_grey_levels(scale: float) -> None:
    picture, box = _scaled(scale)
    many, few = (covering(_palette(picture, colours), box).gaps for colours in (256, 64))
    assert FLOOR.gaps < many < few


def test_greys_are_no_palette() -> None:
    """Black and white has 256 colours at most, and may have all of them."""
    luma = np.asarray(cv2.cvtColor(WHOLE, cv2.COLOR_RGB2GRAY), np.uint8)
    grey = np.repeat(luma[..., None], 3, axis=2)
    assert covering(grey, FACE).gaps < 0.05


def test_what_a_filter_cuts_off_is_counted() -> None:
    hard = _contrast(WHOLE, 3.0)
    assert covering(hard, FACE).clipped > FLOOR.clipped
    (coded,) = video([hard], "libx264", 23)
    assert covering(coded, FACE).clipped > FLOOR.clipped
    half = np.full((80, 80, 3), (255, 90, 40), np.uint8)
    half[:, :20] = 128
    assert clipped(half) == pytest.approx(0.75)  # one colour at its end is enough


@pytest.mark.parametrize("every", [3.0, 5.0])
def test_the_lines_of_a_screen_are_seen_before_and_after_a_codec(every: float) -> None:
    picture, box = _scaled(2.0)
    seen = _on_screen(picture, every=every)
    assert covering(seen, box).pattern > FLOOR.pattern
    (coded,) = video([seen], "libx264", 23)
    assert covering(coded, box).pattern > FLOOR.pattern


def test_what_is_enlarged_is_no_screen() -> None:
    """Its spectrum is empty but for faint images of what it shows, near the highest frequency."""
    picture, box = _scaled(2.0)
    saved = jpeg(picture, 50)
    large = cv2.resize(saved, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    seen = covering(np.asarray(large, np.uint8), tuple(2 * value for value in box))
    assert seen.pattern < FLOOR.pattern


def test_of_little_or_nothing_nothing_is_said() -> None:
    flat = np.full((90, 80, 3), 120, np.uint8)
    assert (gaps(flat), clipped(flat)) == (0, 0)
    assert pattern(flat) < 1
    noise = np.random.default_rng(2).integers(0, 256, (40, 40, 3), np.uint8)
    assert pattern(noise) == 0  # too small for a spectrum
