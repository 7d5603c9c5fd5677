"""A Keras model of the kind that is imported: frames → Xception → mean → LSTM → Dense → score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unmask.core.errors import ModelInvalid
from unmask.models.keras.affine import Affine, read_affine
from unmask.models.keras.layers import Layer
from unmask.models.keras.level import Level, Stage, stages
from unmask.models.keras.saved import SavedModel, open_saved
from unmask.models.keras.steps import (
    IDLE,
    Dense,
    Lstm,
    OverTime,
    Scale,
    Step,
    dense_weights,
    read_steps,
)
from unmask.models.xception import FEATURES, Xception

_LAST = "is neither Dense(1) with a sigmoid nor Dense(2) with a softmax"


@dataclass(frozen=True, slots=True, eq=False)
class ClipModel:
    """All of a model. ``size`` and ``frames`` are None where its input leaves them open.

    ``before`` is what the model itself does to its input; ``steps`` go from a clip's features
    B×T×2048 to what ``last`` takes; ``last`` gives one logit or two (``outputs``).
    """

    size: int | None
    frames: int | None
    before: Affine | None
    trunk: Xception
    steps: tuple[Step, ...]
    last: Dense
    summary: str
    keras: str

    @property
    def outputs(self) -> int:
        """How many numbers the model answers: 1, or 2 classes."""
        return len(self.last.bias)


def read_clip_model(path: Path) -> ClipModel:
    """Read a saved model. :class:`ModelInvalid` names the layer that is another than expected."""
    with open_saved(path) as saved:
        size, frames = _input(Level(saved.layers).start())
        way = list(stages(saved))
        at = _trunk(way)
        before = _before(way[:at])
        pooled = _pooling(way[at + 1 :])
        rest = way[at + 1 + pooled :]
        steps, last, ending = read_head(saved, rest)
        trunk = way[at].trunk
        assert trunk is not None
        summary = _summary(steps, last, ending)
        return ClipModel(size, frames, before, trunk, steps, last, summary, saved.archive.version)


def _input(layer: Layer) -> tuple[int | None, int | None]:
    """Side and length of what the model takes."""
    shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    if not isinstance(shape, Sequence) or len(shape) != 5 or shape[4] != 3:
        raise layer.refuse(
            f"takes {_dimensions(shape)}, not clips: N×T×H×W×3",
            hint="a model of single pictures can be given to 'unmask train --init'",
        )
    frames, height, width = shape[1:4]
    if height != width:
        raise layer.refuse(f"takes frames of {height}×{width}, and crops of faces are square")
    return height, frames


def _dimensions(shape: Any) -> str:
    if not isinstance(shape, Sequence):
        return "an input of unknown shape"
    return "×".join("?" if one is None else str(one) for one in shape)


def _trunk(way: Sequence[Stage]) -> int:
    """Where on the way Xception stands."""
    found = [index for index, stage in enumerate(way) if stage.trunk is not None]
    if not found:
        _before(way, "stands where Xception must begin")
        raise ModelInvalid("there is no Xception in the model", hint="docs/keras.md")
    if len(found) > 1:
        raise way[found[1]].layer.refuse("begins a second Xception")
    if not way[found[0]].framewise:
        raise way[found[0]].layer.refuse("begins an Xception outside a TimeDistributed")
    return found[0]


def _before(way: Sequence[Stage], otherwise: str = "is not read before Xception") -> Affine | None:
    """What is done to pixels; ``otherwise`` is said of a layer that does something else."""
    whole: Affine | None = None
    for stage in way:
        if stage.layer.kind in IDLE or stage.layer.kind == "InputLayer":
            continue
        affine = read_affine(stage.layer)
        if affine is None:
            raise stage.layer.refuse(otherwise)
        whole = affine if whole is None else whole.then(affine)
    return whole


def _pooling(way: Sequence[Stage]) -> int:
    """How many layers it takes from Xception's grid to its mean."""
    for index, stage in enumerate(way):
        layer = stage.layer
        if layer.kind == "GlobalAveragePooling2D" and not layer.config.get("keepdims"):
            if not stage.framewise:
                raise layer.refuse("stands outside a TimeDistributed")
            return index + 1
        if layer.kind not in IDLE:
            raise layer.refuse("stands where Xception's grid must be averaged")
    raise ModelInvalid("the model ends with Xception: there is no LSTM")


