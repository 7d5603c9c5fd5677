"""DeeperForensics-1.0 (Jiang et al., CVPR 2020): fakes only, on FaceForensics++ recordings."""

from __future__ import annotations

import re

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.lists import malformed, read_lines
from unmask.datasets.sample import MANIPULATED, Sample, Split
from unmask.datasets.tree import Tree, join, tidy

_FAKES, _ACTORS, _LISTS = "manipulated_videos", "source_videos", "lists/splits"
_NAMED = re.compile(r"^(\d{3})_([MW]\d+)\.mp4$", re.IGNORECASE)
_SPLITS: tuple[Split, ...] = ("train", "val", "test")


def _recognise(tree: Tree) -> str:
    return f"it holds {_FAKES} in variants" if tree.folders(_FAKES) else ""


def _load(tree: Tree, draft: Draft) -> None:
    splits = _read_splits(tree, draft)
    for variant in tree.folders(_FAKES):
        at = join(_FAKES, variant)
        here = set()
        for path in tree.files(at):
            name = path.rsplit("/", 1)[-1]
            named = _NAMED.match(name)
            if named is None:
                draft.notes.append(f"{path} was left out: it is not named <target>_<actor>.mp4")
                continue
            here.add(name)
            draft.add(
                Sample(
                    path,
                    MANIPULATED,
                    method="DF-VAE",
                    split=splits[name][0] if name in splits else "",
                    identities=(
                        f"ff:{named[1]}",
                        f"deeperforensics:{named[2].upper()}",
                    ),
                    source=f"ff:{named[1]}",
                    attributes={"variant": variant},
                ),
                f"its folder {at}",
            )
        draft.lack_files(at, sorted(set(splits) - here), len(splits), _LISTS)
    draft.notes.append(
        "there are no real videos here: the real class is FaceForensics++ c23 (source_videos are "
        "the donors' recordings, another camera and light than any fake, and were left out)"
    )


def _read_splits(tree: Tree, draft: Draft) -> dict[str, tuple[Split, str]]:
    found: dict[str, tuple[Split, str]] = {}
    for split in _SPLITS:
        place = f"{_LISTS}/{split}.txt"
        if not tree.has(place):
            draft.lack(f"{tree.root} has no {place}", "extract the archive 'lists' beside it")
            continue
        for number, line in read_lines(tree.root / place):
            name = tidy(line).rsplit("/", 1)[-1]
            if not _NAMED.match(name):
                raise malformed(tree.root / place, number, f"{line!r} is not <target>_<actor>.mp4")
            before = found.setdefault(name, (split, place))
            if before[0] != split:
                draft.disagree(f"{_FAKES}/…/{name}", split, place, *before)
    return found


DEEPERFORENSICS = Layout(
    name="deeperforensics",
    title="DeeperForensics-1.0",
    expects=f"{_FAKES}/<variant>, {_LISTS}/train.txt, val.txt, test.txt",
    recognise=_recognise,
    load=_load,
)
