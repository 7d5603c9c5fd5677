"""The work of ``unmask calibrate``: scores, fit, the package written anew."""

from __future__ import annotations

import sys
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
from unmask.datasets.reaching import open_index
from unmask.evaluation.cases import Case, join
from unmask.evaluation.extra import require_extra
from unmask.evaluation.grouping import grouped
from unmask.evaluation.packages import card_is_generated, copy_package, rewrite
from unmask.evaluation.recalibration import Method, Recalibrated, Wanted, recalibrate
from unmask.evaluation.scores import ScoreLog, has_scores
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
    groups: str
    root: str | None
    device: DeviceChoice
    timeout: float

    @property
    def wanted(self) -> Wanted:
        """How to calibrate."""
        return Wanted(self.method, self.false_positives, self.low, self.misses)


def run(options: CalibrateOptions) -> int:
    """Calibrate and write."""
    require_extra("calibration")
    package = find_package(options.model)
    path = Path(options.source)
    cases, split = _cases(options, package, path)
    cases, by = grouped(cases, options.groups)
    found = recalibrate(cases, package.manifest.calibration, options.wanted)
    target = package if options.out is None else copy_package(package, Path(options.out))
    manifest = _manifest(package.manifest, found, path, split, by)
    changed = rewrite(target, manifest, card=card_is_generated(target))
    _print(results_console(), package.manifest, found)
    if "evaluations" in package.manifest.metrics:
        note("evaluations of the model as it was were taken out of it", "evaluate it again")
    note(f"{changed.folder} is calibrated on {path.name}")
    return exits.DONE


def _cases(options: CalibrateOptions, package: ModelPackage, path: Path) -> tuple[list[Case], str]:
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
        scores = make_folder(options.work, "--work") / name
        with (
            ScoreLog(scores, by=stamp(analyser)) as log,
            ScanProgress(notes_console(), len(samples), shown=sys.stderr.isatty()) as progress,
        ):
            rows = score_samples(
                analyser, index, samples, log, timeout=options.timeout, watcher=progress
            )
        cases = join(samples, rows, index.root)
    if not split:
        note(f"{path.name} has no splits: see that no file of it is ever used to test this model")
    return cases, split


def _manifest(manifest: Manifest, found: Recalibrated, path: Path, split: str, by: str) -> Manifest:
    told: dict[str, Any] = {
        "data": path.name,
        "sha256": file_sha256(path) if path.is_file() else "",
        "split": split,
        "grouped_by": by,
        **found.account,
    }
    metrics = {key: value for key, value in manifest.metrics.items() if key != "evaluations"}
    return manifest.model_copy(
        update={
            "calibration": found.calibration,
            "thresholds": found.thresholds,
            "metrics": {**metrics, "calibration": told},
        }
    )


def _print(console: Console, before: Manifest, found: Recalibrated) -> None:
    table = Table("", "Before", "Now", box=box.SIMPLE_HEAD, pad_edge=False)
    now = found.calibration.model_dump()
    for name, value in before.calibration.model_dump().items():
        table.add_row(name.replace("_", " "), f"{value:.4f}", f"{now[name]:.4f}")
    for name in ("low", "high"):
        old, new = getattr(before.thresholds, name), getattr(found.thresholds, name)
        table.add_row(f"{name} threshold", f"{old:.3f}", f"{new:.3f}")
    console.print(table)
    losses = found.account["cross_validated_log_loss"]
    told = ", ".join(f"{name} {_loss(value)}" for name, value in losses.items())
    console.print(printable(f"Log-loss of faces, cross-validated over groups (nats): {told}"))


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
