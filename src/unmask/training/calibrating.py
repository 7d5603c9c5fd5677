"""From logits on held-out clips to the package's calibration and thresholds."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.evaluation.calibration import choose_low, choose_thresholds, fit_platt, rises
from unmask.runtime.package import Calibration, Pooling
from unmask.training.features import ClipFeatures
from unmask.training.validation import auc
from unmask.verdict import frames_logit

log = logging.getLogger(__name__)
_FRAME_WEIGHTS = (0.3, 0.5, 0.7, 1.0)  # at 1 the clip head has no say
_SAYS_NOTHING = (1e-6, 0.0)  # scale and offset: one half, whatever the logit
_FALSE_POSITIVES = 0.05
_CERTAIN = 2.0  # standard errors by which the clip head must help to have a say
_MISSES = 0.1  # of manipulated clips, below the lower threshold: a weak model abstains more


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What the package says of its scores, and how they did on the clips it was fitted to."""

    calibration: Calibration
    thresholds: Thresholds
    metrics: dict[str, Any]


def calibrate(
    held: ClipFeatures,
    clip_logits: NDArray[np.float32],
    pooling: Pooling | None,
    *,
    say: float = 1.0,
) -> Calibrated:
    """Calibrate frames, clips and faces on held-out clips, and set the thresholds.

    ``pooling`` is how the package puts frames together. The weight of the frame head against the
    temporal one is the candidate of lowest loss, unless its gain over the frame head alone is
    within two standard errors of none: the simpler one is taken then. ``say`` is the most that the
    temporal head may count beside it, from 0 to 1. A head that does not tell these clips apart says
    so by scoring one half, leaves faces to the other alone, and costs no finished fit;
    :class:`DataError` only where neither tells anything, or the one that does may not speak.
    """
    labels = held.labels
    clips = clip_logits.astype(np.float64)
    flat = held.frame_logits.reshape(-1).astype(np.float64)
    frame = _head("frame", flat, np.repeat(labels, held.frame_logits.shape[1]))
    clip = _head("clip", clips, labels)
    together = np.array(
        [
            frames_logit(logits.tolist(), list(cells), pooling)
            for logits, cells in zip(held.frame_logits, held.cells, strict=True)
        ]
    )
    weights = _weights(rises(together, labels), rises(clips, labels), say)
    found = [_weighted(weight, together, clips, labels) for weight in weights]
    losses, face, weight, probabilities = min(found, key=lambda one: float(one[0].mean()))
    if 0 < weight < 1:
        gains = found[-1][0] - losses
        if gains.mean() < _CERTAIN * gains.std() / math.sqrt(len(gains)):
            _losses, face, weight, probabilities = found[-1]
    low = choose_low(probabilities[labels == 1], misses=_MISSES)
    return Calibrated(
        Calibration(
            frame_scale=frame[0],
            frame_offset=frame[1],
            clip_scale=clip[0],
            clip_offset=clip[1],
            face_scale=face[0],
            face_offset=face[1],
            frame_weight=weight,
        ),
        choose_thresholds(probabilities[labels == 0], false_positives=_FALSE_POSITIVES, low=low),
        _metrics(held, probabilities, clips, together),
    )


def _weights(frames: bool, clips: bool, say: float) -> list[float]:
    """Those of the frame head to be tried, the one without the clip head last.

    ``frames`` and ``clips`` are whether each head tells anything.
    """
    if frames:
        return [w for w in _FRAME_WEIGHTS if w == 1 or (clips and 1 - w <= say + 1e-9)]
    if clips and say > 0:
        log.warning("faces are left to the clip head alone, and single frames say nothing")
        return [0.0]
    silent = ", and the recipe gives the clip head no say (clip.say = 0)" if clips else ""
    heads = "frame head do" if clips else "frame head and of the clip head do"
    raise DataError(
        f"the scores of the {heads} not rise with manipulation on the held-out clips{silent}: "
        "nothing can be calibrated",
        hint="fit on more or other data, or change the recipe (more steps, more clips, another "
        "init), and begin again with --fresh",
    )


def _head(name: str, logits: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    if rises(logits, labels):
        return fit_platt(logits, labels)
    log.warning("the %s head does not tell held-out clips apart", name)
    return _SAYS_NOTHING


def _weighted(
    weight: float,
    frames: NDArray[np.float64],
    clips: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> tuple[NDArray[np.float64], tuple[float, float], float, NDArray[np.float64]]:
    """Each clip's loss, scale and offset, the weight, and the probabilities."""
    pooled = weight * frames + (1 - weight) * clips
    scale, offset = fit_platt(pooled, labels)
    p = 1 / (1 + np.exp(-(scale * pooled + offset)))
    losses = -np.log(np.clip(np.where(labels == 1, p, 1 - p), 1e-9, 1))
    return losses, (scale, offset), weight, p


def _metrics(
    held: ClipFeatures,
    probabilities: NDArray[np.float64],
    clips: NDArray[np.float64],
    frames: NDArray[np.float64],
) -> dict[str, Any]:
    """AUC on the held-out clips, which also chose weights and thresholds: so said in its name."""
    real = held.labels == 0
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    for row, kind in enumerate(held.kinds):
        kinds[kind.split(" ")[0]].append(row)
    return {
        "calibration clips": {
            "real": int(real.sum()),
            "manipulated": int((~real).sum()),
            "auc": round(auc(probabilities[real], probabilities[~real]), 4),
            "auc, frame head alone": round(auc(frames[real], frames[~real]), 4),
            "auc, clip head alone": round(auc(clips[real], clips[~real]), 4),
            "auc by kind": {
                kind: round(auc(probabilities[real], probabilities[rows]), 4)
                for kind, rows in sorted(kinds.items())
                if kind != "real"
            },
        }
    }
