"""Pseudo-fakes: repeatable, changed where they say, and told by nothing but the change."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from unmask.synthesis import KINDS, Face, Kind, draw_degradation, draw_stranger, forge

Picture = NDArray[np.uint8]
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(KINDS)


@settings(max_examples=40, deadline=None)
@given(kind=kinds, seed=seeds)
def test_a_seed_makes_the_same_fake(people: list[Face], kind: Kind, seed: int) -> None:
    one, two = (forge(kind, people[0], people[1], np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(one.picture, two.picture)
    np.testing.assert_array_equal(one.mask, two.mask)


@settings(max_examples=60, deadline=None)
@given(kind=kinds, seed=seeds)
def test_the_mask_says_where_and_how_much(people: list[Face], kind: Kind, seed: int) -> None:
    face = people[seed % len(people)]
    made = forge(kind, face, people[(seed + 1) % len(people)], np.random.default_rng(seed))
    assert made.picture.shape == face.picture.shape
    assert made.picture.dtype == np.uint8
    assert made.mask.shape == face.picture.shape[:2]
    assert made.mask.dtype == np.float32
    assert 0 <= made.mask.min() <= made.mask.max() <= 1
    assert made.mask.max() > 0.3  # something is replaced


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from([kind for kind in KINDS if kind != "self-blend"]), seed=seeds)
def test_outside_the_mask_nothing_is_changed(people: list[Face], kind: Kind, seed: int) -> None:
    face, donor = people[2], people[3]
    made = forge(kind, face, donor, np.random.default_rng(seed))
    untouched = cv2.dilate(made.mask, np.ones((3, 3))) == 0
    np.testing.assert_array_equal(made.picture[untouched], face.picture[untouched])


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_a_self_blend_changes_at_most_one_of_its_two_sides(people: list[Face], seed: int) -> None:
    """Either the blended part or all around it is a retouched copy; its colours move together."""
    face = people[4]
    made = forge("self-blend", face, face, np.random.default_rng(seed))
    outside = made.mask == 0
    changed = made.picture[outside].astype(int) - face.picture[outside]
    inside = made.mask > 0.95
    if np.abs(changed).max() > 0 and inside.sum() > 50:
        # The surroundings were retouched: what was pasted is the face itself, moved a little.
        moved = made.picture[inside].astype(float).mean(axis=0)
        assert np.abs(moved - face.picture[inside].mean(axis=0)).max() < 25


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_something_that_shows(people: list[Face], kind: Kind) -> None:
    changes = []
    for seed in range(12):
        made = forge(kind, people[5], people[6], np.random.default_rng(seed))
        inside = made.mask > 0.3
        difference = np.abs(made.picture.astype(int) - people[5].picture)[inside]
        changes.append(float(difference.mean()))
    assert np.median(changes) > 0.8


def test_kinds_that_render_take_the_rendition(people: list[Face], bare: Face) -> None:
    rng = np.random.default_rng
    rendered = forge("render", people[0], people[1], rng(3)).picture
    resampled = forge("render", bare, people[1], rng(3)).picture
    assert not np.array_equal(rendered, resampled)


def test_fakes_and_reals_are_alike_in_everything_but_the_change(people: list[Face]) -> None:
    """No classifier on brightness, contrast, sharpness or file size alone gets far from chance."""
    rng = np.random.default_rng(5)
    rows: dict[int, list[list[float]]] = {0: [], 1: []}
    for index in range(160):
        face, donor = people[index % 8], people[(index * 3 + 1) % 8]
        fake = forge(KINDS[index % len(KINDS)], face, donor, rng).picture
        degradation = draw_degradation(rng)
        for label, picture in ((0, face.picture), (1, fake)):
            rows[label].append(_nuisances(degradation.apply(picture)))
    real, fakes = np.array(rows[0]), np.array(rows[1])
    for column, name in enumerate(("brightness", "contrast", "sharpness", "size")):
        higher = fakes[:, column][:, None] - real[:, column][None, :]
        auc = float(np.mean((higher > 0) + 0.5 * (higher == 0)))
        assert abs(auc - 0.5) < 0.1, f"{name} alone: AUC {auc:.3f}"


def _nuisances(picture: Picture) -> list[float]:
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    sharpness = np.abs(cv2.Laplacian(luma, cv2.CV_16S)).mean()
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return [float(luma.mean()), float(luma.std()), float(sharpness), float(len(coded))]


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_stranger_is_the_same_in_its_rendition(people: list[Face], seed: int) -> None:
    """A rendition that shows just the picture must show just the stranger: nothing else tells."""
    face, other = (replace(one, renditions=(one.picture,)) for one in people[:2])
    made = draw_stranger(face, other, np.random.default_rng(seed))
    np.testing.assert_array_equal(made.renditions[0], made.picture)
    np.testing.assert_array_equal(made.frame, face.frame)
    apart = np.abs(made.picture.astype(int) - face.picture)
    assert apart.mean() > 1  # somebody else


def test_a_stranger_without_renditions_has_none(bare: Face, people: list[Face]) -> None:
    for seed in range(6):
        assert draw_stranger(bare, people[1], np.random.default_rng(seed)).renditions == ()


def test_some_files_have_little_colour_and_some_none() -> None:
    drawn = [draw_degradation(np.random.default_rng(seed)).saturation for seed in range(600)]
    assert 0.02 < np.mean(np.array(drawn) == 0) < 0.07
    assert 0.04 < np.mean((np.array(drawn) > 0) & (np.array(drawn) < 1)) < 0.12
    grey = replace(draw_degradation(np.random.default_rng(0), strength=0), saturation=0.0)
    picture = np.random.default_rng(1).integers(0, 255, (16, 16, 3), np.uint8)
    assert np.ptp(grey.apply(picture).astype(int), axis=2).max() <= 1
