"""Names under which the same bytes came, as the custody log tells them."""

from __future__ import annotations

RECEIVED = "received"
_ALSO, _ANSWERED = "also as ", ", and answered from this analysis"


def also_as(name: str, *, answered: bool = False) -> str:
    """What the log says of bytes that came again as ``name``: they joined, or were answered."""
    return f"{_ALSO}{name}{_ANSWERED if answered else ''}"


def name_in(detail: str) -> str | None:
    """The name that :func:`also_as` wrote there; None in what is none of its words."""
    return detail[len(_ALSO) :].removesuffix(_ANSWERED) if detail.startswith(_ALSO) else None