def read_head(saved: SavedModel, way: Sequence[Stage]) -> tuple[tuple[Step, ...], Dense, str]:
    """The steps before the last Dense, that one, and the function after it."""
    dense = [i for i, stage in enumerate(way) if stage.layer.kind == "Dense"]
    if not dense:
        raise ModelInvalid("the model has no Dense layer that gives a score", hint="docs/keras.md")
    final = way[dense[-1]]
    ending = _ending(final.layer, [stage.layer for stage in way[dense[-1] + 1 :]])
    steps: list[Step] = []
    timed, width = True, FEATURES
    for stage in way[: dense[-1]]:
        layer = stage.layer
        if layer.kind == "Flatten" and (stage.framewise or not timed):
            continue  # what is flat already
        if not timed and (stage.framewise or layer.kind in ("LSTM", "Bidirectional")):
            raise layer.refuse("stands where time is gone already")
        for step in read_steps(saved, layer, framewise=stage.framewise):
            if isinstance(step, OverTime) and not timed:
                raise layer.refuse("stands where time is gone already")
            width = _width(layer, step, width)
            timed = timed and not _ends_time(step)
            steps.append(step)
    if not any(isinstance(step, Lstm) for step in steps):
        raise final.layer.refuse("comes without an LSTM before it")
    if timed or final.framewise:
        raise final.layer.refuse("answers for each frame, not for the clip")
    last = dense_weights(saved, final.layer)
    if _width(final.layer, last, width) != final.layer.config.get("units"):
        raise final.layer.refuse(f"has weights for {last.kernel.shape[1]} outputs")
    return tuple(steps), last, ending


def _ends_time(step: Step) -> bool:
    return isinstance(step, OverTime) or (isinstance(step, Lstm) and not step.sequences)


def _width(layer: Layer, step: Step, width: int) -> int:
    """How many numbers come out of a step that takes ``width``; refused where it takes others."""
    takes, gives = width, width
    if isinstance(step, Dense):
        takes, gives = step.kernel.shape
        takes = takes if step.bias.shape == (gives,) else -1
    elif isinstance(step, Lstm):
        units = [each.recurrent.shape[0] for each in step.directions]
        kernels = {each.kernel.shape[0] for each in step.directions}
        takes = kernels.pop() if len(kernels) == 1 else -1
        gives = sum(units) if step.merge == "concat" else units[0]
    elif isinstance(step, Scale):
        takes = len(step.shift) if step.scale.shape == step.shift.shape else -1
    if takes != width:
        raise layer.refuse(f"has weights for another input than the {width} numbers it is given")
    return gives


def _ending(dense: Layer, after: Sequence[Layer]) -> str:
    """The function between the last Dense and the answer."""
    ending = dense.config.get("activation", "linear")
    for layer in after:
        if layer.kind in IDLE:
            continue
        named = "softmax" if layer.kind == "Softmax" else layer.config.get("activation")
        if layer.kind not in ("Activation", "Softmax") or ending != "linear":
            raise layer.refuse("comes after the last Dense")
        ending = named
    units = dense.config.get("units")
    if (units, ending) not in ((1, "sigmoid"), (1, "linear"), (2, "softmax"), (2, "linear")):
        raise dense.refuse(f"{_LAST}: it has {units} outputs and {ending!r}")
    return str(ending)


def _summary(steps: Sequence[Step], last: Dense, ending: str) -> str:
    """One line for people: ``Xception, LSTM 128, Dense 64, Dense 1 (sigmoid)``."""
    words = ["Xception"]
    for step in steps:
        if isinstance(step, Lstm):
            two = "bidirectional " if len(step.directions) == 2 else ""
            words.append(f"{two}LSTM {step.directions[0].recurrent.shape[0]}")
        elif isinstance(step, Dense):
            words.append(f"Dense {step.kernel.shape[1]}")
    return ", ".join([*words, f"Dense {np.shape(last.kernel)[1]} ({ending})"])
