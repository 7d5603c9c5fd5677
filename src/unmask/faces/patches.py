"""Square patches for R-Net and O-Net, sampled from the picture in one call."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.faces.boxes import Boxes

_OUTSIDE = 128  # what the networks take for nothing: they subtract 127.5
_ADDRESSABLE = 32_000  # OpenCV addresses pixels with 16 bits


def sample(image: NDArray[np.uint8], boxes: Boxes, size: int) -> NDArray[np.uint8]:
    """N×size×size×3: the boxes (N×4, may reach beyond the picture) of ``image`` (H×W×3, uint8).

    Bilinear, corner to corner and without smoothing, grey outside the picture: what TensorFlow's
    ``crop_and_resize`` does on coordinates divided by the picture's sides, because the weights'
    origin does that and O-Net's landmarks follow its half pixels.
    """
    height, width = image.shape[:2]
    along = np.linspace(0, 1, size, dtype=np.float32)
    x = (boxes[:, :1] + (boxes[:, 2:3] - boxes[:, :1]) * along) * ((width - 1) / width)
    y = (boxes[:, 1:2] + (boxes[:, 3:4] - boxes[:, 1:2]) * along) * ((height - 1) / height)
    if max(height, width) < _ADDRESSABLE:
        return _sample(image, x, y)
    return np.concatenate([_sample_near(image, x[[i]], y[[i]]) for i in range(len(boxes))])


def _sample_near(
    image: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """The same for one box of a picture too long for OpenCV: look only at its surroundings."""
    height, width = image.shape[:2]
    left, top = np.clip([x.min(), y.min()], 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip([x.max() + 2, y.max() + 2], 1, [width, height]).astype(int)
    near = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return _sample(near, x - np.float32(left), y - np.float32(top))


def _sample(
    image: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.uint8]:
    count, size = x.shape
    columns = np.broadcast_to(x[:, None, :], (count, size, size)).reshape(-1, size)
    rows = np.broadcast_to(y[:, :, None], (count, size, size)).reshape(-1, size)
    taken = cv2.remap(
        image,
        columns.astype(np.float32),
        rows.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(_OUTSIDE, _OUTSIDE, _OUTSIDE),
    )
    return taken.reshape(count, size, size, 3).astype(np.uint8, copy=False)
