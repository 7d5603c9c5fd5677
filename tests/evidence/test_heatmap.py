"""Heat maps say how strong the evidence is, and where."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from report_samples import analysis, face, frame

from unmask.evidence import KeyFace, KeyFrame, overlay
from unmask.evidence.heatmap import AGAINST, FOR, FULL, weighed
from unmask.evidence.pictures import LARGEST

GREY = np.full((224, 224, 3), 128, np.uint8)


def one_cell(value: float) -> NDArray[np.float32]:
    evidence = np.zeros((7, 7), np.float32)
    evidence[3, 3] = value
    return evidence


def colourfulness(picture: NDArray[np.uint8]) -> float:
    """How far from grey, at most, in grey levels."""
    values = picture.astype(int)
    return float((values.max(axis=2) - values.min(axis=2)).max())


def test_no_evidence_is_grey() -> None:
    colourful = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    assert colourfulness(overlay(colourful, np.zeros((7, 7), np.float32))) == 0


def test_colour_grows_with_evidence_and_weak_looks_weak() -> None:
    steps = [0.0, 0.05, 0.1, 0.2, 0.4]  # below the outline
    seen = [colourfulness(overlay(GREY, one_cell(FULL * share))) for share in steps]
    assert seen == sorted(seen)
    assert seen[1] < 15  # of 255: barely a tint
    assert seen[-1] > 3 * seen[1]


def test_nothing_is_stretched_to_fit() -> None:
    """The same cell looks the same whatever else the map holds."""
    alone, among = one_cell(1.0), one_cell(1.0)
    among[0, 0] = 50.0
    corner = np.s_[100:124, 100:124]
    assert np.array_equal(overlay(GREY, alone)[corner], overlay(GREY, among)[corner])


def test_beyond_full_strength_is_full_strength() -> None:
    everywhere = np.ones((7, 7), np.float32)
    assert np.array_equal(overlay(GREY, everywhere * FULL), overlay(GREY, everywhere * 100))


@pytest.mark.parametrize(("sign", "colour"), [(1, FOR), (-1, AGAINST)])
def test_for_and_against_have_their_own_colour(sign: int, colour: tuple[int, int, int]) -> None:
    middle = overlay(GREY, one_cell(sign * FULL))[112, 112].astype(float)
    tint = middle - 128
    wanted = np.array(colour) - 128.0
    assert np.dot(tint, wanted) > 0.99 * np.linalg.norm(tint) * np.linalg.norm(wanted)


def test_two_hues_differ_for_a_person_without_red_or_green() -> None:
    """Blue against yellow survives both: the blue channel tells them apart, and so does light."""
    orange, blue = np.array(FOR, float), np.array(AGAINST, float)
    assert blue[2] - orange[2] > 100


def test_only_strong_evidence_for_manipulation_is_outlined() -> None:
    def outlined(value: float) -> bool:
        picture = overlay(GREY, one_cell(value)).astype(int)
        return bool((picture.min(axis=2) > 200).any())  # the light line

    assert outlined(FULL)
    assert not outlined(FULL * 0.4)
    assert not outlined(-FULL)


def test_it_lies_where_the_evidence_lies() -> None:
    evidence = np.zeros((7, 7), np.float32)
    evidence[1, 5] = FULL * 0.4
    tint = np.abs(overlay(GREY, evidence).astype(int) - 128).sum(axis=2)
    row, column = np.unravel_index(tint.argmax(), tint.shape)
    assert abs(row - 1.5 * 32) <= 6  # the top is flat
    assert abs(column - 5.5 * 32) <= 6
    assert tint[160:, :96].max() == 0


@pytest.mark.parametrize(("side", "cells"), [(64, 4), (160, 5), (224, 7), (448, 14)])
def test_any_size_of_crop_and_map(side: int, cells: int) -> None:
    crop = np.zeros((side, side, 3), np.uint8)
    before = crop.copy()
    picture = overlay(crop, np.ones((cells, cells), np.float32))
    assert (picture.shape, picture.dtype) == (crop.shape, np.uint8)
    assert np.array_equal(crop, before)


def test_a_face_that_is_not_suspected_is_grey_whatever_stands_out_of_it() -> None:
    """The corners of a real face stand out of it by as much as a swapped mouth would."""
    parts = one_cell(80.0) - np.float32(0.5)
    for probability in (0.0, 0.05, 0.5):
        assert colourfulness(overlay(GREY, weighed(parts, probability))) == 0


@pytest.mark.parametrize(("probability", "logit"), [(0.6, 0.405), (0.938, 2.716), (0.98, 3.892)])
def test_the_strongest_place_is_as_strong_as_the_face(probability: float, logit: float) -> None:
    parts = one_cell(80.0) - np.float32(0.5)
    parts[1, 1] = 20
    drawn = weighed(parts, probability)
    assert drawn[3, 3] == drawn.max() == pytest.approx(logit, abs=1e-3)
    assert drawn[1, 1] / drawn[3, 3] == pytest.approx(20 / 79.5)
    assert drawn[6, 6] < 0  # what lies below the rest of the face speaks against, next to nothing


def test_certainty_is_no_infinity_and_no_place_no_evidence() -> None:
    assert np.isfinite(weighed(one_cell(3.0), 1.0)).all()
    assert not weighed(-one_cell(3.0), 0.99).any()


def test_on_a_frame_that_was_reduced_box_and_heat_are_where_the_face_is() -> None:
    """A box in the film's pixels would be around somebody else."""
    large = np.full((LARGEST, 2 * LARGEST, 3), 128, np.uint8)
    seen = frame(0.0).model_copy(update={"box": (1600.0, 400.0, 1800.0, 700.0)})
    matrix = np.array([[0.5, 0.0, -800.0], [0.0, 0.5, -200.0]])  # the crop: 128 pixels from there
    crop, everywhere = np.zeros((64, 64, 3), np.uint8), np.ones((4, 4), np.float32)
    key = KeyFrame.reduced(0.0, large)
    whole = analysis(faces=(face().model_copy(update={"frames": (seen,)}),))
    boxed = key.with_boxes(whole)
    heated = key.with_heat([KeyFace(0, 0.0, crop, everywhere, matrix, 0.9)])
    assert key.image.shape == boxed.shape == heated.shape == (LARGEST // 2, LARGEST, 3)
    for picture, (left, top, right, bottom) in (
        (boxed, (800, 200, 900, 350)),
        (heated, (800, 200, 864, 264)),
    ):
        changed = np.argwhere((picture != key.image).any(axis=2))
        assert changed[:, 1].min() == pytest.approx(left, abs=8)
        assert changed[:, 1].max() == pytest.approx(right, abs=8)
        assert changed[:, 0].max() == pytest.approx(bottom, abs=8)
        assert changed[:, 0].min() == pytest.approx(top, abs=40)  # above a box stands its number
