"""What a Keras model does to pixels before its first convolution, as one scale and offset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.models.keras.layers import Layer

_OPERATIONS = {
    "TrueDivide": "divide",
    "Divide": "divide",
    "math.truediv": "divide",
    "math.divide": "divide",
    "Subtract": "subtract",
    "math.subtract": "subtract",
    "Multiply": "multiply",
    "math.multiply": "multiply",
    "Add": "add",
    "math.add": "add",
    "__operators__.add": "add",
}


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """``x × scale + offset``; one number, or one for each of the three channels."""

    scale: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def of(cls, scale: Any = 1.0, offset: Any = 0.0) -> Affine:
        """From numbers or lists of three."""
        return cls(np.asarray(scale, np.float64), np.asarray(offset, np.float64))

    def then(self, later: Affine) -> Affine:
        """This one first, ``later`` after it."""
        return Affine(self.scale * later.scale, self.offset * later.scale + later.offset)

    def __str__(self) -> str:
        return f"x × {_short(self.scale)} + {_short(self.offset)}"

    def reach(self, highest: float) -> tuple[float, float]:
        """The least and the greatest that values from 0 to ``highest`` become."""
        ends = np.stack(np.broadcast_arrays(self.offset, self.scale * highest + self.offset))
        return float(ends.min()), float(ends.max())


def read_affine(layer: Layer) -> Affine | None:
    """What ``layer`` does, None where it is no such layer; refused where it is not constant."""
    if layer.kind == "Rescaling":
        return _checked(layer, layer.config.get("scale", 1.0), layer.config.get("offset", 0.0))
    kind = layer.config.get("function", "") if layer.kind == "TFOpLambda" else layer.kind
    operation = _OPERATIONS.get(kind)
    if operation is None:
        return None
    numbers = list(_numbers(layer.call))
    if len(numbers) != 1 or _number_first(layer.call):
        raise layer.refuse("does arithmetic on something else than pixels and one number")
    scales = {"divide": 1 / (numbers[0] or np.nan), "multiply": numbers[0]}
    offsets = {"subtract": -numbers[0], "add": numbers[0]}
    return _checked(layer, scales.get(operation, 1.0), offsets.get(operation, 0.0))


def _checked(layer: Layer, scale: Any, offset: Any) -> Affine:
    try:
        made = Affine.of(scale, offset)
    except (TypeError, ValueError) as error:
        raise layer.refuse("scales by something that is not a number") from error
    for part in (made.scale, made.offset):
        if part.shape not in ((), (1,), (3,)) or not np.isfinite(part).all():
            raise layer.refuse("scales by neither one number nor three")
    return made


def _numbers(value: Any) -> Iterator[float]:
    """The plain numbers among a call's arguments; where tensors come from is passed over."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, Mapping):
        if value.get("class_name") != "__keras_tensor__":
            for part in value.values():
                yield from _numbers(part)
    elif isinstance(value, Sequence):
        origin = len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int)
        for part in value[3:] if origin else value:
            yield from _numbers(part)


def _number_first(call: Any) -> bool:
    """Whether it is ``number - x``, which would turn the pixels round."""
    arguments = call.get("args") if isinstance(call, Mapping) else None
    return isinstance(arguments, list) and isinstance(arguments[0], int | float)


def _short(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.6g}" for value in np.atleast_1d(values))
