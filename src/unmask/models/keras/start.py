"""The weights of an Xception that Keras saved, to go on fitting them with ``--init``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unmask.core.errors import ModelInvalid
from unmask.models.keras.archive import RESAVE, Archive, array, member, names, open_archive
from unmask.models.keras.level import find_trunk
from unmask.models.keras.saved import saved_model
from unmask.models.xception import Block, SeparableConv2d, Xception

_NORM = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}

_HELD = {"kernel", "depthwise_kernel", "pointwise_kernel", *_NORM}


def read_keras_trunk(path: Path) -> dict[str, Tensor]:
    """Xception's weights under our names, out of ``.h5`` or ``.keras``.

    The file may hold a model with an Xception anywhere in it, its classifier or not, or just the
    weights, as those that keras.applications downloads. Raises as
    :func:`unmask.models.keras.archive.open_archive`, and :class:`ModelInvalid` for other networks.
    """
    try:
        with open_archive(path) as archive:
            if archive.config is None:
                return _by_names(archive)
            state = find_trunk(saved_model(archive)).state_dict()
    except ModelInvalid as error:
        named = error.message if str(path) in error.message else f"{path}: {error.message}"
        raise ModelInvalid(named, hint=error.hint) from error
    return {name: value for name, value in state.items() if "num_batches" not in name}


def _by_names(archive: Archive) -> dict[str, Tensor]:
    """Weights without a model, which tell by the layers' names where they belong.

    The convolutions beside the blocks have no names of their own; their widths tell them apart.
    """
    found = _owned(archive)
    state: dict[str, Tensor] = {}
    for name, layer, module in _wanted(Xception()):
        own = found.get(layer) or _beside(found, layer, module)
        if own is None:
            raise ModelInvalid(f"there is no layer '{layer}', which Xception has", hint=RESAVE)
        for key, values in _named(module, own).items():
            wanted = tuple(module.get_parameter(key).shape) if key in _parameters(module) else None
            if wanted is not None and values.shape != wanted:
                raise ModelInvalid(f"layer '{layer}' is not as in Xception: {values.shape}")
            state[f"{name}.{key}"] = torch.from_numpy(np.ascontiguousarray(values))
    return state


def _parameters(module: nn.Module) -> set[str]:
    return {name for name, _ in module.named_parameters()}


def _owned(archive: Archive) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Every layer's weights by their last names."""
    found: defaultdict[str, dict[str, NDArray[np.float32]]] = defaultdict(dict)
    groups = names(archive.weights, "layer_names")
    if not groups:
        raise ModelInvalid("the file holds weights without their layers' names", hint=RESAVE)
    for layer in groups:
        group = member(archive.weights, layer)
        everything = [] if group is None else names(group, "weight_names")
        owners = {_owner(name, layer) for name in everything}
        for name in everything:
            owner = layer if len(owners) == 1 else _owner(name, layer)
            variable = name.split("/")[-1].partition(":")[0]
            if variable in _HELD:
                found[owner][variable] = array(group, name)
    return dict(found)


def _owner(name: str, layer: str) -> str:
    pieces = name.split("/")
    return pieces[-2] if len(pieces) > 1 else layer


def _wanted(trunk: Xception) -> Iterator[tuple[str, str, nn.Module]]:
    """Our name, Keras's name ("" beside a block), and the module, of all that holds weights."""
    stem = {"1": "block1_conv1", "2": "block1_conv2", "3": "block14_sepconv1"}
    stem["4"] = "block14_sepconv2"
    for end, layer in stem.items():
        yield f"conv{end}", layer, trunk.get_submodule(f"conv{end}")
        yield f"bn{end}", f"{layer}_bn", trunk.get_submodule(f"bn{end}")
    for number in range(1, trunk.blocks + 1):
        block = trunk.get_submodule(f"block{number}")
        assert isinstance(block, Block)
        count = 0
        for index, module in enumerate(block.rep):
            if isinstance(module, SeparableConv2d):
                count += 1
            if isinstance(module, SeparableConv2d | nn.BatchNorm2d):
                norm = "_bn" if isinstance(module, nn.BatchNorm2d) else ""
                layer = f"block{number + 1}_sepconv{count}{norm}"
                yield f"block{number}.rep.{index}", layer, module
        if block.skip is not None:
            yield f"block{number}.skip", "", block.skip
            yield f"block{number}.skipbn", "", block.skipbn


def _beside(
    found: dict[str, dict[str, NDArray[np.float32]]], layer: str, module: nn.Module
) -> dict[str, NDArray[np.float32]] | None:
    """The one convolution or norm without a block's name that is as wide as ``module``."""
    if layer:
        return None
    key = "kernel" if isinstance(module, nn.Conv2d) else "moving_variance"
    width: Any = module.out_channels if isinstance(module, nn.Conv2d) else None
    width = width if width is not None else module.num_features
    fitting = [
        own
        for name, own in found.items()
        if not name.startswith("block") and key in own and own[key].shape[-1] == width
        if key != "kernel" or own[key].ndim == 4
    ]
    return fitting[0] if len(fitting) == 1 else None


def _named(module: nn.Module, own: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    """Keras's arrays in our order, under our names."""
    try:
        if isinstance(module, SeparableConv2d):
            return {
                "conv1.weight": own["depthwise_kernel"].transpose(2, 3, 0, 1),
                "pointwise.weight": own["pointwise_kernel"].transpose(3, 2, 0, 1),
            }
        if isinstance(module, nn.Conv2d):
            return {"weight": own["kernel"].transpose(3, 2, 0, 1)}
        return {ours: own[theirs] for theirs, ours in _NORM.items()}
    except (KeyError, ValueError) as error:
        raise ModelInvalid(
            f"the file lacks a weight of Xception, or has another: {error}"
        ) from error
