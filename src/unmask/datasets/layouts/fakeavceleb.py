"""FakeAVCeleb (Khalid et al., NeurIPS 2021). What counts here is the picture, not the voice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.lists import malformed, read_rows
from unmask.datasets.sample import MANIPULATED, REAL, UNKNOWN, Sample
from unmask.datasets.tree import Tree, stem, tidy

_LIST = "meta_data.csv"
_HEADER = ["source", "target1", "target2", "method", "category", "type", "race", "gender", "path"]
_TYPE = re.compile(r"^(Real|Fake)Video-(Real|Fake)Audio$")
_PERSON = re.compile(r"^id\d+$")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    path: str
    kind: str
    method: str
    people: tuple[str, ...]


def _recognise(tree: Tree) -> str:
    found = [name for name in tree.folders() if _TYPE.match(name)]
    return f"it holds {found[0]}" if found else ""


def _load(tree: Tree, draft: Draft) -> None:
    types = [name for name in tree.folders() if _TYPE.match(name)]
    here = {path for name in types for path in tree.files(name)}
    rows: dict[str, _Row] = {}
    repeated = 0
    if not tree.has(_LIST):
        draft.lack(f"{tree.root} has no {_LIST}", "extract it from the archive again")
    for row in _rows(tree) if tree.has(_LIST) else ():
        before = rows.setdefault(row.path, row)
        repeated += before is not row
        if before.kind != row.kind:
            lines = f"line {before.line} of {_LIST}", f"line {row.line} of {_LIST}"
            draft.disagree(row.path, before.kind, lines[0], row.kind, lines[1])
    if repeated:
        draft.notes.append(f"{repeated} rows of {_LIST} repeat another and were dropped")
    for path in sorted(here):
        _add(path, rows.get(path), draft)
    draft.lack_files("", sorted(set(rows) - here), len(rows), _LIST)


def _rows(tree: Tree) -> Iterator[_Row]:
    path = tree.root / _LIST
    for line, cells in read_rows(path):
        if cells[: len(_HEADER)] == _HEADER:
            continue
        # "path" holds the file's name; its folder stands in a tenth column without a name.
        if len(cells) < 10 or not _TYPE.match(cells[5]):
            raise malformed(path, line, "ten columns with the type in the sixth were expected")
        folder = tidy(cells[9]).split("/")
        kept = next((i for i, part in enumerate(folder) if _TYPE.match(part)), None)
        if kept is None:
            raise malformed(path, line, f"the folder {cells[9]!r} names no type")
        place = "/".join([*folder[kept:], cells[8]])
        people = tuple(one for one in cells[:3] if _PERSON.match(one))
        yield _Row(line, place, cells[5], cells[3], people)


def _add(path: str, row: _Row | None, draft: Draft) -> None:
    """The folders ``<type>/<race>/<gender>/<person>`` say most, the list the method."""
    kind, *between = path.split("/")[:-1]
    named = _TYPE.match(kind)
    if named is None:
        raise DataError(f"{path} is in no folder that names a type")
    if row is not None and row.kind != kind:
        draft.disagree(path, row.kind, f"line {row.line} of {_LIST}", kind, "its folder")
    label = MANIPULATED if named[1] == "Fake" else REAL
    person = next((one for one in between if _PERSON.match(one)), "")
    people = [person, *(row.people if row else ())]
    method = row.method if row else UNKNOWN
    facts = dict(zip(("race", "gender"), between[:2], strict=False)) if len(between) > 2 else {}
    facts["audio"] = named[2].lower()
    if label == REAL and named[2] == "Fake":
        facts["audio_method"] = method
    draft.add(
        Sample(
            path,
            label,
            method=method,
            identities=tuple(f"voxceleb:{one}" for one in people if one),
            source=f"voxceleb:{person}/{stem(path).split('_')[0]}" if person else "",
            attributes=facts,
        ),
        f"its folder {kind}",
    )


FAKEAVCELEB = Layout(
    name="fakeavceleb",
    title="FakeAVCeleb",
    expects=f"<Real|Fake>Video-<Real|Fake>Audio/<race>/<gender>/<id>, {_LIST}",
    recognise=_recognise,
    load=_load,
)
