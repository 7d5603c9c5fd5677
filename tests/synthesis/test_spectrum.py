"""Sharpness made alike: rings of frequencies take the target's energy, marks between them stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from unmask.synthesis import Face
from unmask.synthesis.spectrum import match_spectrum

Picture = NDArray[np.uint8]


def _sharpness(picture: Picture) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


@pytest.mark.parametrize("size", [(144, 144), (143, 121)])
def test_a_soft_copy_becomes_as_sharp_as_its_original(
    people: list[Face], size: tuple[int, int]
) -> None:
    picture = people[0].picture[: size[0], : size[1]]
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8)
    assert _sharpness(soft) < 0.6 * _sharpness(picture)
    matched = match_spectrum(soft, picture)
    assert matched.shape == picture.shape
    assert 0.75 < _sharpness(matched) / _sharpness(picture) < 1.25


def test_and_a_sharp_one_as_soft(people: list[Face]) -> None:
    picture = people[1].picture
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.2), np.uint8)
    assert _sharpness(match_spectrum(picture, soft)) < 2 * _sharpness(soft)


def test_shape_and_light_stay(people: list[Face]) -> None:
    picture = people[2].picture
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), np.uint8)
    moved = match_spectrum(soft, picture).astype(float) - soft
    assert abs(moved.mean()) < 0.5
    assert np.abs(cv2.GaussianBlur(moved, (0, 0), 8)).max() < 4


def test_a_picture_matches_itself(people: list[Face]) -> None:
    picture = people[3].picture
    change = match_spectrum(picture, picture).astype(int) - picture
    assert np.abs(change).max() <= 3  # rounding on the way through luma and chroma


def test_a_grid_is_still_there_afterwards(people: list[Face]) -> None:
    """The mark that a decoder leaves is what is to be learnt: it must not be evened out."""
    picture = people[4].picture
    grid = picture.astype(float)
    grid[::4, ::4] += 14
    marked = np.clip(cv2.GaussianBlur(grid, (0, 0), 0.6), 0, 255).astype(np.uint8)
    matched = match_spectrum(marked, picture).astype(float).mean(axis=2)
    other = picture.astype(float).mean(axis=2)
    grids = [
        np.abs(np.fft.fft2(x - cv2.GaussianBlur(x, (0, 0), 2)))[36, 36] for x in (matched, other)
    ]
    assert grids[0] > 4 * grids[1]
