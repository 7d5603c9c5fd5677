"""From fitted networks to a model package on disk: graphs, manifest, hashes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from unmask.core.analysis import Thresholds
from unmask.evaluation.packages import card_is_generated, rewrite
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.models.export import export_backbone, export_temporal
from unmask.runtime.package import (
    MANIFEST,
    Calibration,
    ClipSpec,
    CropSpec,
    DataSource,
    Manifest,
    ModelPackage,
    Pooling,
    Training,
    file_sha256,
)
from unmask.training.faults import writing
from unmask.training.recipe import DetectorRecipe
from unmask.training.side import Side

_NAMES = {"xception": "Xception", "debug": "four convolutions"}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a package is made of."""

    frames: FrameDetector
    temporal: TemporalDetector
    calibration: Calibration
    thresholds: Thresholds
    metrics: dict[str, Any]
    seconds: float
    machine: str


def write_package(
    recipe: DetectorRecipe, fitted: Fitted, data: tuple[DataSource, ...], folder: Path
) -> ModelPackage:
    """Export both graphs into ``folder``, write the manifest, and from that the model card.

    Over what is there, but for a card that somebody wrote by hand.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        export_backbone(fitted.frames, folder / "backbone.onnx", size=recipe.frame.size)
        export_temporal(fitted.temporal, folder / "temporal.onnx", frames=recipe.clip.frames)
        manifest = _manifest(recipe, fitted, data, folder)
        text = manifest.model_dump_json(by_alias=True, indent=2)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    package = ModelPackage.load(folder)
    return rewrite(package, package.manifest, card=card_is_generated(package))


def _manifest(
    recipe: DetectorRecipe, fitted: Fitted, data: tuple[DataSource, ...], folder: Path
) -> Manifest:
    return Manifest(
        name=recipe.name,
        version=recipe.version,
        architecture=f"{_NAMES.get(recipe.backbone, recipe.backbone)}, bidirectional LSTM",
        licence="Apache-2.0",
        feature_size=fitted.frames.trunk.features,
        map_size=_cells(fitted.frames, recipe.frame.size),
        crop=CropSpec(size=recipe.frame.size, margin=recipe.served.margin),
        clip=ClipSpec(
            frames=recipe.clip.frames, step_s=recipe.clip.step_s, sampled=recipe.clip.sampled
        ),
        pooling=pooling(recipe, fitted.frames),
        calibration=fitted.calibration,
        thresholds=fitted.thresholds,
        training=Training(
            recipe=f"recipes/{recipe.name}.toml",
            seed=recipe.seed,
            seconds=round(fitted.seconds),
            machine=fitted.machine,
            data=data,
        ),
        metrics=fitted.metrics,
        files={name: file_sha256(folder / name) for name in ("backbone.onnx", "temporal.onnx")},
    )


def pooling(recipe: DetectorRecipe, frames: FrameDetector) -> Pooling:
    """How the package puts a face's frames together."""
    return Pooling(share=recipe.clip.share, sharpness=frames.sharpness)


def _cells(frames: FrameDetector, size: int) -> int:
    """Cells a side of the evidence map."""
    with torch.no_grad():
        return int(frames.eval()(torch.zeros(1, 3, size, size))[2].shape[-1])


def count_sources(train: Side) -> tuple[DataSource, ...]:
    """Every origin with its licence and how much of it was used."""
    pictures = Counter((p.origin, p.licence) for p in train.portraits)
    films = [*train.films, *(clip.film for clip in train.labelled.fakes())]
    clips = {(film.frames[0].origin, film.frames[0].licence, film.name) for film in films}
    per_clip = Counter((origin, licence) for origin, licence, _ in clips)
    return tuple(
        [
            DataSource(name=name, licence=licence, count=count, unit="pictures")
            for (name, licence), count in sorted(pictures.items())
        ]
        + [
            DataSource(name=name, licence=licence, count=count, unit="clips")
            for (name, licence), count in sorted(per_clip.items())
        ]
    )
