"""DF40 (Yan et al., NeurIPS 2024): fakes by forty methods, most of FF++ and Celeb-DF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.layouts.naming import of_celeb_df, of_faceforensics
from unmask.datasets.sample import MANIPULATED, Kind, Sample
from unmask.datasets.tree import PICTURES, Tree, join, stem
from unmask.datasets.words import label_of, split_of

_DOMAINS = {"ff": of_faceforensics, "cdf": of_celeb_df}
_ASIDE = frozenset({"mask", "masks", "landmark", "landmarks"})


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
        name = PurePosixPath(path).name if kind == "frames-folder" else stem(path)
        identities, source = _DOMAINS[domain](name)
        draft.add(
            Sample(
                path,
                MANIPULATED,
                method=method,
                split=next((split_of(part) for part in path.split("/") if split_of(part)), ""),
                identities=identities,
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


DF40 = Layout(
    name="df40",
    title="DF40",
    expects="<method>/{ff,cdf} with frames or videos, <method>/{fake,real} for nine methods",
    recognise=_recognise,
    load=_load,
    narrower=("folders",),
)
