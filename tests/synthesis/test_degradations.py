"""What happens to files on their way: alike for both classes, and really a codec's work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.synthesis import Degradation, Face, Recoding, draw_degradation
from unmask.synthesis.codecs import VideoCodec, jpeg, video
from unmask.synthesis.resampling import checkerboard, resample, smooth

seeds = st.integers(0, 2**32 - 1)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = float(np.mean((one.astype(float) - other) ** 2))
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_equal_pictures_stay_equal(people: list[Face], seed: int) -> None:
    """A pair with an empty mask is one picture twice: nothing random may part the two."""
    degradation = draw_degradation(np.random.default_rng(seed))
    picture = people[seed % len(people)].picture
    one, two = degradation.apply(picture), degradation.apply(picture.copy())
    np.testing.assert_array_equal(one, two)
    assert one.shape == picture.shape
    assert one.dtype == np.uint8


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_clips_are_degraded_as_one_video(people: list[Face], seed: int) -> None:
    degradation = draw_degradation(np.random.default_rng(seed))
    clip = [np.roll(people[0].picture, step, axis=1) for step in range(4)]
    done, again = degradation.apply_clip(clip), degradation.apply_clip(clip)
    assert len(done) == len(clip)
    for one, two in zip(done, again, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("height", "width"), [(144, 144), (143, 144), (97, 101)])
def test_odd_sizes_come_back_whole(people: list[Face], height: int, width: int) -> None:
    picture = np.ascontiguousarray(people[0].picture[:height, :width])
    coded = Degradation(seed=1, codec="libx264", codec_quality=23).apply(picture)
    assert coded.shape == picture.shape
    assert psnr(picture, coded) > 25


def test_no_degradation_leaves_pictures_alone(people: list[Face]) -> None:
    rng = np.random.default_rng(1)
    gentle = draw_degradation(rng, strength=0)
    np.testing.assert_array_equal(gentle.apply(people[0].picture), people[0].picture)


def test_the_range_drawn_is_the_range_stated() -> None:
    rng = np.random.default_rng(2)
    drawn = [draw_degradation(rng) for _ in range(2000)]
    coded = [one for one in drawn if one.codec == "libx264"]
    assert 0.4 < np.mean([one.codec is not None for one in drawn]) < 0.6
    assert {one.codec_quality for one in coded} == set(range(18, 39))
    assert min(one.scale for one in drawn) < 0.35
    assert any(one.jpeg_quality and one.second_jpeg for one in drawn)  # coded twice
    assert all(35 <= one.jpeg_quality < 98 for one in drawn if one.jpeg_quality)


@pytest.mark.parametrize(
    ("codec", "fine", "coarse"), [("libx264", 18, 38), ("mpeg4", 2, 20), ("mpeg2video", 2, 20)]
)
def test_codecs_round_trip(people: list[Face], codec: VideoCodec, fine: int, coarse: int) -> None:
    clip = [np.roll(people[1].picture, 2 * step, axis=0) for step in range(5)]
    good, bad = video(clip, codec, fine), video(clip, codec, coarse)
    assert len(good) == len(bad) == len(clip)
    for before, better, worse in zip(clip, good, bad, strict=True):
        assert psnr(before, better) > 33  # in order, and of the right colours
        assert psnr(before, better) > psnr(before, worse) + 3


def test_jpeg_loses_more_at_lower_quality(people: list[Face]) -> None:
    picture = people[2].picture
    assert psnr(picture, jpeg(picture, 95)) > psnr(picture, jpeg(picture, 40)) + 3


@given(seed=seeds, scale=st.floats(0.05, 0.95))
@settings(max_examples=20, deadline=None)
def test_resampling_loses_detail_and_keeps_size(
    people: list[Face], seed: int, scale: float
) -> None:
    picture = people[3].picture
    done = resample(picture, scale, np.random.default_rng(seed))
    assert done.shape == picture.shape
    # Ringing is cut off at white and black: of nine pixels across a face that is most, 4.01.
    assert abs(float(done.mean()) - float(picture.mean())) < 5


def test_a_checkerboard_has_its_period(people: list[Face]) -> None:
    flat = np.full((64, 64, 3), 128, np.uint8)
    marked = checkerboard(flat, np.random.default_rng(1), 4).astype(float).mean(axis=2)
    spectrum = np.abs(np.fft.fft2(marked - marked.mean()))
    row, column = np.unravel_index(int(spectrum.argmax()), spectrum.shape)
    assert {int(row) % 16, int(column) % 16} <= {0}  # multiples of 64 / 4
    assert spectrum.max() > 100


def test_smoothing_takes_texture(people: list[Face]) -> None:
    rng = np.random.default_rng(4)
    noisy = people[4].picture.astype(float) + rng.normal(0, 12, people[4].picture.shape)
    picture = np.clip(noisy, 0, 255).astype(np.uint8)
    rough = np.abs(np.diff(picture.astype(int), axis=0)).mean()
    for seed in range(6):
        done = smooth(picture, np.random.default_rng(seed))
        assert np.abs(np.diff(done.astype(int), axis=0)).mean() < rough


def test_a_recoding_is_one_more_loss_and_keeps_size(people: list[Face]) -> None:
    clip = [np.roll(people[5].picture, step, axis=1)[:141, :143] for step in range(4)]
    plain = Degradation(seed=3, codec="libx264", codec_quality=23)
    twice = replace(plain, recodings=(Recoding(1.0, 28),))
    app = replace(plain, recodings=(Recoding(0.5, 34),))
    once, double, sent = (one.apply_clip(clip) for one in (plain, twice, app))
    for before, a, b, c in zip(clip, once, double, sent, strict=True):
        assert a.shape == b.shape == c.shape == before.shape
        assert psnr(before, a) > psnr(before, b) > psnr(before, c) > 20
    assert app.apply(clip[0]).shape == clip[0].shape
    lone = Degradation(seed=3, recodings=(Recoding(0.6, 30),)).apply(clip[0])  # not coded before
    assert 20 < psnr(clip[0], lone) < 45


def test_recoding_changes_nothing_where_it_is_not_asked_for() -> None:
    """Recipes from before it was there draw as they did."""
    for seed in range(60):
        one, two, three = (np.random.default_rng(seed) for _ in range(3))
        plain = draw_degradation(one)
        assert draw_degradation(two, recoded=0.0) == plain
        assert one.random() == two.random()
        assert replace(draw_degradation(three, recoded=1.0), recodings=()) == plain


def test_recoded_files_are_coded_twice_at_least() -> None:
    rng = np.random.default_rng(5)
    drawn = [draw_degradation(rng, recoded=0.5) for _ in range(600)]
    again = [one for one in drawn if one.recodings]
    assert 0.4 < len(again) / len(drawn) < 0.6
    assert all((one.codec is not None) + len(one.recodings) >= 2 for one in again)
    assert any(one.recodings[-1].scale < 0.6 for one in again)
    assert any(one.recodings[-1].scale == 1 for one in again)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_equal_clips_stay_equal_when_recoded(people: list[Face], seed: int) -> None:
    degradation = draw_degradation(np.random.default_rng(seed), recoded=1.0)
    clip = [np.roll(people[1].picture, step, axis=1) for step in range(3)]
    for one, two in zip(degradation.apply_clip(clip), degradation.apply_clip(clip), strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.shape == clip[0].shape
