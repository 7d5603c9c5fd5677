"""Following a model's layers from its input on, one level of nesting at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unmask.core.errors import ModelInvalid
from unmask.models.keras.layers import MODELS, Layer
from unmask.models.keras.saved import SavedModel
from unmask.models.keras.trunk import read_trunk
from unmask.models.xception import Xception


class Level:
    """The layers of one model, without those inside nested models."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)

    def start(self) -> Layer:
        """The one input. :class:`ModelInvalid` where there are several, or none."""
        inputs = [layer for layer in self.layers if layer.kind == "InputLayer"]
        if not inputs:
            raise ModelInvalid("the model has no input layer")
        if len(inputs) > 1:
            raise inputs[1].refuse("is a second input")
        return inputs[0]

    def consumers(self, layer: Layer) -> list[Layer]:
        """The layers that take the output of ``layer``."""
        return [each for each in self.layers if layer.name in each.inputs]

    def after(self, layer: Layer) -> Layer | None:
        """The one layer after ``layer``, None at the end; refused where the way forks or joins."""
        following = self.consumers(layer)
        if not following:
            return None
        if len(following) > 1:
            raise following[1].refuse(f"branches off after '{layer.name}'")
        if len(following[0].inputs) > 1:
            raise following[0].refuse("joins several branches")
        return following[0]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A layer on the way, or an Xception that begins with it.

    ``framewise``: it is applied to each frame of a clip by itself.
    """

    layer: Layer
    framewise: bool
    trunk: Xception | None = None


def stages(
    saved: SavedModel, layers: Sequence[Layer] | None = None, *, framewise: bool = False
) -> Iterator[Stage]:
    """Every layer from the input to the output, nested models and TimeDistributed unfolded.

    A convolution must begin an Xception, which is read as a whole. Raises :class:`ModelInvalid`,
    naming the layer, for whatever is neither a chain nor an Xception.
    """
    level = Level(saved.layers if layers is None else layers)
    here = level.start()
    while (layer := level.after(here)) is not None:
        if layer.kind == "Conv2D":
            trunk, here = read_trunk(saved, level.consumers, here)
            yield Stage(layer, framewise, trunk)
            continue
        here = layer
        yield from _unfolded(saved, layer, framewise)


def _unfolded(saved: SavedModel, layer: Layer, framewise: bool) -> Iterator[Stage]:
    if layer.kind in MODELS:
        yield from stages(saved, layer.inner, framewise=framewise)
    elif layer.kind == "TimeDistributed":
        if framewise:
            raise layer.refuse("stands inside another TimeDistributed")
        yield from _unfolded(saved, layer.inner[0], True)
    else:
        yield Stage(layer, framewise)


def find_trunk(saved: SavedModel) -> Xception:
    """The first Xception in a model, whatever stands round it. Raises as :func:`stages`."""
    for stage in stages(saved):
        if stage.trunk is not None:
            return stage.trunk
    raise ModelInvalid("there is no Xception in the model")
