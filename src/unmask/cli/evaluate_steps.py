"""Scoring for ``unmask evaluate``: files through a model with a progress bar, or scores read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unmask.cli.evaluate_options import EvaluateOptions
from unmask.cli.progress import ScanProgress
from unmask.cli.terminal import notes_console
from unmask.core.analysis import Thresholds
from unmask.datasets.index import Index
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case, join
from unmask.evaluation.report import Distorted, Scorer
from unmask.evaluation.robustness import drawn_files, robustness
from unmask.evaluation.score_log import OURS, ScoreLog
from unmask.evaluation.scorers import scorer_of_model, scorer_of_scores
from unmask.evaluation.scoring import Condition, score_samples, stamp
from unmask.evaluation.selecting import cases_of_file
from unmask.pipeline import Analyser

_HALF = Thresholds(low=0.5, high=0.5)


@dataclass(frozen=True, slots=True)
class Measured:
    """Scored files, what scored them, and the thresholds that turn scores into decisions."""

    cases: list[Case]
    scorer: Scorer
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class ModelScoring:
    """One model on the files of one index; every score is in ``scores.csv`` of the folder."""

    analyser: Analyser
    index: Index
    options: EvaluateOptions

    def measure(self, samples: Sequence[Sample]) -> Measured:
        """All files as they are. Kept scores are used, unless they are to be made afresh."""
        cases = self._score(samples, None, fresh=self.options.fresh)
        return Measured(cases, scorer_of_model(self.analyser), self._thresholds)

    def distort(self, cases: Sequence[Case]) -> list[Distorted]:
        """Some of the files under every distortion."""
        options = self.options
        chosen = drawn_files(cases, options.robustness_files, options.seed)

        def rescore(some: Sequence[Case], condition: Condition) -> list[Case]:
            found = self._score([case.sample for case in some], condition)
            return [replace(new, group=old.group) for new, old in zip(found, some, strict=True)]

        return robustness(chosen, options.distortions, rescore, self._thresholds, options.drawing)

    def _score(
        self, samples: Sequence[Sample], condition: Condition | None, *, fresh: bool = False
    ) -> list[Case]:
        by, path = stamp(self.analyser), Path(self.options.out) / OURS
        with (
            ScoreLog(path, by=by, fresh=fresh) as log,
            ScanProgress(notes_console(), len(samples), shown=sys.stderr.isatty()) as progress,
        ):
            rows = score_samples(
                self.analyser,
                self.index,
                samples,
                log,
                timeout=self.options.timeout,
                watcher=progress,
                condition=condition,
            )
        if self._thresholds != self._default:  # verdicts made with others do not count
            rows = [replace(row, verdict="") for row in rows]
        return join(samples, rows, self.index.root)

    @property
    def _default(self) -> Thresholds:
        return self.analyser.package.manifest.thresholds

    @property
    def _thresholds(self) -> Thresholds:
        return self.options.thresholds or self._default


def measure_scores(options: EvaluateOptions, index: Index, samples: Sequence[Sample]) -> Measured:
    """The files with the scores of somebody's CSV."""
    path = Path(str(options.scores))
    cases, thresholds = decided(options, path, samples, index.root)
    return Measured(cases, scorer_of_scores(path), thresholds)


def decided(
    options: EvaluateOptions, path: Path, samples: Sequence[Sample], root: Path
) -> tuple[list[Case], Thresholds]:
    """The scores of a CSV, and what decides by them: --low and --high, without them ½.

    A file of ours holds verdicts, and with them what else a scan goes by; these count unless
    thresholds are asked for.
    """
    cases = cases_of_file(path, samples, root)
    if options.thresholds is None:
        return cases, _HALF
    blank = [replace(case, row=replace(case.row, verdict="")) for case in cases]
    return blank, options.thresholds
