"""A saved Keras model: its layers, and the weights of each, whichever Keras wrote it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.models.keras.archive import RESAVE, Archive, array, member, names, open_archive
from unmask.models.keras.layers import MODELS, WRAPPERS, Layer, read_layers

Weights = dict[str, NDArray[np.float32]]

# What each kind of layer holds, in Keras's order, and the setting without which it does not.
_VARIABLES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "Dense": (("kernel", None), ("bias", "use_bias")),
    "Conv2D": (("kernel", None), ("bias", "use_bias")),
    "SeparableConv2D": (
        ("depthwise_kernel", None),
        ("pointwise_kernel", None),
        ("bias", "use_bias"),
    ),
    "BatchNormalization": (
        ("gamma", "scale"),
        ("beta", "center"),
        ("moving_mean", None),
        ("moving_variance", None),
    ),
    "LSTM": (("kernel", None), ("recurrent_kernel", None), ("bias", "use_bias")),
}


@dataclass(frozen=True, slots=True, eq=False)
class SavedModel:
    """An open file with a model in it."""

    layers: tuple[Layer, ...]
    major: int  # 2 or 3: some defaults and functions differ
    archive: Archive

    def weights(self, layer: Layer, part: str = "") -> Weights:
        """The weights of ``layer`` by name; ``part`` is ``forward`` or ``backward`` of a pair."""
        if self.archive.layout == "by-place":
            return self._by_place(layer, part)
        return self._by_name(layer, part)

    def _by_place(self, layer: Layer, part: str) -> Weights:
        place = _place(self.layers, layer.path) + (f"/{part}_layer" if part else "")
        wanted = layer.inner[0] if part else layer
        # Keras 2.12 and 2.13 called the same place otherwise.
        for here in (place, place.replace("layers/", "_layer_checkpoint_dependencies/")):
            cell = "/cell" if wanted.kind == "LSTM" else ""
            if member(self.archive.weights, here) is not None:
                return {
                    name: array(self.archive.weights, f"{here}{cell}/vars/{index}")
                    for index, name in enumerate(_expected(wanted))
                }
        raise layer.refuse(f"has no weights in the file (no {place})")

    def _by_name(self, layer: Layer, part: str) -> Weights:
        group = member(self.archive.weights, layer.path[0])
        if group is None:
            raise layer.refuse("has no weights in the file")
        wanted = layer.inner[0] if part else layer
        everything = names(group, "weight_names")
        # A layer that stands alone owns its whole group, by whatever names.
        alone = len(_leaves(self.layers, layer.path[0])) == 1
        chosen = everything if alone else _named(everything, layer)
        if part:
            chosen = [name for name in chosen if _of_part(name, part)]
        found: Weights = {}
        for name in chosen:
            variable = name.split("/")[-1].partition(":")[0]
            if variable in found:
                raise layer.refuse(f"has two weights named {variable}")
            if variable in _expected(wanted):
                found[variable] = array(group, name)
        missing = [name for name in _expected(wanted) if name not in found]
        if missing:
            raise layer.refuse(f"has no weight named {missing[0]} in the file")
        return found


@contextmanager
def open_saved(path: Path) -> Iterator[SavedModel]:
    """Open a whole model. Raises as :func:`open_archive`, and where the file has weights only."""
    with open_archive(path) as archive:
        yield saved_model(archive)


def saved_model(archive: Archive) -> SavedModel:
    """The model in an open file. :class:`ModelInvalid` where it has weights only."""
    if archive.config is None:
        raise ModelInvalid(
            "the file holds weights without the model that they belong to", hint=RESAVE
        )
    return SavedModel(read_layers(archive.config), _major(archive.version), archive)


def _major(version: str) -> int:
    match = re.match(r"([23])\.", version)
    if match is None:
        raise ModelInvalid(
            f"the file was written by Keras {version or 'of an unstated version'}, not 2 or 3",
            hint=RESAVE,
        )
    return int(match[1])


def _expected(layer: Layer) -> list[str]:
    return [
        name
        for name, setting in _VARIABLES[layer.kind]
        if setting is None or layer.config.get(setting, True)
    ]


def _named(everything: Sequence[str], layer: Layer) -> list[str]:
    """The weights under the layer's name, or that of the wrapper round it."""
    for own in reversed(layer.path[1:]):
        found = [name for name in everything if own in name.split("/")]
        if found:
            return found
    return []


def _of_part(name: str, part: str) -> bool:
    """Whether a weight is of that half of a Bidirectional: Keras prefixes the layer's name."""
    return any(piece.startswith(f"{part}_") for piece in name.split("/")[:-1])


def _place(layers: Sequence[Layer], path: tuple[str, ...]) -> str:
    """Where the newer layout keeps a layer: numbered among those of its kind, in order."""
    counts: Counter[str] = Counter()
    for layer in layers:
        kind = _snake(layer.kind)
        if layer.name == path[0]:
            own = f"layers/{kind}" + (f"_{counts[kind]}" if counts[kind] else "")
            return own + _place_inside(layer, path[1:])
        counts[kind] += 1
    raise ModelInvalid(f"the file names no layer '{path[0]}'")


def _place_inside(layer: Layer, path: tuple[str, ...]) -> str:
    if not path:
        return ""
    if layer.kind in WRAPPERS:
        return "/layer" + _place_inside(layer.inner[0], path[1:])
    return "/" + _place(layer.inner, path)


def _snake(kind: str) -> str:
    """``TimeDistributed`` → ``time_distributed``, ``Conv2D`` → ``conv2d``."""
    kind = "Functional" if kind == "Model" else kind
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", kind).lower()


def _leaves(layers: Sequence[Layer], top: str) -> list[Layer]:
    """The layers with weights at or inside the layer named ``top``."""

    def inside(layer: Layer) -> Iterator[Any]:
        if layer.kind in MODELS or layer.kind == "TimeDistributed":
            for one in layer.inner:
                yield from inside(one)
        elif layer.kind in _VARIABLES or layer.kind == "Bidirectional":
            yield layer

    return [leaf for layer in layers if layer.name == top for leaf in inside(layer)]
