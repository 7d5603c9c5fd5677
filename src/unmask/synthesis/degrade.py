"""What happens to any file on its way to us, real or fake: camera, resizing, codecs, filters.

A :class:`Degradation` is drawn once and applied to a real picture and to the fake made from it
alike, so that nothing but the manipulation tells the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator

from unmask.synthesis.codecs import VideoCodec, jpeg, video
from unmask.synthesis.colour import fade, sharpen, shift_colours, to_bytes
from unmask.synthesis.resampling import resample, smooth
from unmask.synthesis.warps import Image

_DOWN = cv2.INTER_AREA  # how a phone makes a film smaller
_RECODED = 3  # salt


@dataclass(frozen=True, slots=True)
class Recoding:
    """A file coded once more on its way: made smaller by ``scale``, through H.264 at ``crf``.

    Twice of these is double compression; once, small and coarse, is what a chat app sends on.
    """

    scale: float
    crf: int

    def apply_clip(self, frames: Sequence[Image], rng: Generator) -> list[Image]:
        """All frames of one size; they come back at theirs, enlarged by one filter."""
        height, width = frames[0].shape[:2]
        small = (max(16, round(width * self.scale)), max(16, round(height * self.scale)))
        if self.scale < 1:
            frames = [
                np.asarray(cv2.resize(x, small, interpolation=_DOWN), np.uint8) for x in frames
            ]
        coded = video([_even(frame) for frame in frames], "libx264", self.crf)
        frames = [_restore(frame, frames[0].shape[:2]) for frame in coded]
        enlarging = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
        if self.scale < 1:
            frames = [
                np.asarray(cv2.resize(x, (width, height), interpolation=enlarging), np.uint8)
                for x in frames
            ]
        return list(frames)


@dataclass(frozen=True, slots=True)
class Degradation:
    """One drawn chain. ``seed`` fixes whatever randomness the steps themselves have."""

    seed: int
    colour: float = 0.0
    saturation: float = 1.0
    filtered: bool = False
    blur: float = 0.0
    motion: int = 0
    noise: float = 0.0
    scale: float = 1.0
    sharpening: float = 0.0
    jpeg_quality: int | None = None
    codec: VideoCodec | None = None
    codec_quality: int = 0
    second_jpeg: int | None = None
    recodings: tuple[Recoding, ...] = ()

    def apply(self, picture: Image) -> Image:
        """One still through the chain; a video codec sees it as the last of three frames."""
        if self.codec is None and not self.recodings:
            return self._finish(self._optics(picture))
        seen = _even(self._optics(picture))
        frames = [np.roll(seen, (step, step), axis=(0, 1)) for step in (2, 1, 0)]
        if self.codec is not None:
            frames = video(frames, self.codec, self.codec_quality)
        return self._finish(_restore(self._recode(frames)[-1], picture.shape[:2]))

    def apply_clip(self, pictures: Sequence[Image]) -> list[Image]:
        """A clip through the same chain, coded as one video."""
        frames = [self._optics(picture) for picture in pictures]
        if self.codec is not None:
            coded = video([_even(frame) for frame in frames], self.codec, self.codec_quality)
            frames = [_restore(frame, pictures[0].shape[:2]) for frame in coded]
        return [self._finish(frame) for frame in self._recode(frames)]

    def _recode(self, frames: list[Image]) -> list[Image]:
        rng = np.random.default_rng([self.seed, _RECODED])
        for recoding in self.recodings:
            frames = recoding.apply_clip(frames, rng)
        return frames

    def _optics(self, picture: Image) -> Image:
        rng = np.random.default_rng(self.seed)
        x = shift_colours(picture, rng, self.colour) if self.colour else picture
        if self.saturation < 1:
            x = fade(x, self.saturation)
        if self.filtered:
            x = smooth(x, rng)
        if self.blur:
            x = np.asarray(cv2.GaussianBlur(x, (0, 0), self.blur), dtype=np.uint8)
        if self.motion:
            x = _motion_blur(x, self.motion, rng)
        if self.scale < 1:
            x = resample(x, self.scale, rng)
        if self.noise:
            x = _add_noise(x, self.noise, rng)
        return sharpen(x, self.sharpening) if self.sharpening else x

    def _finish(self, picture: Image) -> Image:
        x = jpeg(picture, self.jpeg_quality) if self.jpeg_quality else picture
        return jpeg(x, self.second_jpeg) if self.second_jpeg else x


def draw_degradation(
    rng: Generator, *, strength: float = 1.0, recoded: float | None = None
) -> Degradation:
    """Draw a chain. ``strength`` 0 leaves pictures alone, 1 is the range seen in the wild.

    ``recoded`` is the share of files that are coded again on their way (:class:`Recoding`); without
    it none is, and the rest of the chain is the same.
    """

    def happens(probability: float) -> bool:
        return bool(rng.random() < probability * strength)

    codec: VideoCodec | None = None
    quality = 0
    if happens(0.5):
        codec = "libx264" if rng.random() < 0.9 else "mpeg4"
        quality = int(rng.integers(18, 39)) if codec == "libx264" else int(rng.integers(2, 13))
    chain = Degradation(
        seed=int(rng.integers(2**31)),
        colour=float(rng.uniform(0.2, 1.2)) if happens(0.7) else 0.0,
        filtered=happens(0.10),
        blur=float(rng.uniform(0.4, 1.8)) if happens(0.2) else 0.0,
        motion=int(rng.integers(3, 9)) if happens(0.1) else 0,
        noise=float(rng.gamma(1.5, 3.0)) if happens(0.35) else 0.0,
        scale=float(rng.uniform(0.3, 0.95)) if happens(0.45) else 1.0,
        sharpening=float(rng.uniform(0.2, 1.2)) if happens(0.15) else 0.0,
        jpeg_quality=int(rng.integers(35, 98)) if happens(0.45 if codec is None else 0.1) else None,
        codec=codec,
        codec_quality=quality,
        second_jpeg=int(rng.integers(50, 96)) if happens(0.1) else None,
    )
    if happens(0.12):  # a third of these without any colour
        chain = replace(chain, saturation=float(np.clip(rng.uniform(-0.4, 0.8), 0, 1)))
    if recoded and happens(recoded):
        return replace(chain, recodings=_draw_recodings(rng, coded=codec is not None))
    return chain


def _draw_recodings(rng: Generator, *, coded: bool) -> tuple[Recoding, ...]:
    """A chat app, or an editor that saves a film once more; what was not coded yet is first."""
    first = () if coded else (Recoding(1.0, int(rng.integers(18, 30))),)
    if rng.random() < 0.5:
        return (*first, Recoding(float(rng.uniform(0.4, 0.8)), int(rng.integers(26, 37))))
    return (*first, Recoding(1.0, int(rng.integers(18, 35))))


def _motion_blur(picture: Image, length: int, rng: Generator) -> Image:
    angle = rng.uniform(0, np.pi)
    kernel = np.zeros((length, length), dtype=np.float32)
    middle = (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, stop = middle - reach, middle + reach
    ends = [(round(float(p[0])), round(float(p[1]))) for p in (start, stop)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), dtype=np.uint8)


def _add_noise(picture: Image, sigma: float, rng: Generator) -> Image:
    """Sensor noise: stronger in luma than in colour, and softened as in-camera denoisers do."""
    height, width = picture.shape[:2]
    colour = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), dtype=np.float32) * 0.5
    noise = np.asarray(cv2.resize(colour, (width, height)), dtype=np.float32)
    noise += rng.standard_normal((height, width, 1), dtype=np.float32)
    noise *= np.float32(sigma)
    if rng.random() < 0.5:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7), dtype=np.float32)
    return to_bytes(picture.astype(np.float32) + noise)


def _even(picture: Image) -> Image:
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    return np.ascontiguousarray(picture[:height, :width])


def _restore(picture: Image, shape: tuple[int, ...]) -> Image:
    """Back to an odd size whose last row or column the codec could not carry."""
    down, right = shape[0] - picture.shape[0], shape[1] - picture.shape[1]
    if not (down or right):
        return picture
    return np.asarray(
        cv2.copyMakeBorder(picture, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8
    )
