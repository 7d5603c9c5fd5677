"""Real films of a list, and pseudo-fakes of each as films: what a scan tells of swaps in motion.

    python tools/forged_films.py LIST.csv DATA OUT [--root DIR] [--crf 23] [--every N]

Of four stretches of each real film the largest face and what lies around it is cut, and put
together to one film a kind, coded alike: as it is, with somebody else's face put in (of the
held-out people of ``DATA/faces``), with its own blended in, with its mouth drawn anew, with the
mouth of another moment. ``steady`` ones are made alike in every frame, ``framewise`` ones anew as
often as a tool flickers; of ``jitter`` the edge of the mask trembles, ``wander`` slides slowly over
the head. Writes OUT/films.csv and OUT/films/, for

    unmask evaluate MODEL OUT/films.csv --root OUT/films --split all --groups method

``identity`` names the film that each was made of.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from unmask.core.errors import UnmaskError
from unmask.datasets.listing import index_list
from unmask.synthesis import Kind, forge_clip
from unmask.synthesis.temporal import ClipKind
from unmask.training.films import Film, read_films
from unmask.training.material import Portrait, read_portraits

LOOSE = 2.2  # sides of the face box around which is kept, enough for a detector
STRETCHES, FRAMES, RATE = 4, 15, 25
TRIED = 20  # donors, of whom the one most alike in tone and pose is taken
KINDS: tuple[tuple[ClipKind, Kind], ...] = (
    ("steady", "swap"),
    ("framewise", "swap"),
    ("jitter", "swap"),
    ("wander", "swap"),
    ("steady", "self-blend"),
    ("framewise", "self-blend"),
    ("jitter", "self-blend"),
    ("steady", "lip-sync"),
    ("mouth-out-of-step", "lip-sync"),
)


def real_films(listed: Path, root: Path | None, every: int) -> dict[str, list[Film]]:
    """The windows of each real film in which a face is seen throughout."""
    index = index_list(listed, root=root)
    real = [one.path for one in index.samples if one.label == 0 and one.kind == "video"]
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder) / "clips"
        clips.mkdir()
        with (Path(folder) / "clips.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["file", "source", "licence"])
            for number, path in enumerate(real[::every]):
                name = f"{number:04d}-{Path(path).name}"
                (clips / name).symlink_to((Path(index.root) / path).resolve())
                table.writerow([name, "", ""])
        films = read_films(
            Path(folder), frames=FRAMES, step_s=1 / RATE, windows=STRETCHES, loose=LOOSE
        )
    by_file: defaultdict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_file[film.name].append(film)
    return dict(by_file)


def donor(film: Film, people: Sequence[Portrait], rng: np.random.Generator) -> Portrait:
    """Of a few, the one most alike."""
    look = film.frames[0].look
    tried = [people[i] for i in rng.integers(0, len(people), TRIED)]
    return min(tried, key=lambda one: float(np.abs(one.look - look).sum()))


def write(path: Path, pictures: Sequence[NDArray[np.uint8]], crf: int) -> None:
    """As H.264, sides brought down to even."""
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", RATE, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, picture in enumerate(pictures):
            even = np.ascontiguousarray(picture[:height, :width])
            frame = av.VideoFrame.from_ndarray(even, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """Cut, forge, write, list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    people = [one for one in read_portraits(options.data, LOOSE) if one.split == "val"]
    folder = options.out / "films"
    folder.mkdir(parents=True, exist_ok=True)
    with (options.out / "films.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "label", "method", "family", "identity"])
        films = real_films(options.list, options.root, options.every)
        for number, (name, windows) in enumerate(track(films.items(), "forging")):
            clips = [[one.face() for one in film.frames] for film in windows]
            rng = np.random.default_rng(number)
            other, seed = donor(windows[0], people, rng).face(), int(rng.integers(2**31))
            stem = f"{number:03d}"
            real = [face.picture for clip in clips for face in clip]
            write(folder / f"{stem}-real.mp4", real, options.crf)
            table.writerow([f"{stem}-real.mp4", 0, "", "", name])
            for kind, made_by in KINDS:
                alike = np.random.default_rng(seed)
                forged = [
                    one for clip in clips for one in forge_clip(kind, clip, other, made_by, alike)
                ]
                method = kind if kind == "mouth-out-of-step" else f"{made_by}, {kind}"
                file = f"{stem}-{method.replace(', ', '-')}.mp4"
                write(folder / file, forged, options.crf)
                table.writerow([file, 1, method, made_by, name])


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
