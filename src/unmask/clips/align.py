"""The one piece of code that cuts a face out of a frame. Serving and training both call it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.core.frames import Crop

# Where MTCNN's five landmarks lie in its own face box, as shares of the box's side: medians over
# 4,508 portraits, made symmetric. Order: left eye, right eye (as seen), nose, mouth left, right.
TEMPLATE: NDArray[np.float64] = np.array(
    [[0.333, 0.390], [0.667, 0.390], [0.500, 0.595], [0.348, 0.730], [0.652, 0.730]]
)

_MIDDLE = 112  # half of 224
_FINE = 128
_LUMA_AND_CHROMA = np.array(
    [[0.299, 0.587, 0.114], [0.5, -0.419, -0.081], [-0.169, -0.331, 0.5]], np.float32
)
_NOTHING = 0.02  # grey levels; below it an octave holds nothing
Planes = NDArray[np.float32]


def align(
    image: NDArray[np.uint8], landmarks: NDArray[np.float32], *, size: int, margin: float
) -> Crop:
    """Cut the face with these landmarks out of ``image``, upright and scaled, as a ``size`` square.

    ``image`` is H×W×3 uint8, ``landmarks`` 5×2 in its pixels. ``margin`` 1 frames the face box
    itself, 1.3 a third more. What lies outside the picture is black. A large face is averaged
    down before it is rotated, so that the crop holds no aliasing a camera would not make.
    """
    matrix = crop_matrix(landmarks, size=size, margin=margin)
    factor = int(1.0 / max(enlargement(matrix), 1e-6))
    region, local = _region(image, matrix, size, reach=2 * max(1, factor))
    if factor > 1 and min(region.shape[:2]) >= factor:
        region, local = _shrink(region, local, factor)
    crop = cv2.warpAffine(region, local, (size, size), flags=cv2.INTER_LINEAR)
    picture = np.asarray(crop, dtype=np.uint8)
    return Crop(
        image=picture,
        matrix=matrix,
        sharpness=sharpness(picture),
        grain=grain(picture),
        chroma=chroma(picture),
        inside=_inside(matrix, size, (image.shape[1], image.shape[0])),
    )


def crop_matrix(landmarks: NDArray[np.float32], *, size: int, margin: float) -> NDArray[np.float64]:
    """The 2×3 similarity from frame pixels to crop pixels, least squares over the five points.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    PAMI 1991, without reflection. Coinciding landmarks give a unit scale about their centre.
    """
    target = ((TEMPLATE - 0.5) / margin + 0.5) * size
    source = np.asarray(landmarks, dtype=np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred, wanted = source - source_mean, target - target_mean
    # In complex numbers a similarity without reflection is one multiplication.
    z, w = centred[:, 0] + 1j * centred[:, 1], wanted[:, 0] + 1j * wanted[:, 1]
    spread = float(np.sum(np.abs(z) ** 2))
    turn = np.sum(np.conj(z) * w) / spread if spread > 1e-9 else 1.0 + 0.0j
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    shift = target_mean - linear @ source_mean
    return np.hstack([linear, shift[:, None]])


def enlargement(matrix: NDArray[np.float64]) -> float:
    """Pixels of a crop for each of the picture's, along a line: of a crop's 2×3 matrix."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Mean absolute Laplacian of the luma over the crop's middle half, in grey levels.

    As of a crop of 224 pixels: one of another size is brought to it first, so that models of
    different input sizes call the same faces blurred. Crops under 128 pixels are taken as they
    are: they hold little detail to begin with, and enlarged all of them would read as blurred.
    """
    side = crop.shape[0]
    middle = crop[side // 4 : side - side // 4, side // 4 : side - side // 4]
    luma = cv2.cvtColor(np.ascontiguousarray(middle), cv2.COLOR_RGB2GRAY)
    if side >= _FINE and luma.shape != (_MIDDLE, _MIDDLE):
        luma = cv2.resize(luma, (_MIDDLE, _MIDDLE), interpolation=cv2.INTER_LINEAR)
    return float(np.mean(np.abs(cv2.Laplacian(luma, cv2.CV_16S))))


def grain(crop: NDArray[np.uint8]) -> float:
    """How much more detail a crop's middle half has in its finest octave than in the next one.

    The larger of two ratios: of luma, crosswise, and of chroma, across and down (Haar wavelets,
    Mallat 1989). Detail of what a camera sees grows from octave to octave: the ratio is about a
    half, and less where a picture was enlarged, blurred or compressed. Noise halves: it is two.
    """
    side = crop.shape[0] // 4 * 2  # even
    start = (crop.shape[0] - side) // 2
    middle = crop[start : start + side, start : start + side]
    planes = middle.astype(np.float32) @ _LUMA_AND_CHROMA.T
    fine, sums = _octave(*(planes[y::2, x::2] for y in (0, 1) for x in (0, 1)))
    last = len(sums) - 1
    coarse, _ = _octave(*(sums[y : y + last, x : x + last] for y in (0, 1) for x in (0, 1)))
    luma, chroma = fine / (coarse / 4 + _NOTHING)
    return float(max(luma, chroma))


def chroma(crop: NDArray[np.uint8]) -> float:
    """How far a crop's colours spread: the standard deviation of Cr and Cb together, in levels."""
    _, spread = cv2.meanStdDev(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb))
    return float(np.hypot(spread[1, 0], spread[2, 0]))


