"""Short films and pictures of scikit-image's astronaut, whose one face lies at a known place."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from skimage.data import astronaut

Image = NDArray[np.uint8]
Scene = Callable[[int], Image]

WHOLE: Image = astronaut()
FACE = (180.0, 62.0, 266.0, 172.0)  # in WHOLE
FACELESS: Image = np.ascontiguousarray(WHOLE[290:, :300])


def panning(image: Image = WHOLE, width: int = 448, height: int = 384) -> Scene:
    """A window of the picture that moves a pixel to the right each frame, and back."""

    def scene(index: int) -> Image:
        left = abs(index % 80 - 40)
        return image[:height, left : left + width]

    return scene


def speaking() -> Scene:
    """As :func:`panning`, with a mouth that opens in every other frame, or it were one picture."""
    wide = WHOLE.copy()
    cv2.ellipse(wide, (227, 150), (16, 12), 0, 0, 360, (70, 20, 25), -1)
    closed, opened = panning(), panning(wide)
    return lambda index: (opened if index % 2 else closed)(index)


def two_people() -> Scene:
    """The astronaut beside her mirror image, darker, both swaying."""
    dark = WHOLE[:, ::-1] // 2

    def scene(index: int) -> Image:
        left = abs(index % 20 - 10)
        return np.concatenate([WHOLE[:320, left : left + 384], dark[:320, left : left + 384]], 1)

    return scene


def cut(at: int) -> Scene:
    """Half of the film the astronaut on the left; from frame ``at`` her mirror image, right."""
    blank = np.full((320, 320, 3), 90, np.uint8)

    def scene(index: int) -> Image:
        face = WHOLE[:320, 80:400]
        parts = [face, blank] if index < at else [blank, face[:, ::-1]]
        return np.concatenate(parts, axis=1)

    return scene


def film(path: Path, scene: Scene, *, frames: int = 50, rate: int = 25, turn: int = 0) -> Path:
    """Encode ``frames`` of the scene as H.264; stored turned clockwise by ``turn``°."""
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": "20", "x264-params": "log-level=none"}
        stream = out.add_stream("libx264", rate=rate, options=options)
        first = turned(scene(0), turn)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 12
        if turn:
            stream.set_display_rotation(turn, False, False)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(turned(scene(index), turn), format="rgb24")
            frame.pts = index
            frame.time_base = Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def remuxed(source: Path, target: Path, late: float = 0) -> Path:
    """The same packets, ``late`` seconds later, the index before them (in an MP4)."""
    options = {"movflags": "faststart"} if target.suffix == ".mp4" else {}
    with av.open(str(source)) as given, av.open(str(target), "w", options=options) as out:
        stream = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is None or packet.pts is None or packet.time_base is None:
                continue  # the end
            packet.pts += int(late / packet.time_base)
            packet.dts += int(late / packet.time_base)
            packet.stream = stream
            out.mux(packet)
    return target


def turned(image: Image, degrees: int) -> Image:
    return np.ascontiguousarray(np.rot90(image, -degrees // 90))


def picture(path: Path, image: Image = WHOLE) -> Path:
    Pillow.fromarray(image).save(path)
    return path


def animated(path: Path, scene: Scene, *, frames: int = 20, milliseconds: int = 80) -> Path:
    """An animated WebP."""
    pictures = [Pillow.fromarray(np.ascontiguousarray(scene(i))) for i in range(frames)]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=milliseconds, quality=80, method=0
    )
    return path


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    x0, y0, x1, y1 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    shared = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)
