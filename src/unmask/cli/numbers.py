"""Numbers on the command line."""

from __future__ import annotations

import math
from typing import Any

import click


class Real(click.FloatRange):
    """A number in a range, to which NaN does not belong: every comparison lets it pass."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """See click."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number
