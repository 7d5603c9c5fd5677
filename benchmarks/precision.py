"""What arithmetic costs and gains: AUC, how far P moves, and crops a second.

    python benchmarks/precision.py LIST.csv [--model NAME|DIR]... [--every N]

Each model, and where none is named the default, is run in f32 and in bf16 and compared with the
first in f32: name a model and then what ``unmask models quantise`` made of it. LIST.csv has the
columns ``file`` and ``label``. Crops a second are those of a scan's own way of scoring, the best of
rounds in turn. On a processor without bf16 arithmetic it is emulated, slowly.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from unmask import Analyser
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.evaluation.curves import Ranking, area
from unmask.pipeline import ScoredCrop

TIMED = 64  # crops
ROUNDS = 7


class Crops:
    """The first crops of the scans, to time scoring on."""

    def __init__(self) -> None:
        self.images: list[NDArray[np.uint8]] = []

    def add(self, crop: ScoredCrop, /) -> None:
        if len(self.images) < TIMED:
            self.images.append(crop.image)


def speeds(analysers: list[Analyser], crops: NDArray[np.uint8]) -> list[float]:
    """Crops a second of each, taking turns."""
    taken = np.empty((ROUNDS, len(analysers)))
    for round_ in taken:
        for number, analyser in enumerate(analysers):
            start = time.perf_counter()
            analyser.scorer.score_crops(crops)
            round_[number] = time.perf_counter() - start
    return [len(crops) / seconds for seconds in taken[1:].min(axis=0)]


def main() -> None:
    """Scan, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model", action="append", help="repeatable")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index = index_list(options.index)
    analysers = [
        Analyser(model, precision=precision, device="cpu")
        for model in options.model or [None]
        for precision in ("f32", "bf16")
    ]
    crops, found, labels = Crops(), [], []
    for sample in track(index.samples[:: options.every], "scanning"):
        with opened(index.root, sample) as path:
            first = analysers[0].analyse(path, evidence=crops)
            others = [analyser.analyse(path) for analyser in analysers[1:]]
        scores = [analysis.verdict.probability for analysis in (first, *others)]
        if None not in scores:
            found.append(scores)
            labels.append(sample.label)
    columns, truth = np.array(found, float).T, np.array(labels)
    each = np.ones((1, len(truth)))
    rates = speeds(analysers, np.stack(crops.images))
    print(f"{len(truth)} files; P against the first row")
    print("model                           AUC    P differs: median   most   crops/s")
    for analyser, column, rate in zip(analysers, columns, rates, strict=True):
        name = f"{analyser.model.name} {analyser.model.version} {analyser.options.precision}"
        auc = float(area(Ranking.of(column, truth), each)[0])
        apart = np.abs(column - columns[0])
        print(f"{name:30s}{auc:6.4f}{np.median(apart):20.4f}{apart.max():7.4f}{rate:10.1f}")


if __name__ == "__main__":
    main()
