"""The work of ``unmask calibrate``: scores, fit, the package written anew."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from unmask.cli import exits
from unmask.cli.files import make_folder
from unmask.cli.progress import ScanProgress
from unmask.cli.terminal import note, notes_console, printable, results_console
from unmask.core.analysis import Thresholds
from unmask.core.claim import claimed_folder
from unmask.datasets.met import Marks, joined, marks_of_sample
from unmask.datasets.reaching import open_index
from unmask.evaluation.cases import Case, join
from unmask.evaluation.extra import require_extra
from unmask.evaluation.grouping import grouped
from unmask.evaluation.packages import card_is_generated, copy_package, rewrite
from unmask.evaluation.recalibration import (
    Method,
    Wanted,
    lower_threshold,
    recalibrate,
    upper_threshold,
)
from unmask.evaluation.score_log import ScoreLog
from unmask.evaluation.scorers import fitted_on
from unmask.evaluation.scores import has_scores
from unmask.evaluation.scoring import score_samples, stamp
from unmask.evaluation.selecting import (
    cases_of_file,
    for_calibration,
    index_of_scores,
    made_by,
)
from unmask.pipeline import Analyser
from unmask.runtime import DeviceChoice, ModelPackage, file_sha256, find_package
from unmask.runtime.package import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateOptions:
    """The options of ``unmask calibrate``, as they come from the command line."""

    model: str
    source: str
    out: str | None
    work: str
    method: Method
    false_positives: float
    low: float
    misses: float | None
    only_lower: bool
    only_upper: bool
    same_verdicts: bool
    groups: str
    root: str | None
    device: DeviceChoice
    timeout: float

    @property
    def wanted(self) -> Wanted:
        """How to calibrate."""
        return Wanted(self.method, self.false_positives, self.low, self.misses, self.same_verdicts)


def run(options: CalibrateOptions) -> int:
    """Calibrate and write."""
    require_extra("calibration")
    package = find_package(options.model)
    path = Path(options.source)
    cases, split, root = _cases(options, package, path)
    marks = _marks(cases, root)
    source = _source(path, split) | {"files": joined(marks)}
    if which := fitted_on(package.manifest, marks):
        note(
            f"{package.manifest.name} was fitted on {which}: it is surer of them than of others",
            "calibrate on files that were held out",
        )
    losses = None
    old = package.manifest
    if options.only_lower and options.misses is not None:
        thresholds, account = lower_threshold(cases, old.thresholds, options.misses)
        manifest = _moved(old, "lower_threshold", source | account, thresholds)
        done = "has a lower threshold chosen"
    elif options.only_upper:
        thresholds, account = upper_threshold(cases, old.thresholds, options.false_positives)
        manifest = _moved(old, "upper_threshold", source | account, thresholds)
        done = "has an upper threshold chosen"
    else:
        cases, by = grouped(cases, options.groups)
        found = recalibrate(cases, old.calibration, old.thresholds, options.wanted)
        told = {"calibration": source | {"grouped_by": by, **found.account}}
        manifest = _changed(
            package.manifest, told, calibration=found.calibration, thresholds=found.thresholds
        )
        losses = found.account["cross_validated_log_loss"]
        done = "is calibrated"
    target = package if options.out is None else copy_package(package, Path(options.out))
    changed = rewrite(target, manifest, card=card_is_generated(target))
    _print(results_console(), package.manifest, manifest, losses)
    if "evaluations" in package.manifest.metrics:
        note("evaluations of the model as it was were taken out of it", "evaluate it again")
    note(f"{changed.folder} {done} on {path.name}")
    return exits.DONE


def _cases(
    options: CalibrateOptions, package: ModelPackage, path: Path
) -> tuple[list[Case], str, Path]:
    """With the split they are of, and where their files lie."""
    if has_scores(path):
        index = index_of_scores(path)
        samples, split = for_calibration(index, path)
        cases = cases_of_file(path, samples, index.root)
        made_by(package, cases, path)
    else:
        index = open_index(path, root=Path(options.root) if options.root else None)
        samples, split = for_calibration(index, path)
        analyser = Analyser(options.model, device=options.device)
        name = f"scores-{analyser.model.sha256[:12]}.csv"  # calibrating changes the hash
        work = make_folder(options.work, "--work")
        with (
            claimed_folder(work, "--work"),
            ScoreLog(work / name, by=stamp(analyser)) as log,
            ScanProgress(notes_console(), len(samples), shown=sys.stderr.isatty()) as progress,
        ):
            rows = score_samples(
                analyser, index, samples, log, timeout=options.timeout, watcher=progress
            )
        cases = join(samples, rows, index.root)
    if not split:
        note(f"{path.name} has no splits: see that no file of it is ever used to test this model")
    return cases, split, index.root


def _marks(cases: Sequence[Case], root: Path) -> list[Marks]:
    """What the files are known by; their sizes, where they are not at hand, as scored."""
    sizes = ((case, case.row.facts.get("bytes", "")) for case in cases)
    return [
        marks_of_sample(root, case.sample, int(size) if size.isdigit() else None)
        for case, size in sizes
    ]


def _source(path: Path, split: str) -> dict[str, Any]:
    sha256 = file_sha256(path) if path.is_file() else ""
    return {"data": path.name, "sha256": sha256, "split": split}


def _moved(
    manifest: Manifest, which: str, account: Mapping[str, Any], thresholds: Thresholds
) -> Manifest:
    """With a threshold chosen anew; of the other one it stays true how it was chosen."""
    other = {"lower_threshold", "upper_threshold"} - {which}
    kept = {name: manifest.metrics[name] for name in other if name in manifest.metrics}
    return _changed(manifest, {**kept, which: account}, thresholds=thresholds)


def _changed(manifest: Manifest, told: Mapping[str, Any], **parts: Any) -> Manifest:
    """With other numbers, what is told of them, and no evaluation of the old ones.

    A threshold that was chosen for other probabilities is no longer that choice.
    """
    stale = {"evaluations", "lower_threshold", "upper_threshold"}
    metrics = {key: value for key, value in manifest.metrics.items() if key not in stale}
    return manifest.model_copy(update={**parts, "metrics": {**metrics, **told}})


def _print(
    console: Console, before: Manifest, now: Manifest, losses: Mapping[str, float | None] | None
) -> None:
    table = Table("", "Before", "Now", box=box.SIMPLE_HEAD, pad_edge=False)
    was = before.calibration.model_dump()
    for name, value in now.calibration.model_dump().items():
        table.add_row(name.replace("_", " "), _number(was.get(name)), _number(value))
    for name in ("low", "high"):
        old, new = getattr(before.thresholds, name), getattr(now.thresholds, name)
        table.add_row(f"{name} threshold", f"{old:.3f}", f"{new:.3f}")
    console.print(table)
    if losses is not None:
        told = ", ".join(f"{name} {_number(value)}" for name, value in losses.items())
        console.print(printable(f"Log-loss of faces, cross-validated over groups (nats): {told}"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
