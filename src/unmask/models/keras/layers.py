"""The layers of a Keras configuration, as Keras 2 and Keras 3 write it, in one form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unmask.core.errors import ModelInvalid

MODELS = ("Functional", "Model", "Sequential")
WRAPPERS = ("TimeDistributed", "Bidirectional")


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer. ``inputs`` are the layers whose outputs it takes.

    ``path`` is its own name after those of the layers round it; ``inner`` holds the layers of a
    nested model, or the one that a wrapper wraps; ``call`` is the configuration of its call, which
    holds the numbers that an arithmetic operation takes.
    """

    kind: str
    path: tuple[str, ...]
    config: Mapping[str, Any]
    inputs: tuple[str, ...] = ()
    inner: tuple[Layer, ...] = ()
    call: Any = None

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    def refuse(
        self, reason: str, *, hint: str = "docs/keras.md lists what is read"
    ) -> ModelInvalid:
        """The error that names this layer."""
        return ModelInvalid(f"layer '{'/'.join(self.path)}' ({self.kind}) {reason}", hint=hint)


def read_layers(root: Mapping[str, Any]) -> tuple[Layer, ...]:
    """The layers of a model's configuration, in its order.

    Raises :class:`ModelInvalid` where it is no Functional or Sequential model.
    """
    try:
        kind = root["class_name"]
        if kind not in MODELS:
            raise ModelInvalid(
                f"the model is of the class {kind!r}, whose code is not in the file",
                hint="only Functional and Sequential models can be read",
            )
        return _inside(root, ())
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ModelInvalid(
            f"the model's configuration is not as Keras 2 or 3 writes it: {error!r}"
        ) from error


def _inside(node: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Layer, ...]:
    config = node["config"]
    if node["class_name"] == "Sequential":
        return _chained(config, path)
    ends = config.get("output_layers", [])
    if len(list(_sources(ends))) > 1:
        raise ModelInvalid(f"the model '{'/'.join(path) or config['name']}' has several outputs")
    return tuple(_functional(layer, path) for layer in config["layers"])


def _chained(config: Any, path: tuple[str, ...]) -> tuple[Layer, ...]:
    """A Sequential model; before Keras 2.2.3 its configuration was the bare list."""
    nodes = config if isinstance(config, list) else config["layers"]
    layers: list[Layer] = []
    if nodes[0]["class_name"] != "InputLayer":
        own = nodes[0]["config"]
        # A nested model without an own InputLayer gets its shape from what is round it.
        around = config.get("build_input_shape") if isinstance(config, dict) else None
        shape = own.get("batch_input_shape", own.get("batch_shape", around))
        layers.append(Layer("InputLayer", (*path, "input"), {"batch_shape": shape}))
    for node in nodes:
        layers.append(_layer(node, path, (layers[-1].name,) if layers else ()))
    return tuple(layers)


def _functional(node: Mapping[str, Any], path: tuple[str, ...]) -> Layer:
    calls = node["inbound_nodes"]
    layer = _layer(node, path, tuple(_sources(calls[:1])))
    if len(calls) > 1:
        raise layer.refuse("is used in several places")
    # Keras 3 notes training=True of every augmentation, and means by it "unless told otherwise".
    if _in_training(calls) and not layer.kind.startswith("Random"):
        raise layer.refuse("is called with training=True, so it would answer at random")
    return replace(layer, call=calls[0] if calls else None)


def _layer(node: Mapping[str, Any], path: tuple[str, ...], inputs: tuple[str, ...]) -> Layer:
    kind, config = node["class_name"], node["config"]
    own = (*path, str(config["name"] if "name" in config else node["name"]))
    inner: tuple[Layer, ...] = ()
    if kind in MODELS:
        inner = _inside(node, own)
    elif kind in WRAPPERS:
        inner = (_layer(config["layer"], own, ()),)
    layer = Layer(kind, own, config, inputs, inner)
    # Names of Keras's own classes may be taken by a person's: "my_package>LSTM".
    owner, custom, _ = (node.get("registered_name") or "").partition(">")
    if custom and owner.lower() != "keras":
        raise layer.refuse(f"is a layer of {owner!r}, whose code is not in the file")
    return layer


def _sources(value: Any) -> Iterator[str]:
    """The layers that are named as the origin of tensors, anywhere in ``value``.

    Keras 2 writes ``[name, node, tensor]``, Keras 3 the same inside a ``__keras_tensor__``.
    """
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _sources(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            yield value[0]
            yield from _sources(value[3:])
        else:
            for part in value:
                yield from _sources(part)


def _in_training(value: Any) -> bool:
    if isinstance(value, Mapping):
        return value.get("training") is True or any(map(_in_training, value.values()))
    return isinstance(value, list) and any(map(_in_training, value))
