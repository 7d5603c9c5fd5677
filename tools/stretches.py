"""What a scan says by how many stretches of each film it looks at.

    python tools/stretches.py LIST.csv [--model MODEL] [--every N] [--clips 1 2 3 4 6]

The table (Markdown) has the AUC of the probabilities, their log-loss, and how many files were given
which verdict, real ones and manipulated ones apart. Pictures are left out. Probabilities are
calibrated for as many stretches as a scan takes by itself.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from rich.progress import track

from unmask import Analyser
from unmask.datasets.index import Index
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.probabilities import log_loss
from unmask.pipeline import AnalysisRequest

LABELS = ("manipulated", "inconclusive", "no-manipulation-found", "no-face")


def row(index: Index, every: int, clips: int, model: str | None) -> str:
    """Of one number of stretches."""
    analyser = Analyser(model, device="cpu", options=AnalysisRequest(clips=clips))
    found: Counter[tuple[int, str]] = Counter()
    labels, probabilities = [], []
    for sample in track(index.samples[::every], f"{clips} stretches"):
        with opened(index.root, sample) as path:
            analysis = analyser.analyse(path)
        if analysis.media.kind == "image":
            continue
        verdict = analysis.verdict
        found[sample.label, verdict.label] += 1
        if verdict.probability is not None:
            labels.append(sample.label)
            probabilities.append(verdict.probability)
    truth, p, alike = np.asarray(labels), np.asarray(probabilities), np.ones((1, len(labels)))
    told = float(area(Ranking.of(p, truth), alike)[0])
    loss = float(log_loss(p, truth, alike)[0])
    counts = [" / ".join(str(found[label, one]) for one in LABELS) for label in (0, 1)]
    return f"| {clips} | {told:.3f} | {loss:.2f} | {' | '.join(counts)} |"


def main() -> None:
    """A row for each number of stretches."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    parser.add_argument("--clips", type=int, nargs="+", default=[1, 2, 3, 4, 6])
    options = parser.parse_args()
    index = index_list(options.index)
    columns = " / ".join(LABELS)
    print(f"| stretches | AUC | log-loss | real: {columns} | manipulated: {columns} |")
    print("|---" * 5 + "|")
    for clips in options.clips:
        print(row(index, options.every, clips, options.model), flush=True)


if __name__ == "__main__":
    main()
