"""Videos and pictures with and without a face, small ones."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from PIL import Image
from skimage.data import astronaut


@lru_cache
def portrait() -> np.ndarray:
    """224×224 pixels, the face about 105 of them."""
    return np.ascontiguousarray(astronaut()[0:224, 110:334])


def picture(path: Path, shift: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.roll(portrait(), shift, axis=1)).save(path)
    return path


def film(path: Path, *, frames: int = 20, face: bool = True, shade: int = 128) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "libx264", rate=25, options={"preset": "ultrafast", "x264-params": "log-level=none"}
        )
        stream.width = stream.height = 224
        stream.pix_fmt = "yuv420p"
        blank = np.full((224, 224, 3), shade, np.uint8)
        for at in range(frames):
            image = np.roll(portrait(), at // 4, axis=1) if face else blank
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        out.mux(stream.encode())
    return path
