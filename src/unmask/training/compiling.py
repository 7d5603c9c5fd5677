"""A network's arithmetic as machine code of its own, by torch.compile."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

from unmask.core.errors import RuntimeUnavailable
from unmask.training.run import Run

_COMPILERS = ("g++", "clang++", "c++")
P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R], run: Run) -> Callable[P, R]:
    """``function`` to be compiled at its first call, for one shape of input.

    ``benchmarks/fit_speed.py`` says what it is worth on a machine. Raises
    :class:`RuntimeUnavailable` without a C++ compiler.
    """
    if run.fabric.device.type == "cpu" and not any(map(shutil.which, _COMPILERS)):
        raise RuntimeUnavailable(
            "the recipe says compiled, and no C++ compiler is here",
            hint='install g++, or say compiled = false and precision = "f32" in the recipe',
        )
    return torch.compile(function, dynamic=False)
