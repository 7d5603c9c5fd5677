import numpy as np
import pytest

from unmask.faces import patches
from unmask.faces.patches import sample


def plainly(image: np.ndarray, box: np.ndarray, size: int) -> np.ndarray:
    """TensorFlow's crop_and_resize, pixel by pixel, grey outside."""
    height, width = image.shape[:2]
    out = np.full((size, size, 3), 127.5)
    for row in range(size):
        for column in range(size):
            y = (box[1] + (box[3] - box[1]) * row / (size - 1)) * (height - 1) / height
            x = (box[0] + (box[2] - box[0]) * column / (size - 1)) * (width - 1) / width
            if 0 <= y <= height - 1 and 0 <= x <= width - 1:
                top, left = int(y), int(x)
                below, right = min(top + 1, height - 1), min(left + 1, width - 1)
                upper = image[top, left] * (1 - x + left) + image[top, right] * (x - left)
                lower = image[below, left] * (1 - x + left) + image[below, right] * (x - left)
                out[row, column] = upper * (1 - y + top) + lower * (y - top)
    return out


@pytest.mark.parametrize("addressable", [32_000, 10])
def test_samples_as_the_origin_of_the_weights_does(
    monkeypatch: pytest.MonkeyPatch, addressable: int
) -> None:
    monkeypatch.setattr(patches, "_ADDRESSABLE", addressable)
    rng = np.random.default_rng(0)
    image = np.cumsum(rng.integers(0, 3, (60, 90, 3)), axis=1).astype(np.uint8)
    boxes = np.array([[10, 5, 50, 45], [3.3, 7.7, 20.1, 24.5], [70, 40, 85, 55]], np.float32)
    for box, patch in zip(boxes, sample(image, boxes, 24), strict=True):
        assert np.abs(plainly(image, box, 24) - patch).max() < 1.5


@pytest.mark.parametrize("addressable", [32_000, 10])
def test_outside_the_picture_is_grey(monkeypatch: pytest.MonkeyPatch, addressable: int) -> None:
    monkeypatch.setattr(patches, "_ADDRESSABLE", addressable)
    image = np.full((40, 40, 3), 200, np.uint8)
    boxes = np.array([[-20, -20, 20, 20], [100, 100, 140, 140]], np.float32)
    half_in, outside = sample(image, boxes, 24)
    assert half_in[2, 2].tolist() == [128] * 3
    assert half_in[-2, -2].tolist() == [200] * 3
    assert np.all(outside == 128)
