"""The work of ``unmask evaluate``: wiring, progress, documents, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from unmask.cli import exits
from unmask.cli.documents import pretty
from unmask.cli.evaluate_tables import print_evaluation
from unmask.cli.files import Target
from unmask.cli.progress import ScanProgress
from unmask.cli.terminal import note, notes_console, results_console
from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError, UsageError
from unmask.datasets.index import Index
from unmask.datasets.reaching import open_index
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case, join
from unmask.evaluation.evaluating import Protocol, evaluate
from unmask.evaluation.figures import Drawing
from unmask.evaluation.report import Evaluation
from unmask.evaluation.scorers import data_set, scorer_of_model, scorer_of_scores
from unmask.evaluation.scores import ScoreLog, read_scores
from unmask.evaluation.scoring import of_condition, score_samples, stamp
from unmask.evaluation.selecting import Wanted, check_labels, index_of_scores, select
from unmask.pipeline import Analyser
from unmask.runtime import DeviceChoice

_HALF = Thresholds(low=0.5, high=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """The options of ``unmask evaluate``, as they come from the command line."""

    model_and_index: tuple[str, ...]
    scores: str | None
    out: str
    root: str | None
    split: Wanted
    groups: str
    group_by: tuple[str, ...]
    low: float | None
    high: float | None
    resamples: int
    seed: int
    device: DeviceChoice
    timeout: float
    fresh: bool

    @property
    def index(self) -> Path | None:
        """What is evaluated on: the last argument."""
        return Path(self.model_and_index[-1]) if self.model_and_index else None

    @property
    def model(self) -> str | None:
        """The argument before it, None for the model shipped."""
        return self.model_and_index[0] if len(self.model_and_index) > 1 else None

    def check(self) -> None:
        """:class:`UsageError` for what does not go together."""
        most = 2 if self.scores is None else 1
        if len(self.model_and_index) > most:
            what = "a model and an index" if most == 2 else "an index beside --scores"
            raise UsageError(f"give at most {what}, not {len(self.model_and_index)} arguments")
        if self.scores is None and self.index is None:
            raise UsageError(
                "name what to evaluate on: an index, a list, or a folder",
                hint="such as: unmask evaluate index.parquet",
            )
        if (self.low is None) != (self.high is None):
            raise UsageError("--low and --high go together")

    def thresholds(self, default: Thresholds) -> Thresholds:
        """Those asked for, or the default."""
        if self.low is None or self.high is None:
            return default
        if self.low > self.high:
            raise UsageError("--low lies above --high")
        return Thresholds(low=self.low, high=self.high)

    def protocol(self, thresholds: Thresholds) -> Protocol:
        """What to measure."""
        drawing = Drawing(self.resamples, self.seed)
        return Protocol(thresholds, self.groups, self.group_by, drawing)


def run(options: EvaluateOptions) -> int:
    """Score, measure, write, print."""
    options.check()
    out = _folder(Path(options.out))
    document = Target(str(out / "evaluation.json"), "--out")
    evaluation = _of_scores(options) if options.scores else _of_model(options, out)
    document.stream.write(pretty(evaluation.model_dump_json(by_alias=True)) + "\n")
    document.publish()
    print_evaluation(results_console(), evaluation)
    for text in evaluation.notes:
        note(text)
    note(f"written to {out}: evaluation.json")
    coverage = evaluation.coverage
    return exits.DONE if coverage.scored == coverage.files else exits.SOME_FAILED


def _of_model(options: EvaluateOptions, out: Path) -> Evaluation:
    path = cast(Path, options.index)
    index = open_index(path, root=_path(options.root))
    samples, split = select(index, options.split)
    analyser = Analyser(options.model, device=options.device)
    cases = _scored(analyser, index, samples, options, out)
    protocol = options.protocol(options.thresholds(analyser.package.manifest.thresholds))
    if options.low is not None:  # then the verdicts that the package's own thresholds gave are off
        cases = [_undecided(case) for case in cases]
    data = data_set(path, index, split, len(samples))
    return evaluate(cases, scorer_of_model(analyser), data, protocol)


def _scored(
    analyser: Analyser,
    index: Index,
    samples: Sequence[Sample],
    options: EvaluateOptions,
    out: Path,
) -> list[Case]:
    by = stamp(analyser)
    shown = sys.stderr.isatty()
    with (
        ScoreLog(out / "scores.csv", by=by, fresh=options.fresh) as log,
        ScanProgress(notes_console(), len(samples), shown=shown) as progress,
    ):
        rows = score_samples(
            analyser, index, samples, log, timeout=options.timeout, watcher=progress
        )
    return join(samples, of_condition(rows), index)


def _undecided(case: Case) -> Case:
    from dataclasses import replace

    return replace(case, row=replace(case.row, verdict=""))


def _of_scores(options: EvaluateOptions) -> Evaluation:
    path = Path(cast(str, options.scores))
    rows = of_condition(read_scores(path))
    if options.index is None:
        index, named = index_of_scores(path), path
    else:
        index, named = open_index(options.index, root=_path(options.root)), options.index
    samples, split = select(index, options.split)
    check_labels(path, samples, rows)
    cases = join(samples, rows, index)
    protocol = options.protocol(options.thresholds(_HALF))
    return evaluate(
        cases, scorer_of_scores(path), data_set(named, index, split, len(samples)), protocol
    )


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"cannot make the folder {path}: {error.strerror or error}",
            hint="choose another place with --out",
        ) from error
    return path


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
