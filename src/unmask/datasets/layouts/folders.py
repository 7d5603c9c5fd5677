"""Plain folders: ``real`` and ``fake`` (or words alike), in any depth, with or without splits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import MANIPULATED, REAL, UNKNOWN, Kind, Sample
from unmask.datasets.tree import PICTURES, VIDEOS, Tree, join, stem
from unmask.datasets.words import called, label_of, split_of

_DIGITS = {"0": REAL, "1": MANIPULATED}
_NUMBERED = re.compile(r"^\D{0,12}\d+$")


def _recognise(tree: Tree) -> str:
    """Both labels right here, or under a folder that names a split."""
    splits = [name for name in tree.folders() if split_of(name)]
    labels: dict[int, str] = {}
    for at in ("", *splits):
        names = tree.folders(at)
        for name in names:
            label = _label(name, names)
            if label is not None:
                labels.setdefault(label, join(at, name))
    return f"it holds {labels[REAL]} and {labels[MANIPULATED]}" if len(labels) > 1 else ""


def _label(name: str, siblings: Sequence[str]) -> int | None:
    """What a folder's name says of what is in it, by those beside it; None where nothing.

    Digits are labels only where a folder has both, and nothing else but such digits.
    """
    if name in _DIGITS and set(siblings) == set(_DIGITS):
        return _DIGITS[name]
    return label_of(name)


def _load(tree: Tree, draft: Draft) -> None:
    siblings: dict[str, list[str]] = {}
    unlabelled = 0
    frames: set[str] = set()
    for path in tree.files("", VIDEOS | PICTURES):
        parts = path.split("/")[:-1]
        said = _said(tree, parts, siblings)
        if not said:
            unlabelled += 1
            continue
        _agree(tree, path, said)
        deepest = max(at for at, _ in said)
        if PurePosixPath(path).suffix.lower() in VIDEOS:
            _add(draft, path, parts, said, "video")
        elif _numbered_folder(tree, draft, parts, deepest):
            if (folder := "/".join(parts)) not in frames:
                frames.add(folder)
                _add(draft, folder, parts[:-1], said, "frames-folder")
        else:
            _add(draft, path, parts, said, "image")
    if unlabelled:
        draft.notes.append(f"{unlabelled} files outside the real and fake folders were left out")


def _said(
    tree: Tree, parts: Sequence[str], siblings: dict[str, list[str]]
) -> list[tuple[int, int]]:
    """Which folders on the way to a file name a label, and which.

    A word that says once more what a folder above it says is a label only where no method stands
    beside it: Deepfakes is one of FaceForensics++, as FaceSwap is.
    """
    found: list[tuple[int, int]] = []
    for depth, name in enumerate(parts):
        at = "/".join(parts[:depth])
        if at not in siblings:
            siblings[at] = tree.folders(at)
        label = _label(name, siblings[at])
        again = bool(found) and label == found[-1][1]
        if label is not None and not (again and _holds_methods(siblings[at])):
            found.append((depth, label))
    return found


def _holds_methods(names: Sequence[str]) -> bool:
    return any(_label(name, names) is None and not split_of(name) for name in names)


def _agree(tree: Tree, path: str, said: Sequence[tuple[int, int]]) -> None:
    if len({label for _, label in said}) > 1:
        parts = path.split("/")
        readings = " and ".join(f"'{parts[at]}' ({called(label)})" for at, label in said)
        raise DataError(
            f"{tree.root / path} lies under {readings}: two readings are possible",
            hint="rename the folder that does not mean the label",
        )


def _numbered_folder(tree: Tree, draft: Draft, parts: Sequence[str], deepest: int) -> bool:
    """Whether the picture's folder is one video's frames."""
    inner = [name for name in parts[deepest + 1 :] if not split_of(name)]
    if not inner or draft.options.pictures == "single":
        return False
    if draft.options.pictures == "frames":
        return True
    folder = "/".join(parts)
    names = [stem(path) for path in tree.files(folder, PICTURES, deep=False)]
    if len(names) < 2 or not all(_NUMBERED.match(name) for name in names):
        return False
    raise DataError(
        f"{tree.root / folder} holds numbered pictures: the frames of one video, or single "
        "pictures? Two readings are possible",
        hint="say --pictures frames or --pictures single",
    )


def _add(
    draft: Draft, path: str, parts: Sequence[str], said: Sequence[tuple[int, int]], kind: Kind
) -> None:
    deepest, label = said[-1]
    after = [name for name in parts[deepest + 1 :] if not split_of(name)]
    splits = [split for name in parts if (split := split_of(name))]
    sample = Sample(
        path=path,
        label=label,
        method=after[0] if after else UNKNOWN,
        split=splits[0] if splits else "",
        kind=kind,
    )
    draft.add(sample, f"its folder {parts[deepest]}")


FOLDERS = Layout(
    name="folders",
    title="plain folders",
    expects="real and fake (or authentic, original, 0; manipulated, deepfake, 1), any case",
    recognise=_recognise,
    load=_load,
)
