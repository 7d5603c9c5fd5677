"""Heads that turn, plates that bend, and stills that are driven."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.synthesis import (
    Face,
    apply_field,
    draw_path,
    draw_pose,
    flow_animation,
    forge,
    forge_clip,
    plate_animation,
    posed,
    posed_frame,
    present_clip,
    thin_plate_field,
)
from unmask.synthesis.poses import LANDMARKS

seeds = st.integers(0, 2**32 - 1)


def landmarks(face: Face) -> np.ndarray:
    return LANDMARKS @ face.frame[:, :2].T + face.frame[:, 2]


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_thin_plate_carries_its_points_and_holds_the_border(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = LANDMARKS * 80 + [35, 30]
    after = before + rng.normal(0, 2, (5, 2))
    field = thin_plate_field((140, 150), before, after)
    assert field.shape == (140, 150, 2)
    for start, stop in zip(before, after, strict=True):
        x, y = np.round(stop).astype(int)
        np.testing.assert_allclose(stop + field[y, x], start, atol=1.0)
    assert np.abs(field[[0, 0, -1, -1], [0, -1, 0, -1]]).max() < 1.0


def test_no_move_bends_nothing(people: list[Face]) -> None:
    face = people[0]
    points = landmarks(face)
    np.testing.assert_allclose(posed(points, face.frame, np.zeros(7)), points, atol=1e-9)
    np.testing.assert_allclose(posed_frame(face.frame, np.zeros(7)), face.frame, atol=1e-5)
    field = thin_plate_field(face.picture.shape[:2], points, points)
    assert np.abs(field).max() < 1e-6
    np.testing.assert_array_equal(apply_field(face.picture, field), face.picture)


def test_a_turned_head_moves_its_nose_most(people: list[Face]) -> None:
    face = people[1]
    turned = posed(landmarks(face), face.frame, np.array([0.3, 0, 0, 0, 0, 0, 0]))
    moved = turned - landmarks(face)
    assert moved[2, 0] == max(moved[:, 0])  # to its left, which is the picture's right
    np.testing.assert_allclose(moved[:, 1], 0, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_a_pose_without_turning_is_the_move_of_the_frame(people: list[Face], seed: int) -> None:
    face = people[2]
    pose = draw_pose(np.random.default_rng(seed)) * [0, 0, 1, 1, 1, 1, 0]
    frame = posed_frame(face.frame, pose)
    wanted = LANDMARKS @ frame[:, :2].T + frame[:, 2]
    np.testing.assert_allclose(posed(landmarks(face), face.frame, pose), wanted, atol=1e-6)


def test_a_path_begins_where_the_head_is_and_is_smooth() -> None:
    path = np.stack(draw_path(40, np.random.default_rng(4)))
    np.testing.assert_array_equal(path[0], 0)
    assert np.abs(path).max() > 0.02
    assert np.abs(np.diff(path, 2, axis=0)).max() < np.ptp(path)


def test_a_flow_takes_pixels_from_where_it_points(people: list[Face]) -> None:
    still = people[3].picture
    flow = np.zeros((8, 8, 2), np.float16)
    flow[..., 0] = 0.125  # an eighth of the side to the right
    small = np.zeros((32, 32, 3), np.uint8)
    made = flow_animation(still, small, flow, people[3].frame)
    step = still.shape[1] // 8
    inner = slice(20, -20)
    np.testing.assert_allclose(
        made.warped[inner, : -step - 2].astype(int), still[inner, step:-2].astype(int), atol=2
    )
    assert made.rendered.shape == still.shape
    assert made.rendered.max() == 0


def test_a_driven_face_is_carried_back_to_its_place(people: list[Face]) -> None:
    """Whatever the pose it was drawn in: a fake lies where the face lay, so both are cut alike."""
    face = people[4]
    pose = np.array([0, 0, 0.15, 0.1, 0.08, -0.06, 0])
    plain = plate_animation(face.picture, face.frame, pose, np.random.default_rng(0))
    moved = replace(plain, rendered=plain.warped)
    gaps, unmoved = [], []
    inner = (slice(50, 100), slice(50, 95))
    for seed in range(12):
        made = forge(
            "animate", replace(face, animations=(moved,)), people[5], np.random.default_rng(seed)
        )
        gaps.append(np.abs(made.picture[inner].astype(int) - face.picture[inner]).mean())
        unmoved.append(np.abs(moved.warped[inner].astype(int) - face.picture[inner]).mean())
    assert np.median(gaps) < np.median(unmoved) / 2
    assert min(gaps) > 0


def test_an_animation_is_preferred_to_bending(people: list[Face]) -> None:
    black = np.zeros_like(people[0].picture)
    still = plate_animation(
        people[0].picture, people[0].frame, np.zeros(7), np.random.default_rng(0)
    )
    face = replace(people[0], animations=(replace(still, rendered=black, warped=black),))
    whole = [
        made
        for seed in range(12)
        if (made := forge("animate", face, people[1], np.random.default_rng(seed))).mask.min() == 1
    ]
    assert whole
    assert all(made.picture.max() == 0 for made in whole)


def test_one_network_draws_a_whole_clip(people: list[Face]) -> None:
    face = people[6]
    shown = [plate_animation(face.picture, face.frame, np.zeros(7), np.random.default_rng(1))] * 4
    steady = 0
    for seed in range(8):
        clip = present_clip(shown, np.random.default_rng(seed))
        assert len(clip) == 4
        steady += all(np.array_equal(clip[0], each) for each in clip)
    assert 0 < steady < 8  # the others speak


@pytest.mark.parametrize("kind", ["jitter", "wander"])
def test_an_insertion_that_moves_alone_leaves_the_rest(people: list[Face], kind: str) -> None:
    still = [people[2]] * 5
    for seed in range(4):
        made = forge_clip(kind, still, people[3], "render", np.random.default_rng(seed))  # type: ignore[arg-type]
        assert any(not np.array_equal(made[0], each) for each in made[1:])
        corner = (slice(0, 8), slice(0, 8))
        for each in made:
            gap = each[corner].astype(int) - people[2].picture[corner]
            assert np.abs(gap).max() <= 1  # never the whole picture


def test_a_wandering_face_goes_further_than_a_steady_one(people: list[Face]) -> None:
    def travel(kind: str) -> float:
        total = 0.0
        for seed in range(5):
            made = forge_clip(
                kind,  # type: ignore[arg-type]
                [people[2]] * 5,
                people[3],
                "swap",
                np.random.default_rng(seed),
            )
            total += float(np.abs(made[0].astype(int) - made[-1]).mean())
        return total

    assert travel("wander") > travel("steady") == 0
