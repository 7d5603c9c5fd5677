"""Make the two sample clips of the demo from one photograph in the public domain.

The photograph is NASA's portrait of Eileen Collins, which scikit-image ships as ``astronaut``. Both
clips film it with a camera that is held by hand: one shows the photograph as it is and has a sound
track, in the other the inner face has been replaced frame by frame, the way simple face swaps do.
Camera, noise and codec are of the same kind in both: nothing but the face tells them apart.

    pip install 'unmask[demo]' && python examples/make_samples.py [FOLDER]

A film of a photograph is no film of a person: the samples show how Unmask is used and what a result
looks like. They say nothing of how good it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skimage.data import astronaut

Image = NDArray[np.uint8]

SIZE = (640, 360)  # width, height
RATE = 25
SECONDS = 3.2
SOUND_RATE = 44_100
SEED = 20261124

# Where the face is in the photograph (512×512): its middle and half its width and height.
FACE = (224.0, 119.0)
HALF = (43.0, 56.0)
VIEW = 1.9  # pixels of the clip for each of the photograph


def untouched(rng: Generator) -> Iterator[Image]:
    """The photograph, filmed."""
    photograph = astronaut()
    for camera in cameras(rng):
        yield expose(view(photograph, camera), rng)


def manipulated(rng: Generator) -> Iterator[Image]:
    """The photograph, filmed, with another rendition of the inner face in every frame."""
    photograph = astronaut()
    moves = sway(rng, 5, roughness=0.6)  # a swap places every frame's face anew, a little off
    for camera, (right, down, turn, stretch, glow) in zip(cameras(rng), moves, strict=True):
        rendered = rendition(photograph, glow)
        move = cv2.getRotationMatrix2D(FACE, 1.2 * turn, 1.035 + 0.008 * stretch)
        move[:, 2] += (1.5 + 0.8 * right, 0.8 * down)
        moved = cv2.warpAffine(rendered, move, (512, 512), flags=cv2.INTER_LINEAR)
        mask = inner_face(0.02 * right, 0.02 * down)
        swapped = photograph * (1 - mask) + moved * mask
        yield expose(view(np.rint(swapped).astype(np.uint8), camera), rng)


def rendition(photograph: Image, glow: float) -> NDArray[np.float32]:
    """The face as a small generator would draw it: few pixels, sharpened, of another complexion."""
    small = cv2.resize(photograph, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (512, 512), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    crisp = large + 0.9 * (large - cv2.GaussianBlur(large, (0, 0), 2.0))
    gain = np.array([1.06, 0.99, 0.93], np.float32) * (1 + 0.012 * glow)
    return np.clip(crisp * gain + 3, 0, 255)


def inner_face(right: float, down: float) -> NDArray[np.float32]:
    """A soft mask (512×512×1, 0 to 1) from the brows to the chin."""
    rows, columns = np.mgrid[:512, :512].astype(np.float32)
    across = (columns - FACE[0]) / HALF[0] - right
    along = (rows - FACE[1] - 4) / HALF[1] - down
    distance = (np.abs(across / 0.88) ** 2.4 + np.abs(along / 0.82) ** 2.4) ** (1 / 2.4)
    mask = np.clip((1.08 - distance) / 0.16, 0, 1)
    return (mask * mask * (3 - 2 * mask))[..., None]


def cameras(rng: Generator) -> Iterator[NDArray[np.float64]]:
    """For each frame, the 2×3 matrix from the photograph to the clip: a slow zoom, held by hand."""
    for index, (right, down, turn) in enumerate(sway(rng, 3, roughness=0.08)):
        progress = index / (frame_count() - 1)
        matrix = cv2.getRotationMatrix2D(FACE, 1.0 * turn, VIEW * (1 + 0.08 * progress))
        matrix[:, 2] += (SIZE[0] / 2 - FACE[0], SIZE[1] / 2 + 10 - FACE[1])
        matrix[:, 2] += (6 * right - 10 * progress, 4 * down)
        yield matrix


def view(photograph: Image, camera: NDArray[np.float64]) -> Image:
    """One frame, before the sensor."""
    frame = cv2.warpAffine(
        photograph, camera, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(frame, dtype=np.uint8)


def expose(frame: Image, rng: Generator) -> Image:
    """A sensor's noise, stronger in bright parts, and exposure that breathes a little."""
    light = frame.astype(np.float32) * (1 + 0.006 * rng.standard_normal())
    grain = cv2.GaussianBlur(rng.standard_normal(frame.shape).astype(np.float32), (0, 0), 0.6)
    noisy = light + grain * (1.2 + 0.10 * np.sqrt(np.maximum(light, 0)))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def sway(rng: Generator, channels: int, *, roughness: float) -> NDArray[np.float64]:
    """Frames × channels of smooth noise about 0, of unit deviation; roughness 1 forgets at once."""
    steps = rng.standard_normal((frame_count(), channels))
    values = np.zeros_like(steps)
    for index in range(1, len(steps)):
        values[index] = (1 - roughness) * values[index - 1] + roughness * steps[index]
    return values / values.std(axis=0)


def frame_count() -> int:
    """Frames in a clip."""
    return round(SECONDS * RATE)


def sound() -> NDArray[np.float32]:
    """A quiet melody, 1×samples."""
    times = np.arange(round(SECONDS * SOUND_RATE)) / SOUND_RATE
    notes = np.array([220.0, 261.6, 329.6, 261.6])[(times / SECONDS * 4).astype(int)]
    swell = np.sin(np.pi * (times / SECONDS * 4 % 1)) ** 0.5
    return (0.1 * swell * np.sin(2 * np.pi * notes * times)).astype(np.float32)[None]


def write(path: Path, frames: Iterator[Image], *, with_sound: bool) -> None:
    """An MP4 with H.264 and, if wanted, AAC."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        # One thread and no date: the same file every time.
        video = container.add_stream("libx264", RATE, options={"crf": "25", "threads": "1"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", SOUND_RATE, layout="mono") if with_sound else None
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            wave = av.AudioFrame.from_ndarray(sound(), "fltp", "mono")
            wave.sample_rate, wave.pts = SOUND_RATE, 0
            container.mux(audio.encode(wave))
            container.mux(audio.encode(None))


def main(folder: Path) -> None:
    """Write both clips into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "untouched.mp4", untouched(np.random.default_rng(SEED)), with_sound=True)
    write(folder / "manipulated.mp4", manipulated(np.random.default_rng(SEED)), with_sound=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "samples")
