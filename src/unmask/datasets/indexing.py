"""From a folder as released to its index."""

from __future__ import annotations

from pathlib import Path

from unmask.datasets.draft import Draft, LoadOptions
from unmask.datasets.guess import AUTO, Guess, choose_layout
from unmask.datasets.index import Index
from unmask.datasets.tree import Tree

_DEFAULT = LoadOptions()


def index_folder(root: Path, layout: str = AUTO, options: LoadOptions = _DEFAULT) -> Index:
    """Read a release. :class:`DataError` says what is wrong with which path, and the way out."""
    return index_guessed(root, choose_layout(root, layout), options)


def index_guessed(root: Path, guess: Guess, options: LoadOptions = _DEFAULT) -> Index:
    """The same once the layout is known."""
    home = root.resolve()
    tree = Tree(home)
    draft = Draft(tree, guess.layout.name, options)
    guess.layout.load(tree, draft)
    samples = draft.finish()
    return Index(home, guess.layout.name, tuple(samples), tuple(draft.notes))
