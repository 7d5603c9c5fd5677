"""Seven distortions at five levels, applied to decoded frames before a face is looked for.

What comes after decoding is the product as it is served: detection, tracking, crops and scores
all see the distorted frames. Strengths are in pixels and grey levels of the frame as decoded.
H.264 codes the frames of one sampled window as a film of their own: its frames are further apart
in time than in the file, so a CRF costs somewhat more quality here than it would there. They carry
the quantisers of that film, and under JPEG what its table says; under the other distortions frames
keep the file's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from unmask.core.frames import Frame, Window
from unmask.synthesis.codecs import as_picture, coded, jpeg
from unmask.synthesis.colour import fade, to_bytes
from unmask.video.jpeg import luma_table_in
from unmask.video.quantiser import EXPORT, of_jpeg, quantiser

Image = NDArray[np.uint8]
Apply = Callable[[Sequence[Frame], float, Generator], list[Frame]]


@dataclass(frozen=True, slots=True)
class Distortion:
    """Five settings from weak to strong, and what one does to the frames of a window."""

    name: str
    unit: str
    settings: tuple[float, float, float, float, float]
    apply: Apply

    def describe(self, level: int) -> str:
        """The setting in words, ``level`` 1 to 5."""
        return f"{self.unit} {self.settings[level - 1]:g}"

    def alter(self, level: int, seed: int = 0) -> Callable[[Window], Window]:
        """The function for the pipeline; what is random depends on the window's time alone."""

        def distort(window: Window) -> Window:
            moment = round(window.frames[0].time * 1000)
            rng = np.random.default_rng([seed, level, moment])
            return Window(tuple(self.apply(window.frames, self.settings[level - 1], rng)))

        return distort


def _each(change: Callable[[Image, float], Image]) -> Apply:
    return lambda frames, setting, _rng: [
        replace(frame, image=change(frame.image, setting)) for frame in frames
    ]


def _h264(frames: Sequence[Frame], crf: float, _rng: Generator) -> list[Frame]:
    height, width = frames[0].image.shape[:2]
    even = [
        np.asarray(
            cv2.copyMakeBorder(one.image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE),
            np.uint8,
        )
        for one in frames
    ]
    pairs = zip(frames, coded(even, "libx264", int(crf), EXPORT), strict=True)
    return [
        Frame(one.time, np.ascontiguousarray(as_picture(now)[:height, :width]), quantiser(now))
        for one, now in pairs
    ]


def _jpeg(frames: Sequence[Frame], quality: float, _rng: Generator) -> list[Frame]:
    told = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    _, smallest = cv2.imencode(".jpg", np.zeros((8, 8), np.uint8), told)  # its table counts
    quantiser = of_jpeg(luma_table_in(smallest.tobytes()))
    return [Frame(one.time, jpeg(one.image, int(quality)), quantiser) for one in frames]


def _resize(image: Image, scale: float) -> Image:
    height, width = image.shape[:2]
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    down = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(down, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _blur(image: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _noise(frames: Sequence[Frame], sigma: float, rng: Generator) -> list[Frame]:
    return [replace(one, image=_noisy(one.image, sigma, rng)) for one in frames]


def _noisy(image: Image, sigma: float, rng: Generator) -> Image:
    return to_bytes(image + np.float32(sigma) * rng.standard_normal(image.shape, dtype=np.float32))


def _contrast(image: Image, factor: float) -> Image:
    middle = np.float32(image.mean())
    return to_bytes((image.astype(np.float32) - middle) * np.float32(factor) + middle)


DISTORTIONS: dict[str, Distortion] = {
    one.name: one
    for one in (
        Distortion("h264", "CRF", (23, 28, 33, 38, 43), _h264),
        Distortion("jpeg", "quality", (90, 70, 50, 30, 15), _jpeg),
        Distortion("resize", "down to", (0.75, 0.5, 0.35, 0.25, 0.18), _each(_resize)),
        Distortion("blur", "sigma, px", (0.5, 1, 1.5, 2.5, 4), _each(_blur)),
        Distortion("noise", "sigma, grey levels", (3, 6, 12, 20, 30), _noise),
        Distortion("colour", "saturation", (0.8, 0.6, 0.4, 0.2, 0), _each(fade)),
        Distortion("contrast", "factor", (0.85, 0.7, 0.55, 0.4, 0.25), _each(_contrast)),
    )
}
