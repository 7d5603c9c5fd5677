"""KoDF (Kwon et al., ICCV 2021): the method of a fake is a digit of its name."""

from __future__ import annotations

import re

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import MANIPULATED, REAL, Sample
from unmask.datasets.tree import Tree, stem
from unmask.datasets.words import label_of

_METHODS = {"1": "dfl", "2": "dffs", "3": "fsgan", "4": "fo", "5": "audio"}
_FAKE = re.compile(r"^(\w+?)_(\w+?)_(\d)_(\d+)$")


def _recognise(tree: Tree) -> str:
    named = [name for name in tree.folders() if name in _METHODS.values()]
    if len(named) > 1 or any("kodf" in name.casefold() for name in tree.folders()):
        return f"it holds {', '.join(named) or 'a folder called KoDF'}"
    fakes = [path for path in tree.peek(limit=200) if _FAKE.match(stem(path))]
    return f"it holds {fakes[0]}, named <target>_<source>_<code>_<number>" if fakes else ""


def _load(tree: Tree, draft: Draft) -> None:
    unknown = []
    for path in tree.files():
        named = _FAKE.match(stem(path))
        real_folder = _real_folder(path)
        if named is not None:
            _add_fake(path, named, real_folder, draft)
        elif real_folder:
            person = re.split(r"[_-]", stem(path))[0]
            draft.add(
                Sample(
                    path,
                    REAL,
                    identities=(f"kodf:{person}",),
                    source=f"kodf:{stem(path)}",
                ),
                f"its folder {real_folder}",
            )
        else:
            unknown.append(path)
    if unknown:
        draft.lack(
            f"{tree.root}: nothing tells whether {len(unknown)} videos are real, {unknown[0]} "
            "first: they are neither named <target>_<source>_<code>_<number> nor in a folder "
            "whose name says real or original",
            "rename the folder of the real videos to 'real'",
        )


def _add_fake(path: str, named: re.Match[str], real_folder: str, draft: Draft) -> None:
    target, donor, code, number = named.groups()
    method = _METHODS.get(code)
    if method is None:
        raise DataError(
            f"{draft.tree.root / path}: the code {code} is none of 1 to 5",
            hint="KoDF names fakes <target>_<source>_<code>_<number>",
        )
    if real_folder:
        draft.disagree(path, "manipulated", "its name", "real", f"its folder {real_folder}")
    folder = next((part for part in path.split("/")[:-1] if part in _METHODS.values()), method)
    if folder != method:
        draft.disagree(path, method, f"the code {code} in its name", folder, "its folder")
    draft.add(
        Sample(
            path,
            MANIPULATED,
            method=method,
            identities=(
                f"kodf:{target}",
                f"kodf:{donor}",
            ),
            source=f"kodf:{target}_{number}",
        ),
        "its name",
    )


def _real_folder(path: str) -> str:
    """The folder that says real or original, as ``original_videos`` does."""
    for part in path.split("/")[:-1]:
        if any(label_of(word) == REAL for word in re.split(r"[_\- ]", part)):
            return part
    return ""


KODF = Layout(
    name="kodf",
    title="KoDF",
    expects="fakes named <target>_<source>_<code 1…5>_<number>, real ones in a folder 'real…'",
    recognise=_recognise,
    load=_load,
    narrower=("folders",),
    by_files=True,
)
