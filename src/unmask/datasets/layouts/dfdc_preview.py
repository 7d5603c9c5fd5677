"""The DFDC preview set (Dolhansky et al., 2019): two methods, one ``dataset.json``."""

from __future__ import annotations

from typing import Any

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.lists import read_table
from unmask.datasets.sample import REAL, Sample
from unmask.datasets.tree import Tree, stem, tidy
from unmask.datasets.words import called, label_of, split_of

_LIST = "dataset.json"
_FOLDERS = {"original_videos": 0, "method_A": 1, "method_B": 1}


def _recognise(tree: Tree) -> str:
    found = [name for name in tree.folders() if name in _FOLDERS]
    return f"it holds {found[0]}" if found and tree.has(_LIST) else ""


def _load(tree: Tree, draft: Draft) -> None:
    if not tree.has(_LIST):
        draft.lack(f"{tree.root} has no {_LIST}", "extract the archive again")
        return
    path = tree.root / _LIST
    here = {file for folder in _FOLDERS for file in tree.files(folder)}
    listed = {tidy(name): facts for name, facts in read_table(path).items()}
    for name, facts in listed.items():
        label, split = label_of(str(facts.get("label", ""))), split_of(str(facts.get("set", "")))
        if label is None or not split:
            raise DataError(
                f"{path}: {name} has the label {facts.get('label')!r} and the set "
                f"{facts.get('set')!r}; real or fake, train or test were expected",
                hint="download it again",
            )
        folder = name.split("/")[0]
        if _FOLDERS.get(folder, label) != label:
            by_folder = called(_FOLDERS[folder])
            draft.disagree(name, called(label), _LIST, by_folder, f"its folder {folder}")
        if name in here:
            people = _people(name, facts)
            draft.add(
                Sample(
                    name,
                    label,
                    method=folder,
                    split=split,
                    identities=tuple(people),
                    source=f"dfdcp:{stem(name)}" if label == REAL else "",
                ),
                _LIST,
            )
    draft.lack_files("", sorted(set(listed) - here), len(listed), _LIST)
    if unlisted := here - set(listed):
        draft.notes.append(f"{len(unlisted)} videos that {_LIST} does not list were left out")


def _people(name: str, facts: dict[str, Any]) -> list[str]:
    """The actors, by number: the folder's, and for a swap both that the list names."""
    stated = [facts.get("target_id"), facts.get("swapped_id")]
    people = [str(one) for one in stated if one not in (None, "")]
    return [f"dfdcp:{one}" for one in people or name.split("/")[1:-1][:1]]


DFDC_PREVIEW = Layout(
    name="dfdc-preview",
    title="DFDC preview",
    expects="dataset.json, original_videos, method_A, method_B",
    recognise=_recognise,
    load=_load,
    narrower=("dfdc",),
)
