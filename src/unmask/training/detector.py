"""One command from real faces to a model package: every stage kept, none repeated on restart."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.runtime.package import ModelPackage
from unmask.training.accounting import account
from unmask.training.calibrating import calibrate
from unmask.training.clips import ClipTask, clip_logits
from unmask.training.covering import CoverTask
from unmask.training.expecting import fit_expectation
from unmask.training.faint import FaintTask
from unmask.training.features import clip_features
from unmask.training.frames import FrameTask
from unmask.training.joint import Both, JointTask
from unmask.training.loop import Fit
from unmask.training.package import (
    Fitted,
    check_target,
    pooling,
    write_package,
)
from unmask.training.recipe import DetectorRecipe, Drawer, Recipe
from unmask.training.run import Run
from unmask.training.side import Side
from unmask.training.sources import check_folders, read_sides
from unmask.training.start import Start, check_start, start_from

log = logging.getLogger(__name__)
_TRAIN, _HELD = 1, 2  # salts of the clips drawn
_KEPT = re.compile(
    r"((-(faint|covers|temporal|joint))?(-best)?\.(ckpt|jsonl|safetensors)(\.json)?"
    r"|-usual-\w+\.safetensors|-features-\d+-\w+"
    r"|(-films|-driven-\w+-\d+)?(-[\d.]+)?\.npy(\.json)?|-films(-\d+)?\.npz)(\.partial)?"
)
"""What follows a recipe's stem in the names of its files: another's stem may begin alike."""


def fit_detector(
    recipe: DetectorRecipe,
    *,
    file: Path,
    data: Sequence[Path],
    renderers: Sequence[Drawer],
    init: str,
    run: Run,
    out: Path,
) -> ModelPackage:
    """Fit all stages, calibrate on held-out people and clips, and write the package to ``out``.

    ``file`` is where the recipe was read from, for the model card; ``init`` is what
    :func:`unmask.training.start.start_from` takes. What ``run.work`` keeps of earlier sittings is
    taken up. Raises :class:`Stopped` when asked to stop, once that is saved; :class:`DataError` for
    whatever is wrong with the data or befalls the fit, or if another command fits the same there.
    """
    with run.claim(recipe.stem):
        if run.first:
            check_target(out)
        # What costs nothing to see is seen before anything is drawn or fitted.
        check_folders(data)
        start = start_from(init, recipe.backbone, data, seed=recipe.seed)
        check_start(start, recipe)
        sides = read_sides(data, recipe, renderers, run)
        fitted = _fit(recipe, file, start, sides, run)
        if run.first:
            write_package(recipe, fitted, out)
        run.fabric.barrier()
    return ModelPackage.load(out)


def _fit(
    recipe: DetectorRecipe, file: Path, start: Start, sides: tuple[Side, Side], run: Run
) -> Fitted:
    """All stages."""
    train, held = sides
    start.frames.covers = None  # told in features that may change: fitted anew, if at all
    task = FrameTask(recipe, start, train, held, run)
    fit = Fit(task, run)
    seconds = fit.go()
    frames = task.detector()
    if recipe.faint is not None:
        faint = FaintTask(recipe, recipe.faint, frames, train, run)
        seconds += Fit(faint, run).go()
        frames = faint.detector()
    if recipe.covers is not None:
        covers = CoverTask(recipe, recipe.covers, frames, train, run)
        seconds += Fit(covers, run).go()
        frames = covers.detector()
    fit_expectation(recipe, frames, held, run)
    temporal, spent = _clip_stage(recipe, start, frames, train, held, run)
    seconds += spent
    if recipe.joint is not None:
        joint = JointTask(recipe, recipe.joint, Both(frames, temporal), train, held, run)
        seconds += Fit(joint, run).go()
        fit_expectation(recipe, frames, held, run)
    held_out = clip_features(recipe, frames, held, recipe.clip.clips // 3, _HELD, run)
    calibrated = calibrate(
        held_out,
        clip_logits(temporal, held_out.features),
        pooling(recipe, frames),
        say=recipe.clip.say,
    )
    return Fitted(
        training=account(
            recipe,
            recipe_name(file),
            start,
            sides,
            seconds=seconds,
            machine=run.machine(),
        ),
        frames=frames.cpu(),
        temporal=temporal.cpu(),
        calibration=calibrated.calibration,
        thresholds=calibrated.thresholds,
        metrics=_metrics(fit) | calibrated.metrics,
    )


def recipe_name(file: Path) -> str:
    """For the model card: as it was given, but not where on somebody's disk it lies."""
    return file.name if file.is_absolute() or ".." in file.parts else file.as_posix()


def forget(recipe: Recipe, work: Path) -> None:
    """Delete what earlier sittings of this recipe kept; films and renderers of others stay."""
    for path in sorted(work.glob(f"{recipe.stem}*")):
        if not _KEPT.fullmatch(path.name.removeprefix(recipe.stem)):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _clip_stage(
    recipe: DetectorRecipe,
    start: Start,
    frames: FrameDetector,
    train: Side,
    held: Side,
    run: Run,
) -> tuple[TemporalDetector, float]:
    """The temporal detector, and the seconds it took."""
    fitted_on = clip_features(recipe, frames, train, recipe.clip.clips, _TRAIN, run)
    held_out = clip_features(recipe, frames, held, recipe.clip.clips // 3, _HELD, run)
    task = ClipTask(recipe, start.temporal, fitted_on, held_out, run)
    return task.model, Fit(task, run).go()


def _metrics(fit: Fit) -> dict[str, float]:
    """What the frame stage's checkpoint was chosen by, where it was validated."""
    if fit.best < 0:
        return {}
    return {"frame stage, held-out people, mean AUC over kinds": round(fit.best, 4)}