def _octave(a: Planes, b: Planes, c: Planes, d: Planes) -> tuple[NDArray[np.float64], Planes]:
    """Mean detail of luma, crosswise, and of chroma, across and down; and the sums of the four."""
    crosswise = np.abs(a - b - c + d)[..., 0].mean()
    straight = (np.abs(a - b + c - d) + np.abs(a + b - c - d))[..., 1:].mean() / 2
    return np.array([crosswise, straight]) / 2, a + b + c + d


def _corners(matrix: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The crop's four corners in frame pixels, 4×2."""
    square = np.array([[0, 0], [size, 0], [size, size], [0, size]], dtype=np.float64)
    corners: NDArray[np.float64] = (square - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return corners


def _region(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, *, reach: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the picture that the crop can see and ``reach`` pixels more, and its matrix."""
    corners = _corners(matrix, size)
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(axis=0)).astype(int) - reach, 0, (width - 1, height - 1))
    x1, y1 = np.clip(
        np.ceil(corners.max(axis=0)).astype(int) + 1 + reach, (x0 + 1, y0 + 1), (width, height)
    )
    local = matrix.copy()
    local[:, 2] += local[:, :2] @ np.array([x0, y0], dtype=np.float64)
    return image[y0:y1, x0:x1], local


def _shrink(
    region: NDArray[np.uint8], matrix: NDArray[np.float64], factor: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Average ``factor``×``factor`` blocks; the matrix follows, pixel centres kept in place."""
    height, width = (region.shape[0] // factor) * factor, (region.shape[1] // factor) * factor
    small = cv2.resize(
        region[:height, :width],
        (width // factor, height // factor),
        interpolation=cv2.INTER_AREA,
    )
    scaled = matrix.copy()
    scaled[:, :2] *= factor
    scaled[:, 2] += matrix[:, :2] @ np.full(2, (factor - 1) / 2)
    return np.asarray(small, dtype=np.uint8), scaled


def _inside(matrix: NDArray[np.float64], size: int, picture: tuple[int, int]) -> float:
    """Share of the crop's square that lies within the picture."""
    frame = np.array(
        [[0, 0], [picture[0], 0], [picture[0], picture[1]], [0, picture[1]]], dtype=np.float32
    )
    area, _ = cv2.intersectConvexConvex(_corners(matrix, size).astype(np.float32), frame)
    whole = (size / max(enlargement(matrix), 1e-9)) ** 2
    return float(min(1.0, max(0.0, area / whole)))
