"""Numbers on the command line."""

from __future__ import annotations

import math
from typing import Any

import click

from unmask.core.errors import UsageError
from unmask.core.times import seconds_of


class FiniteRange(click.FloatRange):
    """A range without nan, which no comparison refuses, and without infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number; a usage error where it is none, or outside."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


class Time(click.ParamType[float]):
    """A time in a film, in seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds; a usage error where it is no time."""
        try:
            return seconds_of(str(value))
        except UsageError as error:
            self.fail(f"{error.message}.", param, ctx)
