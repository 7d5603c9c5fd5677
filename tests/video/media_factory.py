"""Tiny videos whose every frame says which one it is, in black and white bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec import Codec
from av.codec.codec import UnknownCodecError

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.frames import Frame, WindowPlan
from unmask.video import DamageCount, probe, read_windows

BITS = 12
NEVER = Deadline.after(None)
FAST: dict[str, dict[str, str]] = {
    "libx264": {"preset": "veryfast", "x264-params": "log-level=none"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "16"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12"},
}


def numbered(index: int, width: int = 96, height: int = 64) -> np.ndarray:
    """Bars, most significant first; white is 1. The top half is inverted, for comparison."""
    bits = [(index >> (BITS - 1 - k)) & 1 for k in range(BITS)]
    row = np.repeat(bits, width // BITS).astype(np.uint8) * 255
    row = np.pad(row, (0, width - len(row)))
    image = np.repeat(row[None, :], height, axis=0)
    image[: height // 2] = 255 - image[: height // 2]
    return np.repeat(image[..., None], 3, axis=2)


def number(image: np.ndarray) -> int:
    """Which frame this is."""
    height, width = image.shape[:2]
    bar = width // BITS
    lower = image[height * 5 // 8 : height * 7 // 8].mean(axis=(0, 2))
    upper = image[height // 8 : height * 3 // 8].mean(axis=(0, 2))
    bits = [
        lower[k * bar + bar // 4 : (k + 1) * bar - bar // 4].mean()
        > upper[k * bar + bar // 4 : (k + 1) * bar - bar // 4].mean()
        for k in range(BITS)
    ]
    return int("".join("01"[bool(bit)] for bit in bits), 2)


@dataclass
class Recipe:
    codec: str = "libx264"
    frames: int = 50
    rate: Fraction = Fraction(25)
    size: tuple[int, int] = (96, 64)
    gop: int = 25
    pixels: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    form: str | None = None
    turn: tuple[float, bool, bool] | None = None
    aspect: Fraction | None = None
    sound: bool = False
    times: list[int] | None = None  # in 1/1000 s, for a variable rate


def need_encoder(name: str) -> None:
    try:
        Codec(name, "w")
    except UnknownCodecError:
        pytest.skip(f"this build of FFmpeg has no encoder {name}")


def write(path: Path, recipe: Recipe | None = None, **changes: Any) -> Path:
    """Encode a numbered video."""
    r = recipe or Recipe(**changes)
    need_encoder(r.codec)
    with av.open(str(path), "w", format=r.form, options=r.container) as out:
        stream = out.add_stream(r.codec, rate=r.rate, options=FAST.get(r.codec, {}) | r.options)
        stream.width, stream.height = r.size
        stream.pix_fmt = r.pixels
        if r.codec not in ("gif", "apng", "mjpeg", "png", "ffv1"):
            stream.codec_context.gop_size = r.gop
        if r.aspect is not None:
            stream.codec_context.sample_aspect_ratio = r.aspect
        if r.turn is not None:
            stream.set_display_rotation(*r.turn)
        if r.times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        voice = add_sound(out) if r.sound else None
        for index in range(r.frames):
            frame = av.VideoFrame.from_ndarray(numbered(index, *r.size)).reformat(format=r.pixels)
            frame.pts = index if r.times is None else r.times[index]
            frame.time_base = 1 / r.rate if r.times is None else Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if voice is not None:
            sing(out, voice, r.frames / r.rate)
    return path


def add_sound(out: Any) -> Any:
    return out.add_stream("aac", rate=44_100, layout="mono")


def sing(out: Any, stream: Any, seconds: Fraction) -> None:
    wave = np.sin(np.arange(int(seconds * 44_100)) * 0.06).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(wave[None, :], format="fltp", layout="mono")
    frame.sample_rate = 44_100
    frame.pts = 0
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=44_100, frame_size=1024)
    for piece in resampler.resample(frame):
        out.mux(stream.encode(piece))
    out.mux(stream.encode())


def plan(start: float, stop: float, frames: int, step: float) -> WindowPlan:
    exact = [Fraction(value).limit_denominator(10_000) for value in (start, stop, step)]
    return WindowPlan(exact[0], exact[1], frames, exact[2])


def info_of(path: Path) -> MediaInfo:
    return probe(path, deadline=NEVER)


def sample(
    path: Path, *plans: WindowPlan, damage: DamageCount | None = None
) -> list[tuple[Frame, ...]]:
    """The frames of every window, all in memory at once."""
    count = DamageCount() if damage is None else damage
    windows = read_windows(path, info_of(path), plans, deadline=NEVER, damage=count)
    return [window.frames for window in windows]


def times(frames: tuple[Frame, ...]) -> list[float]:
    return [float(frame.time) for frame in frames]


def numbers(frames: tuple[Frame, ...]) -> list[int]:
    return [number(frame.image) for frame in frames]
