import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from unmask.clips import TEMPLATE, align, chroma, crop_matrix, enlargement, grain, sharpness


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return data.astronaut()


def template_in_crop(size: int, margin: float) -> np.ndarray:
    return ((TEMPLATE - 0.5) / margin + 0.5) * size


def landmarks_at(centre: tuple[float, float], side: float, degrees: float = 0.0) -> np.ndarray:
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return ((TEMPLATE - 0.5) * side @ rotation.T + centre).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(
    st.floats(50, 900),
    st.floats(50, 600),
    st.floats(20, 800),
    st.floats(-180, 180),
    st.sampled_from([(224, 1.3), (160, 1.0), (96, 2.0)]),
)
def test_a_similar_face_lands_on_the_template(x, y, side, degrees, spec):
    size, margin = spec
    points = landmarks_at((x, y), side, degrees)
    matrix = crop_matrix(points, size=size, margin=margin)
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(placed, template_in_crop(size, margin), atol=0.05)


def test_the_matrix_is_a_similarity_without_reflection():
    rng = np.random.default_rng(0)
    points = landmarks_at((100, 100), 80) + rng.normal(0, 4, (5, 2)).astype(np.float32)
    linear = crop_matrix(points, size=224, margin=1.3)[:, :2]
    scale = np.linalg.det(linear)
    assert scale > 0
    assert np.allclose(linear @ linear.T, scale * np.eye(2))


def test_coinciding_landmarks_still_give_a_crop():
    picture = np.full((40, 40, 3), 9, dtype=np.uint8)
    crop = align(picture, np.full((5, 2), 20, dtype=np.float32), size=32, margin=1.0)
    assert crop.image.shape == (32, 32, 3)


def test_what_lies_outside_is_black_and_counted():
    picture = np.full((200, 200, 3), 255, dtype=np.uint8)
    inside = align(picture, landmarks_at((100, 100), 80), size=64, margin=1.0)
    half = align(picture, landmarks_at((0, 100), 80), size=64, margin=1.0)
    outside = align(picture, landmarks_at((-400, 100), 80), size=64, margin=1.0)
    assert inside.inside == pytest.approx(1.0)
    assert half.inside == pytest.approx(0.5, abs=0.03)
    assert outside.inside == 0.0
    assert inside.image.min() == 255
    assert half.image[:, :25].max() == 0
    assert half.image[:, 40:].min() == 255


def test_a_large_face_is_averaged_not_skipped(astronaut):
    big = np.asarray(cv2.resize(astronaut, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC))
    noise = np.random.default_rng(1).integers(0, 2, big.shape[:2]).astype(np.uint8) * 120
    speckled = np.clip(big.astype(int) + noise[:, :, None] - 60, 0, 255).astype(np.uint8)
    points = landmarks_at((1344, 720), 1000)
    clean = align(big, points, size=96, margin=1.3).image.astype(float)
    noisy = align(speckled, points, size=96, margin=1.3).image.astype(float)
    # one pixel in hundred is sampled if nothing averages: the speckle would stay at sixty
    assert np.abs(clean - noisy).mean() < 12


def test_shrinking_first_moves_nothing():
    """The block average in front of the warp must keep pixel centres where they were."""
    ramp = np.repeat(np.linspace(0, 255, 1600, dtype=np.float32)[None, :], 1600, axis=0)
    picture = np.repeat(ramp[:, :, None], 3, axis=2).astype(np.uint8)
    crop = align(picture, landmarks_at((800, 800), 1000), size=100, margin=1.0)
    expected = np.linspace(300, 1300, 100, endpoint=False) + 0  # frame column of each crop column
    seen = crop.image[50, :, 0].astype(float) / 255 * 1599
    assert np.abs(seen - expected).max() < 9  # under one crop pixel, which is ten frame pixels


def test_a_small_face_is_enlarged_in_its_place():
    """As most faces of films are."""
    ramp = np.repeat(np.arange(0, 200, dtype=np.uint8)[None, :], 200, axis=0)
    picture = np.repeat(ramp[:, :, None], 3, axis=2)
    crop = align(picture, landmarks_at((100, 100), 40), size=160, margin=1.0)
    expected = 80 + np.arange(160) / 4
    assert np.abs(crop.image[80, :, 0] - expected).max() <= 1
    assert enlargement(crop.matrix) == pytest.approx(4, rel=1e-3)


def test_sharpness_falls_with_blur(astronaut):
    face = astronaut[0:224, 112:336]
    soft = np.asarray(cv2.GaussianBlur(face, (0, 0), 4), dtype=np.uint8)
    assert sharpness(np.full((64, 64, 3), 128, dtype=np.uint8)) == 0
    assert sharpness(soft) < 2 < sharpness(np.ascontiguousarray(face))


def test_sharpness_hardly_depends_on_the_crop_s_size(astronaut):
    """Of a face that has no more detail than the smaller crop can hold."""
    face = astronaut[0:224, 112:336]
    soft = np.asarray(cv2.GaussianBlur(face, (0, 0), 2), dtype=np.uint8)
    small = np.asarray(cv2.resize(soft, (168, 168), interpolation=cv2.INTER_AREA), np.uint8)
    assert sharpness(small) == pytest.approx(sharpness(soft), rel=0.15)


