"""From fitted networks to a model package on disk: graphs, manifest, hashes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError, UnmaskError
from unmask.evaluation.packages import CARD, card_is_generated, rewrite
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.models.export import export_backbone, export_temporal
from unmask.runtime.package import (
    MANIFEST,
    Calibration,
    ClipSpec,
    CropSpec,
    Manifest,
    ModelPackage,
    Pooling,
    Training,
    file_sha256,
)
from unmask.training.faults import writing
from unmask.training.recipe import DetectorRecipe

_GRAPHS = ("backbone.onnx", "temporal.onnx")
_NAMES = {"xception": "Xception", "debug": "four convolutions"}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a package is made of."""

    training: Training
    frames: FrameDetector
    temporal: TemporalDetector
    calibration: Calibration
    thresholds: Thresholds
    metrics: dict[str, Any]


def write_package(recipe: DetectorRecipe, fitted: Fitted, folder: Path) -> ModelPackage:
    """Export both graphs into ``folder``, write the manifest, and from that the model card.

    In the place of a package that is there, of which a card stays that somebody wrote by hand.
    :class:`DataError` as :func:`check_target` raises it.
    """
    check_target(folder)
    with writing(folder), _in_place_of(folder) as beside:
        if (folder / CARD).exists():
            shutil.copyfile(folder / CARD, beside / CARD)
        export_backbone(fitted.frames, beside / _GRAPHS[0], size=recipe.frame.size)
        export_temporal(fitted.temporal, beside / _GRAPHS[1], frames=recipe.clip.frames)
        manifest = _manifest(recipe, fitted, beside)
        text = manifest.model_dump_json(by_alias=True, indent=2)
        (beside / MANIFEST).write_text(text + "\n", encoding="utf-8")
        package = ModelPackage.load(beside)
        rewrite(package, package.manifest, card=card_is_generated(package))
    return ModelPackage.load(folder)


def check_target(folder: Path) -> None:
    """See that a package can be written as ``folder``, before hours are spent on one.

    :class:`DataError` where that is a file, holds anything that is no part of a package, or lies
    where nothing can be written.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(
            f"{folder} is a file, and a model package is a folder", hint="choose another --out"
        )
    strange = sorted(_strangers(folder)) if folder.is_dir() else []
    if strange:
        raise DataError(
            f"{folder} holds {strange[0]}, which is no part of a model package: a package takes "
            "the place of the whole folder",
            hint="choose another --out, or move that away",
        )
    beside = _beside(folder)
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"no model package can be written to {folder}: {error.strerror}",
            hint="choose another --out",
        ) from error
    shutil.rmtree(beside)


def _strangers(folder: Path) -> set[str]:
    """Names of what is there and belongs to no package."""
    own = {MANIFEST, CARD, *_GRAPHS}
    with suppress(UnmaskError):  # what is left of one has no manifest
        own |= ModelPackage.load(folder).manifest.files.keys()
    return {path.name for path in folder.iterdir()} - own


@contextmanager
def _in_place_of(folder: Path) -> Iterator[Path]:
    """A new folder that becomes ``folder`` once it is whole; what was there goes only then."""
    place, beside = folder.resolve(), _beside(folder)
    before = beside.with_suffix(".before")
    shutil.rmtree(beside, ignore_errors=True)  # of a fit that was killed here
    beside.mkdir(parents=True)
    try:
        yield beside
        shutil.rmtree(before, ignore_errors=True)
        if place.exists():
            place.rename(before)
        try:
            beside.rename(place)
        except OSError:
            if before.exists():
                before.rename(place)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)


def _beside(folder: Path) -> Path:
    place = folder.resolve()
    return place.with_name(f".{place.name}.partial")


def _manifest(recipe: DetectorRecipe, fitted: Fitted, folder: Path) -> Manifest:
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        architecture=f"{_NAMES.get(recipe.backbone, recipe.backbone)}, bidirectional LSTM",
        licence=recipe.licence,
        feature_size=fitted.frames.trunk.features,
        map_size=_cells(fitted.frames, recipe.frame.size),
        crop=CropSpec(size=recipe.frame.size, margin=recipe.served.margin),
        clip=ClipSpec(
            frames=recipe.clip.frames, step_s=recipe.clip.step_s, sampled=recipe.clip.sampled
        ),
        pooling=pooling(recipe, fitted.frames),
        covers=fitted.frames.covers is not None,
        calibration=fitted.calibration,
        thresholds=fitted.thresholds,
        training=fitted.training,
        metrics=fitted.metrics,
        files={name: file_sha256(folder / name) for name in _GRAPHS},
    )


def pooling(recipe: DetectorRecipe, frames: FrameDetector) -> Pooling:
    """How the package puts a face's frames together."""
    return Pooling(share=recipe.clip.share, sharpness=frames.sharpness)


def _cells(frames: FrameDetector, size: int) -> int:
    """Cells a side of the evidence map."""
    with torch.no_grad():
        return int(frames.eval()(torch.zeros(1, 3, size, size))[2].shape[-1])
