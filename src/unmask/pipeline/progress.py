"""How a caller watches an analysis."""

from __future__ import annotations

from typing import Literal, Protocol

Stage = Literal["open", "look", "score"]


class Progress(Protocol):
    """Called on the calling thread as work proceeds, ``done`` rising to ``total``.

    Stages come in order: ``open`` (the file is probed, 0 then 1 of 1), ``look``
    (windows decoded and searched for faces), ``score`` (crops scored).
    """

    def __call__(self, stage: Stage, done: int, total: int, /) -> None:
        """``done`` of ``total`` units of ``stage`` are finished."""
        ...
