"""Xception out of Keras: recognised layer by layer, whatever its layers are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unmask.models.keras.layers import Layer
from unmask.models.keras.saved import SavedModel
from unmask.models.xception import Block, SeparableConv2d, Xception

Consumers = Callable[[Layer], list[Layer]]
Settings = Mapping[str, Any]

_KINDS = {
    "convolution": ("Conv2D",),
    "separable convolution": ("SeparableConv2D",),
    "batch normalisation": ("BatchNormalization",),
    "ReLU": ("Activation", "ReLU"),
    "max pooling": ("MaxPooling2D",),
    "addition": ("Add",),
}
_CONVOLUTION: dict[str, Any] = {
    "use_bias": False,
    "dilation_rate": [1, 1],
    "data_format": "channels_last",
    "activation": "linear",
    "groups": 1,
}
_SEPARABLE = _CONVOLUTION | {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same"}
_POOLING: dict[str, Any] = {
    "pool_size": [3, 3],
    "strides": [2, 2],
    "padding": "same",
    "data_format": "channels_last",
}
_RELU: dict[str, Any] = {
    "activation": "relu",
    "max_value": None,
    "negative_slope": 0,
    "threshold": 0,
}


def read_trunk(saved: SavedModel, consumers: Consumers, start: Layer) -> tuple[Xception, Layer]:
    """The Xception that begins after ``start``, and its last layer.

    ``consumers`` gives the layers that take a layer's output. Raises :class:`ModelInvalid`, naming
    the first layer that is not as in Xception.
    """
    reader = _Reader(saved, consumers, start)
    trunk = Xception()
    state = reader.read(trunk)
    trunk.load_state_dict(state, strict=False)  # which lacks num_batches_tracked alone
    return trunk.eval(), reader.here


class _Reader:
    """Walks our Xception and Keras's side by side."""

    def __init__(self, saved: SavedModel, consumers: Consumers, start: Layer) -> None:
        self.saved = saved
        self.consumers = consumers
        self.here = start
        self.state: dict[str, Tensor] = {}

    def read(self, trunk: Xception) -> dict[str, Tensor]:
        for number in (1, 2):
            self._convolution(trunk, f"conv{number}", padding="valid")
            self._normalisation(trunk, f"bn{number}")
            self._take("ReLU", _RELU)
        for number in range(1, trunk.blocks + 1):
            self._block(trunk, f"block{number}")
        for number in (3, 4):
            self._separable(trunk, f"conv{number}")
            self._normalisation(trunk, f"bn{number}")
            self._take("ReLU", _RELU)
        return self.state

    def _block(self, trunk: Xception, name: str) -> None:
        """Both ways from here to their addition."""
        block = trunk.get_submodule(name)
        assert isinstance(block, Block)
        start, branches = self.here, 2
        beside = start
        if block.skip is not None:
            self._convolution(trunk, f"{name}.skip", padding="same", branches=2)
            self._normalisation(trunk, f"{name}.skipbn")
            beside, self.here = self.here, start
        for index, module in enumerate(block.rep):
            self._module(trunk, f"{name}.rep.{index}", module, branches)
            branches = 1
        main = self.here
        added = self._take("addition", {})
        if sorted(added.inputs) != sorted((beside.name, main.name)):
            raise added.refuse("does not add what Xception adds there")

    def _module(self, trunk: Xception, name: str, module: nn.Module, branches: int) -> None:
        if isinstance(module, SeparableConv2d):
            self._separable(trunk, name, branches=branches)
        elif isinstance(module, nn.BatchNorm2d):
            self._normalisation(trunk, name)
        elif isinstance(module, nn.ReLU):
            self._take("ReLU", _RELU, branches=branches)
        else:
            self._take("max pooling", _POOLING)

    def _convolution(self, trunk: Xception, name: str, *, padding: str, branches: int = 1) -> None:
        ours = trunk.get_submodule(name)
        assert isinstance(ours, nn.Conv2d)
        wanted = _CONVOLUTION | {
            "filters": ours.out_channels,
            "kernel_size": list(ours.kernel_size),
            "strides": list(ours.stride),
        }
        if ours.kernel_size != (1, 1):  # whose padding changes nothing
            wanted["padding"] = padding
        layer = self._take("convolution", wanted, branches=branches)
        self._keep(layer, f"{name}.weight", self.saved.weights(layer)["kernel"], (3, 2, 0, 1), ours)

    def _separable(self, trunk: Xception, name: str, *, branches: int = 1) -> None:
        ours = trunk.get_submodule(name)
        assert isinstance(ours, SeparableConv2d)
        wanted = _SEPARABLE | {"filters": ours.pointwise.out_channels, "depth_multiplier": 1}
        layer = self._take("separable convolution", wanted, branches=branches)
        weights = self.saved.weights(layer)
        deep, wide = weights["depthwise_kernel"], weights["pointwise_kernel"]
        self._keep(layer, f"{name}.conv1.weight", deep, (2, 3, 0, 1), ours.conv1)
        self._keep(layer, f"{name}.pointwise.weight", wide, (3, 2, 0, 1), ours.pointwise)

    def _normalisation(self, trunk: Xception, name: str) -> None:
        ours = trunk.get_submodule(name)
        assert isinstance(ours, nn.BatchNorm2d)
        layer = self._take("batch normalisation", {"axis": -1, "epsilon": ours.eps})
        weights = self.saved.weights(layer)
        ones = np.ones(ours.num_features, np.float32)
        values = {
            "weight": weights.get("gamma", ones),
            "bias": weights.get("beta", 0 * ones),
            "running_mean": weights["moving_mean"],
            "running_var": weights["moving_variance"],
        }
        for key, value in values.items():
            self._keep(layer, f"{name}.{key}", value, (0,), ours, key)

    def _keep(
        self,
        layer: Layer,
        name: str,
        values: NDArray[np.float32],
        order: tuple[int, ...],
        ours: nn.Module,
        key: str = "weight",
    ) -> None:
        wanted = tuple(getattr(ours, key).shape)
        turned = values.transpose(order) if values.ndim == len(order) else values
        if turned.shape != wanted:
            raise layer.refuse(f"has a weight of shape {values.shape}, which Xception's is not")
        self.state[name] = torch.from_numpy(np.ascontiguousarray(turned))

    def _take(self, what: str, wanted: Settings, *, branches: int = 1) -> Layer:
        """The next layer, which must be ``what``, with these settings where it has them."""
        following = self.consumers(self.here)
        fitting = [layer for layer in following if layer.kind in _KINDS[what]]
        if len(following) != branches or len(fitting) != 1:
            strange = [layer for layer in following if layer not in fitting]
            if not following:
                raise self.here.refuse(f"is the last, where Xception goes on with a {what}")
            raise (strange or following)[-1].refuse(f"stands where Xception has a {what}")
        _agree(fitting[0], wanted)
        self.here = fitting[0]
        return fitting[0]


def _agree(layer: Layer, wanted: Settings) -> None:
    for setting, value in wanted.items():
        found = layer.config.get(setting, value)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]  # Keras 2 keeps a batch norm's axis in a list
        if setting == "axis" and found == 3:
            found = -1
        same = abs(found - value) < 1e-9 if isinstance(value, float) else found == value
        if not same:
            raise layer.refuse(f"has {setting} {found}, where Xception has {value}")
