"""What it changes that P-Net looks at key frames only: detections, scores, and time.

    python benchmarks/window_agreement.py CLIPS/ [--labels FILE.csv] [--limit N] [--seconds S]

Every clip is analysed twice, with faces looked for in each frame by itself and in windows, as a
scan does. A face of the one is matched when one of the other overlaps it by an intersection over
union of at least 0.7. ``--labels`` is a CSV with the columns ``file`` and ``label``: then the AUC
of the clips' probabilities is printed for both.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from unmask.core.analysis import Analysis, FaceFrame
from unmask.core.errors import InputError
from unmask.core.frames import Detection, Frame
from unmask.faces import FaceDetector
from unmask.faces.assignment import assign
from unmask.faces.boxes import iou
from unmask.pipeline import Analyser, AnalysisRequest
from unmask.video.suffixes import SUFFIXES

OVERLAP = 0.7


@dataclass
class Tally:
    """Counts and differences over clips."""

    alone: int = 0
    windows: int = 0
    both: int = 0
    landmarks: list[float] = field(default_factory=list)
    burnt: dict[str, float] = field(default_factory=lambda: {"alone": 0.0, "windows": 0.0})

    def add(self, alone: Analysis, windows: Analysis) -> None:
        """Count one clip."""
        old, new = faces_by_time(alone), faces_by_time(windows)
        self.alone += sum(map(len, old.values()))
        self.windows += sum(map(len, new.values()))
        for at in old.keys() & new.keys():
            for one, other in matched(old[at], new[at]):
                self.both += 1
                off = np.linalg.norm(np.subtract(one.landmarks, other.landmarks), axis=1)
                self.landmarks.append(float(off.mean()) / one.size_px)


def faces_by_time(analysis: Analysis) -> dict[float, list[FaceFrame]]:
    """The faces that were kept, by the time of their frame."""
    found: dict[float, list[FaceFrame]] = {}
    for face in analysis.faces:
        for frame in face.frames:
            found.setdefault(frame.time_s, []).append(frame)
    return found


def matched(
    one: Sequence[FaceFrame], other: Sequence[FaceFrame]
) -> Iterator[tuple[FaceFrame, FaceFrame]]:
    """Pairs that overlap."""
    boxes = [np.array([face.box for face in faces], np.float32) for faces in (one, other)]
    overlaps = iou(*boxes)
    row, column = np.nonzero(overlaps >= OVERLAP)
    for i, j in assign(row, column, 1.0 - overlaps[row, column].astype(np.float64)):
        yield one[i], other[j]


@contextmanager
def measured(tally: Tally, name: str, *, by_window: bool) -> Iterator[None]:
    """Adds the CPU seconds of the block; without ``by_window`` every frame is looked at alone."""
    usual = FaceDetector.detect_window

    def alone(
        self: FaceDetector, frames: Sequence[Frame], **options: object
    ) -> list[list[Detection]]:
        return self.detect([frame.image for frame in frames], **options)  # type: ignore[arg-type]

    FaceDetector.detect_window = usual if by_window else alone  # type: ignore[method-assign]
    start = time.process_time()
    try:
        yield
    finally:
        tally.burnt[name] += time.process_time() - start
        FaceDetector.detect_window = usual  # type: ignore[method-assign]


def auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Share of pairs in the right order, ties by half."""
    fake = np.array([s for s, label in zip(scores, labels, strict=True) if label == 1])
    real = np.array([s for s, label in zip(scores, labels, strict=True) if label == 0])
    right = (fake[:, None] > real).mean() + 0.5 * (fake[:, None] == real).mean()
    return float(right)


def clips_of(folder: Path, labels: dict[str, int], limit: int | None) -> list[Path]:
    """Clips in an order that is the same each time and mixes the folder."""
    clips = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if labels:
        clips = [path for path in clips if path.name in labels]
    random.Random(0).shuffle(clips)
    return clips[:limit]


def main() -> None:
    """Analyse every clip twice and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--min-face", type=int, default=40)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin none after")
    arguments = parser.parse_args()
    labels: dict[str, int] = {}
    if arguments.labels:
        with arguments.labels.open(newline="", encoding="utf-8") as table:
            labels = {row["file"]: int(row["label"]) for row in csv.DictReader(table)}
    request = AnalysisRequest(min_face=arguments.min_face)
    analyser = Analyser(arguments.model, device="cpu", options=request)
    analyser.load()
    tally, rows = Tally(), []
    until = time.monotonic() + arguments.seconds
    for path in clips_of(arguments.folder, labels, arguments.limit):
        if time.monotonic() > until:
            break
        try:
            with measured(tally, "alone", by_window=False):
                alone = analyser.analyse(path)
            with measured(tally, "windows", by_window=True):
                windows = analyser.analyse(path)
        except InputError as error:
            print(f"{path.name}: {error}")
            continue
        tally.add(alone, windows)
        one, other = alone.verdict, windows.verdict
        rows.append((path.name, one.probability, other.probability))
        labels_seen = one.label if one.label == other.label else f"{one.label} → {other.label}"
        print(
            f"{path.name[:48]:48} {one.probability} {other.probability} {labels_seen}", flush=True
        )
    report(tally, rows, labels)


def report(
    tally: Tally, rows: Sequence[tuple[str, float | None, float | None]], labels: dict[str, int]
) -> None:
    """Print the sums."""
    both = [(name, a, b) for name, a, b in rows if a is not None and b is not None]
    change = np.array([abs(a - b) for _, a, b in both] or [0.0])
    print(f"{len(rows)} clips, {len(both)} with a probability from both")
    print(f"faces in frames: {tally.alone} alone, {tally.windows} in windows, {tally.both} matched")
    if tally.landmarks:
        median, far = np.quantile(tally.landmarks, [0.5, 0.99])
        print(f"landmarks: {median:.2%} of a face's side apart at the median, {far:.2%} at 99 %")
    print(f"probability: {change.max():.4f} at most, {np.median(change):.4f} at the median")
    print(f"CPU seconds: {tally.burnt['alone']:.1f} alone, {tally.burnt['windows']:.1f} in windows")
    if len({labels.get(name) for name, _, _ in both}) == 2:
        truth = [labels[name] for name, _, _ in both]
        before, after = (auc(truth, [row[side] for row in both]) for side in (1, 2))
        print(f"AUC: {before:.4f} alone, {after:.4f} in windows")


if __name__ == "__main__":
    main()
