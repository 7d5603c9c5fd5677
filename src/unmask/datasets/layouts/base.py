"""What a layout is: how to tell it by a look at a folder, and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unmask.datasets.draft import Draft
from unmask.datasets.tree import Tree


@dataclass(frozen=True, slots=True)
class Layout:
    """``recognise`` returns why a folder looks like this layout, or "" if it does not.

    It must look at names only, a few folders deep. ``narrower`` names layouts whose trees this
    one's trees also look like: where both are recognised, this one is meant. ``by_files`` says
    that it is told by the names of files anywhere below, so that folders near by, which may hold
    anything, are not searched for it.
    """

    name: str
    title: str
    expects: str
    recognise: Callable[[Tree], str]
    load: Callable[[Tree, Draft], None]
    narrower: tuple[str, ...] = ()
    by_files: bool = False