@pytest.mark.parametrize("side", [64, 100, 224])
def test_hair_and_walls_about_a_face_are_neither_sharp_nor_noisy(side):
    """Only the middle half is looked at, and all of it."""
    crop = np.random.default_rng(3).integers(0, 256, (side, side, 3), np.uint8)
    crop[side // 4 : side - side // 4, side // 4 : side - side // 4] = 90
    assert (sharpness(crop), grain(crop)) == (0, 0)
    first, last = side // 4, side - side // 4 - 1
    for corner in ((first, last), (last, first)):
        shown = crop.copy()
        shown[corner] = 200
        assert sharpness(shown) > 0


def test_small_crops_are_taken_as_they_are():
    """Stripes of one pixel, a hundred levels apart: each differs from both its neighbours."""
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 100
    assert sharpness(stripes) == 200


def _face(astronaut, size):
    """Without the picture's own grain."""
    face = cv2.resize(astronaut[40:240, 140:340], (size, size))
    return cv2.GaussianBlur(face, (0, 0), 1.0).astype(float)


def _bytes(picture):
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("size", [167, 168, 224])
def test_grain_rises_with_noise_and_not_with_sharpness(astronaut, size):
    face = _face(astronaut, size)
    noise = np.random.default_rng(2).normal(size=face.shape)
    readings = [grain(_bytes(face + sigma * noise)) for sigma in (0, 4, 12)]
    assert readings[0] < 0.7
    assert readings[0] + 0.2 < readings[1] < readings[2] < 2
    assert grain(_bytes(cv2.GaussianBlur(face, (0, 0), 1.5))) < 0.8


def test_grain_of_noise_alone_is_two_and_of_nothing_none():
    noise = np.random.default_rng(2).normal(128, 20, (168, 168, 3))
    assert grain(_bytes(noise)) == pytest.approx(2, abs=0.1)
    assert grain(np.full((64, 64, 3), 90, np.uint8)) == 0


def test_a_picture_without_colour_is_not_noisy(astronaut):
    grey = _face(astronaut, 168).mean(axis=2, keepdims=True).repeat(3, axis=2)
    assert grain(_bytes(grey)) < 0.7


def test_a_grey_picture_has_no_chroma_and_a_face_has_some(astronaut):
    face = astronaut[:256, 96:352]
    grey = np.repeat(face[:, :, :1], 3, axis=2)
    assert chroma(grey) == 0
    assert chroma(np.full((64, 64, 3), (200, 90, 40), np.uint8)) == 0  # one colour: nothing spreads
    assert chroma(face) > 6
    assert 0.05 * chroma(face) < chroma(_bytes(0.9 * grey + 0.1 * face)) < 0.2 * chroma(face)


@pytest.mark.parametrize("along", [0, 1])
def test_stripes_are_grain_in_colour_alone(along):
    """Of luma only what goes crosswise counts, for a camera's own lines lie along its rows."""
    line = np.where(np.arange(168) % 2, 60, 180).astype(np.uint8)
    grey = np.stack([np.broadcast_to(line, (168, 168))] * 3, axis=2)
    grey = grey if along else np.ascontiguousarray(grey.swapaxes(0, 1))
    assert grain(grey) < 0.1
    for colour in range(3):
        one = np.full_like(grey, 120)
        one[..., colour] = grey[..., colour]
        assert grain(one) > 2


def test_grain_of_luma_alone_is_seen(astronaut):
    noise = np.random.default_rng(2).normal(size=(168, 168, 1)) * 12
    assert grain(_bytes(_face(astronaut, 168) + noise)) > 0.8


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_large_face_lies_where_its_matrix_says(factor):
    """Averaged down before: pixels' centres must not move by half of one."""
    size, margin = 100, 1.3
    face = TEMPLATE * (size / margin) * (factor + 0.01) + 150.0
    y, x = np.mgrid[:600, :600]
    for point in face:
        spot = 250 * np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * (4 * factor) ** 2))
        crop = align(_bytes(spot[..., None].repeat(3, axis=2)), face, size=size, margin=margin)
        seen = crop.image[..., 0].astype(float)
        rows, columns = np.mgrid[:size, :size]
        found = np.array([(columns * seen).sum(), (rows * seen).sum()]) / seen.sum()
        assert found == pytest.approx(crop.matrix @ [*point, 1], abs=0.1)


@pytest.mark.parametrize("away", [(-3000, 50), (3000, 50), (50, -3000), (50, 3000), (900, 900)])
def test_a_face_outside_of_the_picture_is_black(astronaut, away):
    face = np.float32(TEMPLATE * 100 + away)
    crop = align(astronaut[:200, :300], face, size=64, margin=1.3)
    assert (crop.image.max(), crop.inside) == (0, 0)


@pytest.mark.parametrize("plane", [1, 2])
def test_both_ways_of_colour_count_as_chroma(plane):
    picture = np.full((64, 64, 3), 128, np.uint8)
    picture[:, ::2, plane] = 108
    picture[:, 1::2, plane] = 148
    assert chroma(cv2.cvtColor(picture, cv2.COLOR_YCrCb2RGB)) == pytest.approx(20, abs=1)
