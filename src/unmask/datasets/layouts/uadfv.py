"""UADFV (Yang et al., ICASSP 2019): 49 recordings and a fake of each."""

from __future__ import annotations

import re

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.sample import MANIPULATED, REAL, Sample
from unmask.datasets.tree import Tree, stem

_REAL, _FAKE = re.compile(r"^(\d+)$"), re.compile(r"^(\d+)_fake$")


def _recognise(tree: Tree) -> str:
    real, fake = tree.folder("", "real"), tree.folder("", "fake")
    if real is None or fake is None:
        return ""
    fakes = tree.peek(fake)
    if not fakes or not all(_FAKE.match(stem(path)) for path in fakes):
        return ""
    return f"it holds real and {fakes[0]}, named as in UADFV"


def _load(tree: Tree, draft: Draft) -> None:
    numbers: dict[int, set[str]] = {REAL: set(), MANIPULATED: set()}
    for name, label, pattern in (("real", REAL, _REAL), ("fake", MANIPULATED, _FAKE)):
        place = tree.folder("", name)
        if place is None:
            draft.lack(f"{tree.root} has no folder {name}", "extract the archive again")
            continue
        for path in tree.files(place):
            named = pattern.match(stem(path))
            if named is None:
                draft.notes.append(f"{path} was left out: it is not named as a file of UADFV")
                continue
            numbers[label].add(named[1])
            source = f"uadfv:{named[1]}"
            draft.add(
                Sample(
                    path,
                    label,
                    method="FakeApp",
                    source=source,
                ),
                f"its folder {place}",
            )
    if alone := numbers[REAL] ^ numbers[MANIPULATED]:
        draft.lack(
            f"{tree.root}: {len(alone)} recordings have no counterpart, {min(alone)} first",
            "extract real and fake again",
        )


UADFV = Layout(
    name="uadfv",
    title="UADFV",
    expects="real/<n>.mp4 and fake/<n>_fake.mp4",
    recognise=_recognise,
    load=_load,
    narrower=("folders",),
)
