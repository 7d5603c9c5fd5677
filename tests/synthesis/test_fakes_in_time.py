"""Pseudo-fakes over a clip: each kind moves as the tools do that it imitates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.synthesis import CLIP_KINDS, KINDS, ClipKind, Face, drift, forge_clip
from unmask.synthesis.masks import draw_mask, invert
from unmask.synthesis.warps import apply_field, mouth_field, smooth_field

seeds = st.integers(0, 2**32 - 1)


def clip_of(face: Face, frames: int = 5) -> list[Face]:
    return [
        Face(np.roll(face.picture, step, axis=1), face.frame, face.renditions)
        for step in range(frames)
    ]


@settings(max_examples=30, deadline=None)
@given(kind=st.sampled_from(CLIP_KINDS), frame_kind=st.sampled_from(KINDS), seed=seeds)
def test_clips_are_whole_and_repeatable(
    people: list[Face], kind: ClipKind, frame_kind: str, seed: int
) -> None:
    faces = clip_of(people[0])
    one, two = (
        forge_clip(kind, faces, people[1], frame_kind, np.random.default_rng(seed))  # type: ignore[arg-type]
        for _ in range(2)
    )
    assert len(one) == len(faces)
    for a, b in zip(one, two, strict=True):
        assert a.shape == faces[0].picture.shape
        np.testing.assert_array_equal(a, b)


def test_a_flickering_fake_changes_over_a_still_and_a_steady_one_does_not(
    people: list[Face],
) -> None:
    still = [people[2]] * 6
    moved = {"framewise": 0, "steady": 0}
    for kind in moved:
        for seed in range(6):
            made = forge_clip(kind, still, people[3], "swap", np.random.default_rng(seed))  # type: ignore[arg-type]
            moved[kind] += sum(not np.array_equal(made[0], each) for each in made[1:])
    assert moved["steady"] == 0
    assert moved["framewise"] > 5


def test_an_animated_still_never_shows_the_later_frames(people: list[Face]) -> None:
    faces = [people[4], *([people[5]] * 4)]
    alone = [people[4]] * 5
    one = forge_clip("animated-still", faces, people[1], "swap", np.random.default_rng(8))
    two = forge_clip("animated-still", alone, people[1], "swap", np.random.default_rng(8))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[0], one[-1])  # and it moves


def test_a_mouth_out_of_step_keeps_the_rest_of_the_face(people: list[Face]) -> None:
    faces = clip_of(people[6])
    made = forge_clip("mouth-out-of-step", faces, people[1], "swap", np.random.default_rng(2))
    changed = [
        np.abs(a.astype(int) - face.picture).max(axis=2) > 0
        for a, face in zip(made, faces, strict=True)
    ]
    assert all(0 < each.mean() < 0.35 for each in changed)
    rows, columns = np.nonzero(changed[1])
    u, v = invert(faces[1].frame)[:, :2] @ np.stack([columns, rows]) + invert(faces[1].frame)[:, 2:]
    assert np.percentile(v, 5) > 0.4  # the lower half of the face box
    assert abs(float(np.median(u)) - 0.5) < 0.15


def test_a_hand_held_camera_moves_both_classes_alike(people: list[Face]) -> None:
    pictures = [people[0].picture] * 4
    one, two = (drift(pictures, people[0].frame, np.random.default_rng(3)) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[0], one[-1])


@settings(max_examples=60, deadline=None)
@given(
    part=st.sampled_from(["face", "inner", "lower", "mouth", "eyes", "box", "whole"]), seed=seeds
)
def test_masks_lie_on_their_part(people: list[Face], part: str, seed: int) -> None:
    face = people[7]
    mask = draw_mask(part, face.picture.shape[:2], face.frame, np.random.default_rng(seed))  # type: ignore[arg-type]
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    if part == "whole":
        assert mask.min() == 1
        return
    rows, columns = np.nonzero(mask > mask.max() / 2)
    to_box = invert(face.frame)
    u, v = to_box[:, :2] @ np.stack([columns, rows]).mean(axis=1) + to_box[:, 2]
    expected = {"mouth": 0.75, "lower": 0.75, "eyes": 0.39}.get(part, 0.53)
    assert abs(u - 0.5) < 0.12
    assert abs(v - expected) < 0.17


def test_fields_do_what_they_are_named_for(people: list[Face]) -> None:
    face = people[0]
    shape = face.picture.shape[:2]
    still = mouth_field(shape, face.frame, 0.0, 0.0)
    assert np.abs(still).max() == 0
    np.testing.assert_array_equal(apply_field(face.picture, still), face.picture)
    opened = mouth_field(shape, face.frame, 0.05, 0.0)
    side = float(np.hypot(face.frame[0, 0], face.frame[1, 0]))
    assert 0 < np.abs(opened[..., 1]).max() <= 0.051 * side
    place = face.frame[:, :2] @ np.array([0.5, 0.75]) + face.frame[:, 2]
    top = opened[: int(place[1]), :, 1].sum()
    bottom = opened[int(place[1]) + 1 :, :, 1].sum()
    assert top > 0 > bottom  # samples from the middle: the lips part


@pytest.mark.parametrize("amplitude", [0.5, 4.0])
def test_smooth_fields_are_smooth(amplitude: float) -> None:
    field = smooth_field((120, 90), np.random.default_rng(1), amplitude=amplitude)
    assert field.shape == (120, 90, 2)
    assert np.abs(np.diff(field, axis=0)).max() < amplitude / 3
