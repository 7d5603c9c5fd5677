"""What a scan says of films with cuts: which faces it keeps apart, and what becomes of the verdict.

    python tools/cuts.py LIST.csv [--every N] [--shots N] [--seconds S] [--clips N] [--only KIND]

Shots of different files are spliced into films of one size, as in news and compilations: all real,
or one of them of a manipulated file. Long takes of one file, also with a camera that zooms or pans,
with changing light, and cut closer and wider in turn, say whether a scan takes one person for
several. Where LIST tells ``method``, the shots of a film come from files of different ones, which
hardly show the same person. Films are written to a temporary folder, one at a time.

The table (Markdown) has, for each kind of film: how many people are seen (at once, added up over
the files), how many faces were found; of how many of their sightings a face's own file is the
commonest of that face; faces that are of several files; faces more than people of a file; and how
many films were given which verdict.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from unmask import Analyser
from unmask.core.analysis import Analysis
from unmask.datasets.index import Index
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.datasets.sample import Sample
from unmask.pipeline import AnalysisRequest

RATE = 25
SIZES = ((640, 360), (400, 400))  # of films, in turn: width, height
LOST = 0.35  # of a picture may be cut away to fill a film's frame; else it has black bars
LONGEST_S, LONG_S = 16.0, 6.0  # of an uncut take; and the least
SLOWEST = 8  # frames a second
COLUMNS = ("manipulated", "inconclusive", "no-manipulation-found", "no-face")

Image = NDArray[np.uint8]
Moved = Callable[[Image, float], Image]


@dataclass(frozen=True, slots=True)
class Shot:
    """Pictures of one file, 25 a second, all of one size."""

    file: str
    pictures: Sequence[Image]


@dataclass(frozen=True, slots=True)
class Film:
    """Shots one after the other; ``label`` 1 where one of them is manipulated."""

    kind: str
    label: int
    shots: Sequence[Shot]

    def write(self, path: Path) -> None:
        """As H.264 with key frames where its encoder sees cuts."""
        height, width = self.shots[0].pictures[0].shape[:2]
        with av.open(str(path), "w") as out:
            options = {"preset": "superfast", "crf": "20", "x264-params": "log-level=none"}
            stream = out.add_stream("libx264", rate=RATE, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            pictures = (picture for shot in self.shots for picture in shot.pictures)
            for at, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
                frame.pts, frame.time_base = at, Fraction(1, RATE)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())

    def file_at(self, time_s: float) -> str:
        """Of which file the picture is."""
        ends = np.cumsum([len(shot.pictures) for shot in self.shots])
        at = int(np.searchsorted(ends, round(time_s * RATE), side="right"))
        return self.shots[min(at, len(self.shots) - 1)].file


@dataclass(slots=True)
class Row:
    """Sums over the films of one kind."""

    films: int = 0
    people: int = 0
    faces: int = 0
    sightings: int = 0
    own: int = 0
    joined: int = 0
    split: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, film: Film, analysis: Analysis) -> None:
        """Count one film."""
        at_once: Counter[float] = Counter(
            frame.time_s for face in analysis.faces for frame in face.frames
        )
        people: defaultdict[str, int] = defaultdict(int)
        for time_s, count in at_once.items():
            file = film.file_at(time_s)
            people[file] = max(people[file], count)
        mine: Counter[str] = Counter()
        for face in analysis.faces:
            files = Counter(film.file_at(frame.time_s) for frame in face.frames)
            ((commonest, count),) = files.most_common(1)
            mine[commonest] += 1
            self.own += count
            self.sightings += len(face.frames)
            self.joined += len(files) > 1
        self.films += 1
        self.people += sum(people.values())
        self.faces += len(analysis.faces)
        self.split += sum(max(0, count - people[file]) for file, count in mine.items())
        self.verdicts[analysis.verdict.label] += 1

    def cells(self) -> list[str]:
        """As the table has them."""
        purity = f"{self.own / self.sightings:.3f}" if self.sightings else "–"
        counts = [self.films, self.people, self.faces, purity, self.joined, self.split]
        return [*map(str, counts), " / ".join(str(self.verdicts[label]) for label in COLUMNS)]


def fitted(picture: Image, size: tuple[int, int]) -> Image:
    """A picture in a film's frame (width, height): filling it, or between black bars."""
    width, height = size
    tall, wide = picture.shape[:2]
    lost = 1 - min(wide * height, tall * width) / max(wide * height, tall * width)
    scales = width / wide, height / tall
    scale = max(scales) if lost <= LOST else min(scales)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    across, down = max(1, round(wide * scale)), max(1, round(tall * scale))
    scaled = cv2.resize(picture, (across, down), interpolation=how)
    left, top = max(0, (across - width) // 2), max(0, (down - height) // 3)  # heads are above
    scaled = scaled[top : top + height, left : left + width]
    made = np.zeros((height, width, 3), np.uint8)
    y, x = (height - scaled.shape[0]) // 2, (width - scaled.shape[1]) // 2
    made[y : y + scaled.shape[0], x : x + scaled.shape[1]] = scaled
    return made


def read(path: Path, size: tuple[int, int], *, start: float, seconds: float) -> list[Image]:
    """So many seconds of a film from a share (0 to 1) of what is left over; fewer if it ends."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        length = float(container.duration or 0) / av.time_base
        first = start * max(0.0, length - seconds)
        container.seek(int(first * av.time_base))
        pictures: list[Image] = []
        for frame in container.decode(stream):
            time = float(frame.time or 0.0) - first
            if time >= seconds:
                break
            if time < 0:
                continue
            picture = fitted(frame.to_ndarray(format="rgb24"), size)
            wanted = min(round(seconds * RATE), int(time * RATE) + 1)
            pictures += [picture] * (wanted - len(pictures))
    return pictures


def _within(picture: Image, x: float, y: float, share: float) -> Image:
    """``share`` of a picture's width and height, from (x, y) in shares of what is left over."""
    height, width = picture.shape[:2]
    across, down = round(width * share), round(height * share)
    left, top = round((width - across) * x), round((height - down) * y)
    part = picture[top : top + down, left : left + across]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _light(picture: Image, at: float) -> Image:
    """From dim and blue to bright and warm, with a lamp switched on midway."""
    gain = 0.55 + 0.45 * at + (0.3 if at > 0.5 else 0.0)
    colours = np.array([0.9 + 0.2 * at, 1.0, 1.1 - 0.2 * at]) * gain
    return np.clip(picture * colours, 0, 255).astype(np.uint8)


# What happens in an uncut take, by how far it has come (0 to 1).
MOVES: dict[str, Moved] = {
    "uncut": lambda picture, at: picture,
    "uncut, zooming": lambda picture, at: _within(picture, 0.5, 0.35, 1 - 0.4 * at),
    "uncut, panning": lambda picture, at: _within(picture, at, 0.35, 0.75),
    "uncut, changing light": _light,
    "one person, closer and wider": lambda picture, at: _within(
        picture, 0.5, 0.35, 0.72 if int(at * 4) % 2 else 1.0
    ),
}
SPLICED, IN_TURN = ("real shots", "one manipulated shot"), "two people in turn"
KINDS = (*SPLICED, IN_TURN, *MOVES)


@dataclass(frozen=True, slots=True)
class Plan:
    """A film not made yet: its kind, a number of its own, and the file of each shot in order."""

    kind: str
    number: int
    files: Sequence[Sample]

    def film(self, index: Index, seconds: float) -> Film:
        """Make it, of shots that last so many seconds."""
        size = SIZES[self.number % len(SIZES)]
        label = max(sample.label for sample in self.files)
        shots = []
        for at, sample in enumerate(self.files):
            with opened(index.root, sample) as path:
                if self.kind in MOVES:
                    whole = read(path, size, start=0, seconds=LONGEST_S)
                    pictures = [
                        MOVES[self.kind](picture, number / len(whole))
                        for number, picture in enumerate(whole)
                    ]
                else:
                    pictures = read(path, size, start=at / len(self.files), seconds=seconds)
            shots.append(Shot(sample.path, pictures))
        return Film(self.kind, label, shots)


def long_enough(index: Index, seconds: float) -> list[tuple[Sample, float]]:
    """The films of an index that last as long, and how long."""
    found = []
    for sample in index.samples:
        with opened(index.root, sample) as path:
            if sample.kind != "video" or not path.is_file():
                continue
            try:
                with av.open(str(path)) as container:
                    length = float(container.duration or 0) / av.time_base
                    rate = float(container.streams.video[0].average_rate or 0)
            except (av.FFmpegError, IndexError):
                continue
        if rate >= SLOWEST and length >= seconds:
            found.append((sample, length))
    return found


def planned(known: Sequence[tuple[Sample, float]], shots: int) -> Iterator[Plan]:
    """Every film that can be made of files of known length, the same ones each time."""
    random = np.random.default_rng(0)
    real = [sample for sample, _ in known if not sample.label]
    for number, (sample, length) in enumerate(known):
        others = [real[at] for at in random.permutation(len(real))]
        files = _of_different_origin([sample, *others], shots)
        kind = SPLICED[sample.label]
        yield Plan(kind, number, [files[at] for at in random.permutation(len(files))])
        if not sample.label:
            yield Plan(IN_TURN, number, (files[:2] * shots)[:shots])
        if length >= LONG_S:
            yield from (Plan(kind, number, [sample]) for kind in MOVES)


def _of_different_origin(files: Sequence[Sample], count: int) -> list[Sample]:
    """The first files of that many origins, fewer if there are no more."""
    first: dict[str, Sample] = {}
    for sample in files:
        first.setdefault(_origin(sample), sample)
    return list(first.values())[:count]


def _origin(sample: Sample) -> str:
    return sample.attributes.get("method") or sample.method or sample.path


def main() -> None:
    """Scan every film, print a row for each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--every", type=int, default=1, help="make every N-th film of each kind")
    parser.add_argument("--shots", type=int, default=4, help="of a film")
    parser.add_argument("--seconds", type=float, default=4.0, help="that a shot lasts")
    parser.add_argument("--clips", type=int, default=4, help="stretches of a film to look at")
    parser.add_argument("--only", nargs="+", metavar="KIND", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    analyser = Analyser(options.model, device="cpu", options=AnalysisRequest(clips=options.clips))
    index = index_list(options.index)
    plans = [
        plan
        for plan in planned(long_enough(index, options.seconds), options.shots)
        if plan.kind in options.only and plan.number % options.every == 0
    ]
    rows: defaultdict[tuple[str, int], Row] = defaultdict(Row)
    with tempfile.TemporaryDirectory(prefix="unmask-") as folder:
        path = Path(folder) / "film.mp4"
        for plan in track(plans, "splicing and scanning"):
            film = plan.film(index, options.seconds)
            film.write(path)
            rows[film.kind, film.label].add(film, analyser.analyse(path))
    print(f"| film | | films | people | faces | purity | joined | split | {' / '.join(COLUMNS)} |")
    print("|---" * 9 + "|")
    for kind in KINDS:
        for label in (0, 1):
            if (kind, label) in rows:
                name = ("real", "manipulated")[label]
                print(f"| {kind} | {name} |", " | ".join(rows[kind, label].cells()), "|")


if __name__ == "__main__":
    main()
