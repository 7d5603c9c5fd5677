"""What bf16 costs: the same files scanned in f32 and in bf16, their AUC, and how far P moves.

    python benchmarks/precision.py LIST.csv [--model NAME] [--every N]

LIST.csv has the columns ``file`` and ``label``. On a processor without bf16 arithmetic it is
emulated, slowly; the figures are the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

from unmask import Analyser
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.evaluation.curves import Ranking, area


def main() -> None:
    """Scan, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model", default=None)
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index = index_list(options.index)
    analysers = [Analyser(options.model, precision=p, device="cpu") for p in ("f32", "bf16")]
    found, labels = [], []
    for sample in track(index.samples[:: options.every], "scanning"):
        with opened(index.root, sample) as path:
            verdicts = [analyser.analyse(path).verdict for analyser in analysers]
        both = [verdict.probability for verdict in verdicts]
        if None not in both:
            found.append(both)
            labels.append(sample.label)
    scores, truth = np.array(found, float), np.array(labels)
    each = np.ones((1, len(truth)))
    aucs = [float(area(Ranking.of(column, truth), each)[0]) for column in scores.T]
    apart = np.abs(scores[:, 0] - scores[:, 1])
    print(f"{len(truth)} files: AUC in f32 {aucs[0]:.4f}, in bf16 {aucs[1]:.4f}")
    print(f"P differs by {apart.max():.4f} at most, by {np.median(apart):.4f} at the median")


if __name__ == "__main__":
    main()
