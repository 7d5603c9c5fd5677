"""The DeepFake Detection Challenge set (Dolhansky et al., 2020): parts with metadata, and tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.lists import malformed, read_rows, read_table
from unmask.datasets.sample import MANIPULATED, REAL, Sample, Split
from unmask.datasets.tree import Tree, join, stem, tidy
from unmask.datasets.words import label_of, split_of

_METHOD = "dfdc"  # eight methods were used, and which one made a file was not released
_METADATA, _LABELS = "metadata.json", "labels.csv"


def _recognise(tree: Tree) -> str:
    if parts := [name for name in tree.folders() if name.startswith("dfdc_train_part")]:
        return f"it holds {parts[0]}"
    for at in ("", *tree.folders()):
        if tree.has(join(at, _METADATA)) and tree.peek(at, limit=1):
            return f"it holds {join(at, _METADATA)} with videos"
        if tree.has(join(at, _LABELS)):
            return f"it holds {join(at, _LABELS)}"
    return ""


def _load(tree: Tree, draft: Draft) -> None:
    shallow = ["", *tree.folders()]
    deeper = [join(at, name) for at in shallow if at for name in tree.folders(at)]
    here, listed = set[str](), set[str]()
    for at in (*shallow, *deeper):
        if tree.has(join(at, _METADATA)) or tree.has(join(at, _LABELS)):
            videos = tree.files(at)
            here.update(videos)
            listed |= _load_part(at, videos, tree, draft)
        elif at.startswith("dfdc_train_part") and "/" not in at:
            draft.lack(f"{tree.root / at} has no {_METADATA}", f"extract {at}.zip again")
    if unlisted := sorted(here - listed):
        draft.notes.append(
            f"{len(unlisted)} videos that no list names were left out, {unlisted[0]} first"
        )


def _load_part(at: str, videos: Sequence[str], tree: Tree, draft: Draft) -> set[str]:
    """Add what the lists in ``at`` name of its videos; returns which those are."""
    here: dict[str, str] = {}
    for path in videos:
        here.setdefault(PurePosixPath(path).name, path)
    found: set[str] = set()
    for by, stated in ((_METADATA, _from_metadata), (_LABELS, _from_labels)):
        if not tree.has(join(at, by)):
            continue
        source = tree.root / at / by
        listed = stated(source, at)
        for name, (label, split, original) in listed.items():
            if name in here:
                found.add(here[name])
                draft.add(
                    Sample(
                        here[name],
                        label,
                        method=_METHOD,
                        split=split,
                        source=f"dfdc:{stem(original or name)}",
                        attributes={} if label == REAL else {"real_faces_too": "yes"},
                    ),
                    join(at, by),
                )
        missing = sorted(set(listed) - set(here))
        draft.lack_files(at, missing, len(listed), by)
    return found


_Stated = dict[str, tuple[int, Split, str]]


def _from_metadata(path: Path, at: str) -> _Stated:
    stated: _Stated = {}
    for name, facts in read_table(path).items():
        split = split_of(str(facts.get("split", ""))) or _split_by_folder(at)
        stated[tidy(name)] = (_label(facts, name, path), split, str(facts.get("original") or ""))
    return stated


def _label(facts: dict[str, Any], name: str, path: Path) -> int:
    if facts.get("is_fake") in (0, 1):  # the test set's metadata
        return MANIPULATED if facts["is_fake"] else REAL
    label = label_of(str(facts.get("label", "")))
    if label is None:
        raise DataError(
            f"{path}: the label of {name} is {facts.get('label')!r}, neither REAL nor FAKE",
            hint="download it again",
        )
    return label


def _from_labels(path: Path, at: str) -> _Stated:
    rows = list(read_rows(path))
    header = [cell.casefold() for cell in rows[0][1]] if rows else []
    if "filename" not in header or "label" not in header:
        raise DataError(f"{path} should begin with 'filename,label'", hint="download it again")
    name_at, label_at = header.index("filename"), header.index("label")
    stated: _Stated = {}
    for line, row in rows[1:]:
        if len(row) != len(header) or row[label_at] not in ("0", "1"):
            raise malformed(path, line, f"{','.join(row)!r} is not a file and 0 or 1")
        label = MANIPULATED if row[label_at] == "1" else REAL
        stated[tidy(row[name_at])] = (label, _split_by_folder(at) or "test", "")
    return stated


def _split_by_folder(at: str) -> Split:
    words = at.replace("_", "/").split("/")
    return next((split_of(word) for word in words if split_of(word)), "")


DFDC = Layout(
    name="dfdc",
    title="DFDC",
    expects="dfdc_train_part_N/metadata.json, or a test folder with labels.csv or metadata.json",
    recognise=_recognise,
    load=_load,
)
