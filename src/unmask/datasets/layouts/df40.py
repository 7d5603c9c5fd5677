"""DF40 (Yan et al., NeurIPS 2024): fakes by forty methods, most of FF++ and Celeb-DF."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import MANIPULATED, Kind, Sample
from unmask.datasets.tree import PICTURES, Tree, join, stem
from unmask.datasets.words import label_of, split_of

_DOMAINS = ("ff", "cdf")
_ASIDE = frozenset({"mask", "masks", "landmark", "landmarks"})
_PAIR = re.compile(r"^(\d{3})(?:_(\d{3}))?$")
_CELEBS = re.compile(r"^(id\d+)(?:_(id\d+))?_(\d+)")


def _recognise(tree: Tree) -> str:
    for name in tree.folders():
        domains = [one for one in tree.folders(name) if one in _DOMAINS]
        if domains:
            return f"it holds {join(name, domains[0])}"
    return ""


def _load(tree: Tree, draft: Draft) -> None:
    for method in tree.folders():
        for name in tree.folders(method):
            at, label = join(method, name), label_of(name)
            if name in _DOMAINS:
                _add_known(tree, draft, method, name, at)
            elif label is not None:
                for path, kind in _samples(tree, at):
                    draft.add(
                        Sample(
                            path,
                            label,
                            method=method,
                            kind=kind,
                        ),
                        f"its folder {at}",
                    )
            else:
                draft.notes.append(f"{at} was left out: it is neither ff, cdf, fake nor real")
    draft.notes.append("the real class of ff and cdf is in FaceForensics++ and Celeb-DF")


def _add_known(tree: Tree, draft: Draft, method: str, domain: str, at: str) -> None:
    for path, kind in _samples(tree, at):
        identities, source = _people(domain, stem(path) if kind != "frames-folder" else path)
        draft.add(
            Sample(
                path,
                MANIPULATED,
                method=method,
                split=next((split_of(part) for part in path.split("/") if split_of(part)), ""),
                identities=tuple(identities),
                source=source,
                kind=kind,
                attributes={"domain": domain},
            ),
            f"its folder {at}",
        )


def _samples(tree: Tree, at: str) -> Iterator[tuple[str, Kind]]:
    """Videos; pictures right in ``at``; and any folder of pictures under it, as frames."""
    for path in tree.files(at):
        yield path, "video"
    for path in tree.files(at, PICTURES, deep=False):
        yield path, "image"
    for folder in tree.picture_folders(at):
        if folder != at and not _ASIDE & set(folder.split("/")):
            yield folder, "frames-folder"


def _people(domain: str, path: str) -> tuple[list[str], str]:
    name = path.rsplit("/", 1)[-1]
    if domain == "ff" and (pair := _PAIR.match(name)):
        return [f"ff:{one}" for one in pair.groups() if one], f"ff:{pair[1]}"
    if domain == "cdf" and (celebs := _CELEBS.match(name)):
        people = [f"celeb-df:{one}" for one in celebs.groups()[:2] if one]
        return people, f"celeb-df:{celebs[1]}_{celebs[3]}"
    return [], ""


DF40 = Layout(
    name="df40",
    title="DF40",
    expects="<method>/{ff,cdf} with frames or videos, <method>/{fake,real} for nine methods",
    recognise=_recognise,
    load=_load,
    narrower=("folders",),
)
