"""Films saved once more, whole, to see what a detector still tells of them.

    python tools/recode.py LIST.csv OUT --crf 35 [--codec h264] [--scale 0.5] [--every N]

Writes OUT/films/ and OUT/films.csv, which lists them with all that LIST.csv says of their
originals. Then

    unmask evaluate MODEL LIST.csv --split all --out before
    unmask evaluate MODEL OUT/films.csv --split all --out after

What ``unmask evaluate --robustness`` codes are the sampled frames of a window, a tenth of a second
apart, as a film of five; here a film is coded as apps and editors do it: every frame, with those
between them to be guessed from. Every picture is decoded as a scan does, then made smaller by
``--scale`` and left so. Pictures of the list are left out.

``--codec`` is h264, hevc, vp9 or av1, and each has its own scale of ``--crf``: pictures are about
as far from what was coded at 30 of H.264 and HEVC, 43 of VP9 and 48 of AV1.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray
from rich.progress import track

from unmask.core.deadline import Deadline
from unmask.core.errors import UnmaskError
from unmask.core.frames import WindowPlan
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.datasets.sample import Sample
from unmask.video import DamageCount, probe, read_windows

CLOCK = 90_000  # ticks a second
SLOT = Fraction(1, 8)  # seconds decoded at once
FASTEST = Fraction(1, 256)  # seconds from one frame to the next
LIST, FOLDER = "films.csv", "films"


class Coder(NamedTuple):
    """What codes films: FFmpeg's name of it, how thoroughly, and what its films end in."""

    name: str
    options: dict[str, str]
    suffix: str = ".mp4"


CODERS = {
    "h264": Coder("libx264", {"preset": "medium"}),
    "hevc": Coder("libx265", {"preset": "fast", "x265-params": "log-level=none"}),
    "vp9": Coder("libvpx-vp9", {"b": "0", "deadline": "good", "cpu-used": "4"}, ".webm"),
    "av1": Coder("libsvtav1", {"preset": "8"}),
}


def frames_of(path: Path) -> Iterator[tuple[Fraction, NDArray[np.uint8]]]:
    """Every frame of a film and when it is shown; none of a picture."""
    deadline, damage = Deadline.after(None), DamageCount()
    info = probe(path, deadline=deadline)
    if info.kind == "image":
        return
    starts = [number * SLOT for number in range(int((info.duration_s or 0) / SLOT) + 2)]
    plans = [WindowPlan(at, at + SLOT, int(SLOT / FASTEST), FASTEST) for at in starts]
    for window in read_windows(path, info, plans, deadline=deadline, damage=damage):
        for frame in window.frames:
            yield frame.time, frame.image


def save(path: Path, target: Path, coder: Coder, *, crf: int, scale: float) -> bool:
    """Code the film at ``path`` into ``target``; false where it is none."""
    film: av.container.OutputContainer | None = None
    stream: VideoStream | None = None
    for time, image in frames_of(path):
        if film is None or stream is None:
            height, width = (max(2, 2 * round(side * scale / 2)) for side in image.shape[:2])
            film = av.open(str(target), "w")
            stream = film.add_stream(coder.name, 30, {"crf": str(crf), **coder.options})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, CLOCK)
        size = (stream.width, stream.height)
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        frame = av.VideoFrame.from_ndarray(np.asarray(small, np.uint8), format="rgb24")
        frame.pts, frame.time_base = round(time * CLOCK), Fraction(1, CLOCK)
        film.mux(stream.encode(frame))
    if film is None or stream is None:
        return False
    film.mux(stream.encode())
    film.close()
    return True


def row(sample: Sample, name: str) -> dict[str, str]:
    """What the list says of a sample, under the names that it is read by."""
    said = {"file": name, "label": str(sample.label), "method": sample.method}
    said |= {"identity": ";".join(sample.identities), "source": sample.source}
    return dict(sample.attributes) | {key: value for key, value in said.items() if value}


def main() -> None:
    """Save them all, and list them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--crf", type=int, default=35)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--codec", choices=CODERS, default="h264")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index = index_list(options.index)
    folder = options.out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    coder = CODERS[options.codec]
    rows = []
    for number, sample in enumerate(track(index.samples[:: options.every], "saving")):
        name = f"{number:04d}-{Path(sample.path).stem}{coder.suffix}"
        with opened(index.root, sample) as path:
            if save(path, folder / name, coder, crf=options.crf, scale=options.scale):
                rows.append(row(sample, name))
    columns = list(dict.fromkeys(key for each in rows for key in each))
    with (options.out / LIST).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, columns, restval="")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
