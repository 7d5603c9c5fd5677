"""Do the intervals of an evaluation hold the truth as often as they say?

    python benchmarks/intervals.py [--draws 200] [--resamples 200] [--seed 0]

Draws sets of files whose true figures are known: scores are normal, those of manipulated files
``apart`` standard deviations higher, and files of one group share a part (``alike``) of the
variance. Prints of each design and figure in how many of 100 sets the 95 % interval held the truth,
where it lay otherwise (the truth below it, above it), how wide it was at the median, and what the
value itself was at the mean; of TPRs also what resamples alone would have held, without the real
files that nobody has seen. Nothing here needs a model or files.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from unmask.evaluation.figures import Drawing, metrics_of, ranking_metrics
from unmask.evaluation.report import Figure

FIGURES = ("auc", "eer", "tpr_at_fpr_1", "tpr_at_fpr_5")


@dataclass(frozen=True)
class Design:
    """Groups of each class, files in each, and how alike the files of a group are, 0 to 1."""

    real: tuple[int, int]
    fake: tuple[int, int]
    alike: float

    def __str__(self) -> str:
        return "{}×{} real, {}×{} fake, {:g} alike".format(*self.real, *self.fake, self.alike)


DESIGNS = (
    Design((30, 1), (30, 1), 0),
    Design((50, 1), (50, 1), 0),
    Design((100, 1), (100, 1), 0),
    Design((200, 1), (200, 1), 0),
    Design((12, 4), (5, 6), 0.4),
    Design((12, 8), (12, 8), 0.8),
    Design((28, 8), (28, 8), 0.4),
)
APART = (1.5, 2.5, 3.5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=200, help="sets of each design")
    parser.add_argument("--resamples", type=int, default=200, help="of each set")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for design in DESIGNS:
        for apart in APART:
            print(f"{design}, {apart:g} apart")
            _tell(design, apart, options)


def _tell(design: Design, apart: float, options: argparse.Namespace) -> None:
    truth = {
        "auc": norm.cdf(apart / np.sqrt(2)),
        "eer": norm.cdf(-apart / 2),
        "tpr_at_fpr_1": norm.cdf(apart - norm.isf(0.01)),
        "tpr_at_fpr_5": norm.cdf(apart - norm.isf(0.05)),
    }
    rng, drawing = np.random.default_rng(options.seed), Drawing(options.resamples)
    found: dict[str, list[Figure]] = {name: [] for name in FIGURES}
    alone: dict[str, list[Figure]] = {name: [] for name in FIGURES[2:]}
    for _ in range(options.draws):
        scores, labels, groups = _set(design, apart, rng)
        measured = metrics_of(scores, labels, groups, drawing, level="video", probabilities=None)
        for name in FIGURES:
            found[name].append(getattr(measured, name))
        metrics = ranking_metrics(scores, labels)
        resampled = drawing.measure({name: metrics[name] for name in alone}, groups, labels)
        for name, one in resampled.items():
            alone[name].append(one)
    for name, figures in found.items():
        value = np.mean([one.value for one in figures])
        told = f"{_held(figures, truth[name])}, {value:.2f} where {truth[name]:.2f} is true"
        if name in alone:
            told += f"; by resamples alone {_held(alone[name], truth[name])}"
        print(f"  {name:13}{told}", flush=True)


def _held(figures: list[Figure], truth: float) -> str:
    known = [(one.low, one.high) for one in figures if one.low is not None]
    if not known:
        return " no interval"
    low, high = np.array(known).T
    below, above = np.mean(truth < low), np.mean(truth > high)
    held = f"{100 * (1 - below - above):4.0f} held"
    missing = len(figures) - len(known)
    return (
        f"{held} ({100 * below:.0f} below, {100 * above:.0f} above), "
        f"{np.median(high - low):.2f} wide{f', none in {missing}' if missing else ''}"
    )


def _set(
    design: Design, apart: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    kinds = design.real[0] + design.fake[0]
    groups = np.concatenate(
        [
            np.repeat(np.arange(design.real[0]), design.real[1]),
            np.repeat(np.arange(design.real[0], kinds), design.fake[1]),
        ]
    )
    labels = (groups >= design.real[0]).astype(np.int64)
    shared = rng.normal(0, np.sqrt(design.alike), kinds)[groups]
    own = rng.normal(0, np.sqrt(1 - design.alike), len(groups))
    return apart * labels + shared + own, labels, [str(one) for one in groups]


if __name__ == "__main__":
    main()
