"""Smooth warp fields: what moves a still picture, opens a mouth, or shifts a blended face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.synthesis.masks import Mask, Matrix, box_side, invert

Image = NDArray[np.uint8]
Field = NDArray[np.float32]


def smooth_field(
    shape: tuple[int, int], rng: Generator, *, amplitude: float, cells: int = 4
) -> Field:
    """A displacement field H×W×2 in pixels: random on a coarse grid, bicubic in between."""
    coarse = rng.normal(0, amplitude, (cells + 1, cells + 1, 2)).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32
    )


def mouth_field(shape: tuple[int, int], frame: Matrix, opening: float, widening: float) -> Field:
    """A field that opens (positive) or presses (negative) the mouth, in shares of the face box."""
    inverse = invert(frame)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    u = columns * inverse[0, 0] + rows * inverse[0, 1] + inverse[0, 2]
    v = columns * inverse[1, 0] + rows * inverse[1, 1] + inverse[1, 2]
    du, dv = u - 0.5, v - 0.75
    hold = np.exp(-((du / 0.20) ** 2) - (dv / 0.14) ** 2)
    side = box_side(frame)
    move_v = -opening * np.tanh(dv / 0.05) * hold * side
    move_u = -widening * np.tanh(du / 0.08) * hold * side
    return np.stack([move_u, move_v], axis=2).astype(np.float32)


def thin_plate_field(
    shape: tuple[int, int], before: NDArray[np.float64], after: NDArray[np.float64]
) -> Field:
    """The field that carries points N×2 (x, y in pixels) from ``before`` to ``after``.

    A thin plate through them, held fast at eight places of the border: Bookstein, "Principal
    Warps: Thin-Plate Splines and the Decomposition of Deformations", PAMI 1989.
    """
    height, width = shape
    far_x, far_y = width - 1.0, height - 1.0
    thirds = np.array([0.0, 0.5, 1.0])
    border = np.array([[x, y] for x in thirds for y in thirds if (x, y) != (0.5, 0.5)])
    border *= [far_x, far_y]
    knots = np.concatenate([after, border])
    values = np.concatenate([before - after, np.zeros((len(border), 2))])
    affine = np.hstack([np.ones((len(knots), 1)), knots])
    system = np.block([[_bend(knots, knots), affine], [affine.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))
    cells = 32  # smooth enough to be worked out coarsely, at the centres of cells
    x = (np.arange(cells) + 0.5) * width / cells - 0.5
    y = (np.arange(cells) + 0.5) * height / cells - 0.5
    places = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
    moved = _bend(places, knots) @ weights[:-3]
    moved += np.hstack([np.ones((len(places), 1)), places]) @ weights[-3:]
    coarse = moved.reshape(cells, cells, 2).astype(np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
    )


def _bend(places: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """r² ln r² of all distances, N×M."""
    squares = np.sum((places[:, None] - knots[None]) ** 2, axis=2)
    return np.asarray(squares * np.log(np.maximum(squares, 1e-9)))


def apply_field(picture: NDArray[np.uint8], field: Field) -> Image:
    """Sample ``picture`` at each pixel's place plus the field."""
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    return np.asarray(
        cv2.remap(
            picture,
            columns + field[:, :, 0],
            rows + field[:, :, 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        dtype=np.uint8,
    )


def warp_mask(mask: Mask, field: Field) -> Mask:
    """The same for a mask H×W in 0…1."""
    rows, columns = np.mgrid[0 : mask.shape[0], 0 : mask.shape[1]].astype(np.float32)
    x, y = columns + field[:, :, 0], rows + field[:, :, 1]
    warped = cv2.remap(mask, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.float32)


def move(picture: NDArray[np.uint8], frame: Matrix, rng: Generator, amount: float) -> Image:
    """Shift, scale and turn the picture about the face's centre by about ``amount`` of its box."""
    side = box_side(frame)
    centre = frame[:, :2] @ np.array([0.5, 0.55]) + frame[:, 2]
    turn = cv2.getRotationMatrix2D(
        (float(centre[0]), float(centre[1])),
        float(rng.normal(0, 60 * amount)),
        float(np.exp(rng.normal(0, amount))),
    )
    turn = turn + np.append(np.zeros((2, 2)), rng.normal(0, amount * 0.7 * side, (2, 1)), axis=1)
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(
        cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REFLECT_101), dtype=np.uint8
    )
