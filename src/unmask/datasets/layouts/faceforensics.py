"""FaceForensics++ (Rössler et al., ICCV 2019) and DeepFakeDetection, which comes in its tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.layouts.naming import ACTED, of_dfd, of_faceforensics
from unmask.datasets.lists import read_json
from unmask.datasets.sample import MANIPULATED, REAL, Kind, Sample, Split
from unmask.datasets.tree import Tree, join, stem

_ACTORS, _DFD = "actors", "DeepFakeDetection"
_SPLITS: tuple[Split, ...] = ("train", "val", "test")
_COMPRESSIONS = {"raw": "raw", "c0": "raw", "c23": "c23", "c40": "c40"}
_NUMBERED = re.compile(r"^\d{3}(_\d{3})?$")


@dataclass(frozen=True, slots=True)
class _Splits:
    """``people`` with the split of each and the file that says so; ``fakes`` by their names."""

    people: dict[str, tuple[Split, str]] = field(default_factory=dict)
    fakes: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Part:
    """One folder of videos (or of folders of frames): one method at one compression."""

    at: str
    original: bool
    name: str
    compression: str
    files: tuple[str, ...]
    kind: Kind

    @property
    def acted(self) -> bool:
        """Whether it belongs to DeepFakeDetection."""
        return self.name in (_ACTORS, _DFD)


def _recognise(tree: Tree) -> str:
    numbered = [join(top, name) for top, name in _sections(tree) if name not in (_ACTORS, _DFD)]
    return f"it holds {numbered[0]}" if numbered else ""


def _recognise_dfd(tree: Tree) -> str:
    acted = [join(top, name) for top, name in _sections(tree) if name in (_ACTORS, _DFD)]
    return f"it holds {acted[0]}" if acted and not _recognise(tree) else ""


def _sections(tree: Tree) -> list[tuple[str, str]]:
    tops = ("original_sequences", "manipulated_sequences")
    return [(top, name) for top in tops for name in tree.folders(top)]


def _parts(tree: Tree, draft: Draft) -> Iterator[_Part]:
    for top, name in _sections(tree):
        for folder in tree.folders(join(top, name)):
            compression = _COMPRESSIONS.get(folder)  # and not "masks"
            if compression and draft.wants(compression):
                at, original = join(join(top, name), folder), top.startswith("original")
                if videos := tree.files(join(at, "videos"), deep=False):
                    yield _Part(at, original, name, compression, tuple(videos), "video")
                else:
                    frames = tuple(tree.picture_folders(join(at, "frames")))
                    yield _Part(at, original, name, compression, frames, "frames-folder")


def _load(tree: Tree, draft: Draft) -> None:
    splits = _read_splits(tree, draft)
    for part in _parts(tree, draft):
        if part.acted:
            _add_acted(part, draft)
        else:
            _add_numbered(part, splits, draft)


def _load_dfd(tree: Tree, draft: Draft) -> None:
    for part in _parts(tree, draft):
        if part.acted:
            _add_acted(part, draft)


def _read_splits(tree: Tree, draft: Draft) -> _Splits:
    """720, 140 and 140 people; of each pair a, b the fakes a_b and b_a, by every method."""
    found = _Splits()
    for split in _SPLITS:
        places = [f"{split}.json", f"splits/{split}.json", f"dataset/splits/{split}.json"]
        place = next((place for place in places if tree.has(place)), None)
        if place is None:
            draft.lack(
                f"{tree.root} has no {split}.json",
                "copy train.json, val.json and test.json of the FaceForensics repository "
                f"(dataset/splits) into {tree.root}",
            )
            continue
        for a, b in _pairs(tree.root / place):
            found.fakes.update((f"{a}_{b}", f"{b}_{a}"))
            for person in (a, b):
                before = found.people.setdefault(person, (split, place))
                if before[0] != split:
                    draft.disagree(f"… {person}", split, place, *before)
    return found


def _pairs(path: Path) -> list[list[str]]:
    pairs = read_json(path)
    if not (isinstance(pairs, list) and pairs) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)
        for pair in pairs
    ):
        raise DataError(
            f'{path} should be a list of pairs such as ["071", "054"]',
            hint="copy it from the FaceForensics repository again",
        )
    return pairs


def _add_numbered(part: _Part, splits: _Splits, draft: Draft) -> None:
    """``071.mp4``, and ``071_054.mp4``: the face of 054 on the recording 071."""
    for path in part.files:
        name = stem(path)
        if not _NUMBERED.match(name) or part.original == ("_" in name):
            draft.notes.append(f"{path} was left out: it is not named as a file of {part.at}")
            continue
        people = name.split("_")
        identities, source = of_faceforensics(name)
        known = [splits.people[person] for person in people if person in splits.people]
        if len({split for split, _ in known}) > 1:
            draft.disagree(path, *known[0], *known[1])
        draft.add(
            Sample(
                path,
                REAL if part.original else MANIPULATED,
                method=part.name,
                split=known[0][0] if len(known) == len(people) else "",
                identities=identities,
                source=source,
                compression=part.compression,
                kind=part.kind,
            ),
            f"its folder {part.at}",
        )
    listed = splits.people if part.original else splits.fakes
    missing = sorted(set(listed) - {stem(path) for path in part.files})
    draft.lack_files(part.at, missing, len(listed), "the split files")


def _add_acted(part: _Part, draft: Draft) -> None:
    """``01__walk.mp4``, and ``01_02__walk__ABCDEFGH.mp4``: the face of 02 on 01's recording."""
    for path in part.files:
        named = ACTED.match(stem(path))
        if named is None or part.original == (named[2] is not None):
            draft.notes.append(f"{path} was left out: it is not named as a file of {part.at}")
            continue
        identities, source = of_dfd(stem(path))
        draft.add(
            Sample(
                path,
                REAL if part.original else MANIPULATED,
                dataset="dfd",
                method=part.name,
                identities=identities,
                source=source,
                compression=part.compression,
                kind=part.kind,
                attributes={"scene": named[3]}
                | ({} if part.original else {"real_faces_too": "yes"}),
            ),
            f"its folder {part.at}",
        )


FACEFORENSICS = Layout(
    name="faceforensics",
    title="FaceForensics++",
    expects="original_sequences/youtube and manipulated_sequences/<method>, train/val/test.json",
    recognise=_recognise,
    load=_load,
)
DFD = Layout(
    name="dfd",
    title="DeepFakeDetection",
    expects="original_sequences/actors and manipulated_sequences/DeepFakeDetection",
    recognise=_recognise_dfd,
    load=_load_dfd,
)
