"""FFIW-10K (Zhou et al., CVPR 2021): several people in a picture, one or more of them swapped."""

from __future__ import annotations

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import MANIPULATED, REAL, Sample
from unmask.datasets.tree import Tree, join, stem
from unmask.datasets.words import split_of

_SIDES = (("source", REAL), ("target", MANIPULATED))
_MASKS = "target_mask"


def _recognise(tree: Tree) -> str:
    for side, _ in _SIDES:
        if not any(split_of(name) for name in tree.folders(side)):
            return ""
    return "it holds source and target, each with train or val"


def _load(tree: Tree, draft: Draft) -> None:
    for side, label in _SIDES:
        for name in tree.folders(side):
            at, split = join(side, name), split_of(name)
            if not split:
                draft.notes.append(f"{at} was left out: it is neither train, val nor test")
                continue
            for path in tree.files(at):
                mask = join(_MASKS, path.split("/", 1)[1])
                facts = {"real_faces_too": "yes"} if label else {}
                if label and tree.has(mask):
                    facts["mask"] = mask
                draft.add(
                    Sample(
                        path,
                        label,
                        method="FFIW",
                        split=split,
                        source=f"ffiw:{split}/{stem(path)}",
                        attributes=facts,
                    ),
                    f"its folder {at}",
                )
    _check_pairs(tree, draft)


def _check_pairs(tree: Tree, draft: Draft) -> None:
    for split in tree.folders("target"):
        fakes = {stem(path) for path in tree.files(join("target", split))}
        reals = {stem(path) for path in tree.files(join("source", split))}
        if fakes and not reals:
            draft.lack(f"{tree.root} has target/{split} without source/{split}", "extract both")


FFIW = Layout(
    name="ffiw",
    title="FFIW-10K",
    expects="source/{train,val,test} and target/{train,val,test}",
    recognise=_recognise,
    load=_load,
)
