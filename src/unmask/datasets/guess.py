"""Which layout a folder has, and whether the folder is the right one at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.layouts import LAYOUTS, Layout
from unmask.datasets.tree import Tree

AUTO = "auto"
_UP, _CHILDREN = 3, 60


@dataclass(frozen=True, slots=True)
class Guess:
    """A layout, and in a few words why it is this one."""

    layout: Layout
    why: str


def choose_layout(root: Path, name: str = AUTO) -> Guess:
    """The layout called ``name``, or for ``auto`` the only one that the folder's names allow.

    :class:`DataError` where the folder is absent, another folder near by was meant, or two
    layouts are possible.
    """
    if name != AUTO and name not in LAYOUTS:
        raise DataError(
            f"there is no layout called {name!r}", hint=f"one of: auto, {', '.join(LAYOUTS)}"
        )
    if not root.is_dir():
        raise DataError(
            f"{root} is {'not a folder' if root.exists() else 'not there'}",
            hint="give the folder into which the data set was extracted",
        )
    candidates = [LAYOUTS[name]] if name != AUTO else list(LAYOUTS.values())
    found = _recognised(Tree(root), candidates)
    if not found:
        raise _elsewhere(root, candidates, name)
    if len(found) > 1:
        readings = "; ".join(f"{one.layout.name}, since {one.why}" for one in found)
        names = " or ".join(f"--layout {one.layout.name}" for one in found)
        raise DataError(f"{root} can be read in {len(found)} ways: {readings}", hint=f"say {names}")
    return found[0]


def _recognised(tree: Tree, candidates: list[Layout]) -> list[Guess]:
    found = [Guess(layout, why) for layout in candidates if (why := layout.recognise(tree))]
    wider = {name for guess in found for name in guess.layout.narrower}
    return [guess for guess in found if guess.layout.name not in wider]


def _elsewhere(root: Path, candidates: list[Layout], name: str) -> DataError:
    """The error for a folder that is not it, with the folder that is, one or two levels away."""
    near = [one for one in candidates if not one.by_files]
    for place in _inside(root.resolve()):
        if found := _recognised(Tree(place), near):
            return _instead(root, place, "inside", found[0])
    for place, branch in _above(root.resolve()):
        # It must be the folder given that makes the one above what it is, not one beside it.
        found = _recognised(Tree(place, only=branch), near)
        rest = {guess.layout.name for guess in _recognised(Tree(place, without=branch), near)}
        found += [one for one in _recognised(Tree(place), near) if one.layout.name not in rest]
        if found:
            return _instead(root, place, "above", found[0])
    if name != AUTO:
        layout = candidates[0]
        return DataError(
            f"{root} does not look like {layout.title}: expected {layout.expects}",
            hint="extract the archives first, or see 'unmask data layouts'",
        )
    return DataError(
        f"{root} looks like no layout that is known",
        hint="'unmask data layouts' lists them; sort your own files into real/ and fake/",
    )


def _instead(root: Path, place: Path, way: str, guess: Guess) -> DataError:
    return DataError(
        f"{root} is not the root of {guess.layout.title}; the folder {way} it, {place}, is: "
        f"{guess.why}",
        hint=f"unmask data index '{place}' --layout {guess.layout.name}",
    )


def _inside(home: Path) -> Iterator[Path]:
    children = [home / name for name in Tree(home).folders()[:_CHILDREN]]
    yield from children
    for child in children:
        yield from (child / name for name in Tree(child).folders()[:_CHILDREN])


def _above(home: Path) -> Iterator[tuple[Path, str]]:
    """Folders above, each with the name of the one in it that leads here."""
    branch = home
    for place in list(home.parents)[:_UP]:
        yield place, branch.name
        branch = place
