"""Celeb-DF v1 and v2 (Li et al., CVPR 2020) and Celeb-DF++. In their test list 1 means real."""

from __future__ import annotations

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.layouts.naming import Told, of_celeb_df
from unmask.datasets.lists import malformed, read_lines
from unmask.datasets.sample import MANIPULATED, REAL, Sample
from unmask.datasets.tree import Tree, join, stem, tidy

_REALS = ("Celeb-real", "YouTube-real")
_FAKES = "Celeb-synthesis"
_CATEGORIES = ("FaceSwap", "FaceReenact", "TalkingFace")
_LIST = "List_of_testing_videos.txt"
_THEIR_LABELS = {"1": REAL, "0": MANIPULATED}  # the other way round than everybody else


def _recognise(tree: Tree) -> str:
    found = tree.folder("", _FAKES, *_REALS)
    return f"it holds {found}" if found and not _recognise_plus(tree) else ""


def _recognise_plus(tree: Tree) -> str:
    fakes = tree.folder("", _FAKES)
    category = tree.folder(fakes, *_CATEGORIES) if fakes else None
    return f"it holds {category}" if category else ""


def _load(tree: Tree, draft: Draft) -> None:
    places = [(name, tree.folder("", name)) for name in (*_REALS, _FAKES)]
    for name, place in places:
        if place is None:
            draft.lack(f"{tree.root} has no folder {name}", "extract the whole archive again")
    files = {
        _key(path): (path, MANIPULATED if name == _FAKES else REAL)
        for name, place in places
        if place
        for path in tree.files(place)
    }
    testing = _testing(tree, draft, files)
    for key, (path, label) in files.items():
        parts = path.split("/")
        category = next((one for one in _CATEGORIES if one in parts[1:-1]), "")
        method = parts[parts.index(category) + 1] if category else _FAKES
        identities, source = _people(parts[0], stem(path))
        draft.add(
            Sample(
                path,
                label,
                method=method if method != parts[-1] else category,
                split="test" if key in testing else "train" if testing else "",
                identities=identities,
                source=source,
                attributes={"category": category} if category else {},
            ),
            f"its folder {parts[0]}",
        )
    if testing:
        draft.notes.append(
            "there is no list for training: all that is not in the test list is 'train', and "
            "people of the test set occur in it"
        )


def _testing(tree: Tree, draft: Draft, files: dict[str, tuple[str, int]]) -> set[str]:
    """Keys of the files that the test list names; its labels must agree with the folders."""
    if not tree.has(_LIST):
        draft.lack(f"{tree.root} has no {_LIST}", "extract it from the archive again")
        return set()
    path = tree.root / _LIST
    listed: dict[str, str] = {}
    for number, line in read_lines(path):
        word, _, rest = line.partition(" ")
        if word not in _THEIR_LABELS or not rest:
            raise malformed(path, number, f"{line!r} is not '<1 for real, 0 for fake> <path>'")
        key = _key(tidy(rest))
        listed[key] = tidy(rest)
        if key in files and files[key][1] != _THEIR_LABELS[word]:
            said = "real" if _THEIR_LABELS[word] == REAL else "manipulated"
            other = "manipulated" if said == "real" else "real"
            by_list = f"line {number} of {_LIST}, where 1 is real"
            draft.disagree(files[key][0], said, by_list, other, "its folder")
    if not listed:
        draft.lack(f"{path} names no videos", "extract it from the archive again")
    missing = sorted(listed[key] for key in set(listed) - set(files))
    draft.lack_files("", missing, len(listed), _LIST)
    return set(listed)


def _key(path: str) -> str:
    """Compares across copies that differ in case or put the videos one folder deeper."""
    return "/".join(part for part in path.casefold().split("/") if part != "videos")


def _people(folder: str, name: str) -> Told:
    identities, source = of_celeb_df(name)
    return identities, source or f"celeb-df:{join(folder, name)}"


CELEB_DF = Layout(
    name="celeb-df",
    title="Celeb-DF v1 and v2",
    expects=f"Celeb-real, YouTube-real, Celeb-synthesis, {_LIST}",
    recognise=_recognise,
    load=_load,
)
CELEB_DF_PLUS = Layout(
    name="celeb-df++",
    title="Celeb-DF++",
    expects=f"the same with Celeb-synthesis/{{{','.join(_CATEGORIES)}}}/<method>",
    recognise=_recognise_plus,
    load=_load,
)
