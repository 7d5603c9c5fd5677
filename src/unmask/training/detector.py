"""One command from real faces to a model package: every stage kept, none repeated on restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmask.evaluation.calibration import choose_thresholds, fit_platt
from unmask.models.detector import FrameDetector, FrameGraph
from unmask.runtime.package import Calibration, ModelPackage
from unmask.training import store
from unmask.training.clips import ClipFeatures, clip_logits, fit_temporal
from unmask.training.films import Film, split_films, stills
from unmask.training.frames import FrameFit, fit_frames
from unmask.training.material import Portrait, split
from unmask.training.package import Fitted, count_sources, write_package
from unmask.training.recipe import DetectorRecipe
from unmask.training.sequences import draw_sequences

log = logging.getLogger(__name__)
_SAVE_EVERY = 150
_FRAME_WEIGHTS = (0.3, 0.5, 0.7)
_LOW = 0.5


def fit_detector(
    recipe: DetectorRecipe,
    *,
    data: Path,
    imagenet: Path,
    renderers: Sequence[Path],
    work: Path,
    out: Path,
) -> ModelPackage:
    """Fit both stages, calibrate on held-out people and clips, and write the package to ``out``."""
    work.mkdir(parents=True, exist_ok=True)
    portraits = store.portraits_with_renditions(data, renderers, work)
    train_films, held_films = split_films(store.films(data, recipe, work))
    train, held = split(portraits, "train"), split(portraits, "val")
    started = time.monotonic()
    frames = _frame_stage(recipe, train, stills(train_films), imagenet, work)
    fitted_on = _features(recipe, frames, train_films, train, recipe.clip.clips, 1, work)
    held_out = _features(recipe, frames, held_films, held, recipe.clip.clips // 3, 2, work)
    temporal = fit_temporal(fitted_on, held_out, recipe.clip, seed=recipe.seed)
    calibration, probabilities = calibrate(held_out, clip_logits(temporal, held_out.features))
    real = probabilities[held_out.labels == 0]
    fitted = Fitted(
        frames=frames,
        temporal=temporal,
        calibration=calibration,
        thresholds=choose_thresholds(real, false_positives=0.05, low=_LOW),
        metrics={},
        seconds=time.monotonic() - started,
    )
    return write_package(recipe, fitted, count_sources(train, train_films), out)


def _frame_stage(
    recipe: DetectorRecipe,
    portraits: Sequence[Portrait],
    frames: Sequence[Portrait],
    imagenet: Path,
    work: Path,
) -> FrameDetector:
    checkpoint = work / f"{recipe.name}-{recipe.version}-{recipe.seed}.ckpt"
    fit = FrameFit.start(recipe, imagenet)
    if checkpoint.exists():
        fit.load(checkpoint)
        log.info("resuming at step %d", fit.step)
    if fit.step < recipe.frame.steps:
        for step in fit_frames(fit, portraits, frames):
            if step % _SAVE_EVERY == 0 or step == recipe.frame.steps:
                fit.save(checkpoint)
    return fit.finished_model()


def _features(
    recipe: DetectorRecipe,
    detector: FrameDetector,
    films: Sequence[Film],
    portraits: Sequence[Portrait],
    clips: int,
    salt: int,
    work: Path,
) -> ClipFeatures:
    """Features of ``clips`` drawn clips, half of them real; drawn by number, so repeatable."""
    kept = work / f"{recipe.name}-{recipe.version}-{recipe.seed}-features-{salt}.npz"
    if kept.exists():
        with np.load(kept, allow_pickle=False) as stored:
            return ClipFeatures(
                stored["features"],
                stored["labels"],
                stored["frame_logits"],
                tuple(map(str, stored["kinds"])),
                tuple(map(str, stored["origins"])),
            )
    found = _draw_features(recipe, _scorer(detector), films, portraits, clips, salt)
    np.savez(
        kept,
        features=found.features,
        labels=found.labels,
        frame_logits=found.frame_logits,
        kinds=np.array(found.kinds),
        origins=np.array(found.origins),
    )
    return found


def _draw_features(
    recipe: DetectorRecipe,
    score: Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]],
    films: Sequence[Film],
    portraits: Sequence[Portrait],
    clips: int,
    salt: int,
) -> ClipFeatures:
    features, logits, labels, kinds, origins = [], [], [], [], []
    whole = [film for film in films if len(film.frames) >= recipe.clip.frames]
    for index in range(clips // 2):
        rng = np.random.default_rng([recipe.seed, salt, index])
        for sequence in draw_sequences(whole, portraits, recipe, rng):
            drawn, frame_logits = score(sequence.crops)
            features.append(drawn)
            logits.append(frame_logits)
            labels.append(sequence.label)
            kinds.append(sequence.kind)
            origins.append(sequence.origin)
        if index % 50 == 0:
            log.info("features of %d/%d clips", 2 * index, clips)
    return ClipFeatures(
        np.stack(features),
        np.array(labels, dtype=np.int64),
        np.stack(logits),
        tuple(kinds),
        tuple(origins),
    )


def _scorer(
    detector: FrameDetector,
) -> Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    graph = FrameGraph(detector).eval()

    def score(crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            features, logits, _maps = graph(torch.from_numpy(crops))
        return features.float().numpy(), logits.float().numpy()

    return score


def calibrate(
    held_out: ClipFeatures, clips: NDArray[np.float32]
) -> tuple[Calibration, NDArray[np.float64]]:
    """Calibrate frames, clips and faces on held-out clips; returns their face probabilities too.

    The weight of the frame head against the temporal one is the candidate of lowest loss.
    """
    labels = held_out.labels
    flat = held_out.frame_logits.reshape(-1).astype(np.float64)
    frame_scale, frame_offset = fit_platt(flat, np.repeat(labels, held_out.frame_logits.shape[1]))
    clip_scale, clip_offset = fit_platt(clips.astype(np.float64), labels)
    mean = held_out.frame_logits.mean(axis=1).astype(np.float64)
    best: tuple[float, dict[str, Any], NDArray[np.float64]] | None = None
    for weight in _FRAME_WEIGHTS:
        pooled = weight * mean + (1 - weight) * clips
        scale, offset = fit_platt(pooled, labels)
        p = 1 / (1 + np.exp(-(scale * pooled + offset)))
        loss = -float(np.mean(np.log(np.clip(np.where(labels == 1, p, 1 - p), 1e-9, 1))))
        if best is None or loss < best[0]:
            found = {"face_scale": scale, "face_offset": offset, "frame_weight": weight}
            best = loss, found, p
    assert best is not None
    calibration = Calibration(
        frame_scale=frame_scale,
        frame_offset=frame_offset,
        clip_scale=clip_scale,
        clip_offset=clip_offset,
        **best[1],
    )
    return calibration, best[2]
