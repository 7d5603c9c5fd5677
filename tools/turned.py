"""What a scan says of files that have lost their rotation.

    python tools/turned.py LIST.csv [--model MODEL] [--every N]

Every file is scanned as it is and turned by 90, 180 and 270 degrees, and the table (Markdown) says
how many were given which verdict, real ones and manipulated ones apart, and how many were withheld
because the face is not upright (``face-turned``). Of files as they are, none should be.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.progress import track

from unmask import Analyser
from unmask.core.frames import Window
from unmask.datasets.index import Index
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened

LABELS = ("manipulated", "inconclusive", "no-manipulation-found", "no-face")
WITHHELD = "face-turned"


def turning(turns: int) -> Callable[[Window], Window]:
    """By so many right angles, counterclockwise."""

    def alter(window: Window) -> Window:
        frames = [
            replace(frame, image=np.ascontiguousarray(np.rot90(frame.image, turns)))
            for frame in window.frames
        ]
        return replace(window, frames=tuple(frames))

    return alter


def verdicts(analyser: Analyser, index: Index, every: int, turns: int) -> Counter[tuple[int, str]]:
    """How many files of each class (1 is manipulated) were given each label."""
    found: Counter[tuple[int, str]] = Counter()
    for sample in track(index.samples[::every], f"turned by {90 * turns}°"):
        with opened(index.root, sample) as path:
            verdict = analyser.analyse(path, alter=turning(turns)).verdict
        found[sample.label, verdict.label] += 1
        found[sample.label, WITHHELD] += WITHHELD in verdict.reasons
    return found


def main() -> None:
    """Scan four times, print a row for each turn and class."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index, analyser = index_list(options.index), Analyser(options.model, device="cpu")
    columns = (*LABELS, WITHHELD)
    print("| turned by | files |", " | ".join(columns), "|")
    print("|---" * (2 + len(columns)) + "|")
    for turns in range(4):
        found = verdicts(analyser, index, options.every, turns)
        for label, name in enumerate(("real", "manipulated")):
            row = [str(found[label, column]) for column in columns]
            print(f"| {90 * turns}° | {name} |", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()
