"""WildDeepfake (Zi et al., ACM MM 2020): face crops in numbered archives, four times from 1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from unmask.datasets.archives import reading
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import INSIDE, MANIPULATED, REAL, UNKNOWN, Sample, Split
from unmask.datasets.tree import PICTURES, Tree

_SUFFIX = ".tar.gz"
_QUARTERS: tuple[tuple[str, int, Split], ...] = (
    ("real train", REAL, "train"),
    ("real test", REAL, "test"),
    ("fake train", MANIPULATED, "train"),
    ("fake test", MANIPULATED, "test"),
)


def _recognise(tree: Tree) -> str:
    found = [place for name, _, _ in _QUARTERS if (place := _place(tree, name))]
    return f"it holds {' and '.join(repr(one) for one in found[:2])}" if found else ""


def _place(tree: Tree, name: str) -> str | None:
    return tree.folder("", name, name.replace(" ", "_"), name.replace(" ", "-"))


def _load(tree: Tree, draft: Draft) -> None:
    for name, label, split in _QUARTERS:
        place = _place(tree, name)
        if place is None:
            draft.lack(f"{tree.root} has no folder '{name}'", "download that quarter as well")
            continue
        sequences = _sequences(tree, place)
        if not sequences:
            fix = f"its archives are called N{_SUFFIX}: download that quarter again"
            draft.lack(f"{tree.root / place} holds no sequences", fix)
        for shard, folder in sequences:
            draft.add(
                Sample(
                    folder,
                    label,
                    method=UNKNOWN,
                    split=split,
                    # Shard 7 of one quarter has nothing to do with shard 7 of another.
                    source=f"wilddeepfake:{name.replace(' ', '-')}/{shard}",
                    kind="frames-folder",
                ),
                f"its folder '{place}'",
            )


def _sequences(tree: Tree, place: str) -> list[tuple[str, str]]:
    """Shard and folder of each sequence: extracted, or in an archive nobody has extracted."""
    extracted = tree.picture_folders(place)
    found = [(folder[len(place) + 1 :].split("/")[0], folder) for folder in extracted]
    shards = {shard for shard, _ in found}
    archives = [
        path
        for path in tree.files(place, frozenset({".gz"}), deep=False)
        if path.endswith(_SUFFIX) and PurePosixPath(path).name[: -len(_SUFFIX)] not in shards
    ]
    with ThreadPoolExecutor() as pool:  # zlib works outside the interpreter's lock
        inside = pool.map(_folders_inside, [tree.root / path for path in archives])
        for path, folders in zip(archives, inside, strict=True):
            shard = PurePosixPath(path).name[: -len(_SUFFIX)]
            found += [(shard, f"{path}{INSIDE}{folder}") for folder in folders]
    return found


def _folders_inside(path: Path) -> list[str]:
    with reading(path) as archive:
        members = [PurePosixPath(member.name) for member in archive if member.isfile()]
    return sorted({str(name.parent) for name in members if name.suffix.lower() in PICTURES})


WILDDEEPFAKE = Layout(
    name="wilddeepfake",
    title="WildDeepfake",
    expects="'real train', 'real test', 'fake train', 'fake test' of N.tar.gz or extracted",
    recognise=_recognise,
    load=_load,
)
