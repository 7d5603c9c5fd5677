"""ForgeryNet (He et al., CVPR 2021): lists of pictures and of videos with three labels each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.lists import malformed, read_lines
from unmask.datasets.sample import MANIPULATED, REAL, Sample
from unmask.datasets.tree import Tree, join, stem, tidy
from unmask.datasets.words import split_of

# The sixteen classes as the paper numbers them.
_METHODS = (
    "", "FaceShifter", "FS-GAN", "DeepFakes", "BlendFace", "MMReplacement",
    "DeepFakes-StarGAN-Stack", "Talking-head Video", "ATVG-Net", "StarGAN-BlendFace-Stack",
    "First Order Motion", "StyleGAN2", "MaskGAN", "StarGAN2", "SC-FEGAN", "DiscoFaceGAN",
)  # fmt: skip
_FAMILIES = ("", "identity-replaced", "identity-remained")
_LISTS = {"image_list.txt": "image", "video_list.txt": "video"}


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    segments: tuple[tuple[int, int, int], ...]
    binary: int
    triple: int
    method: int


def _recognise(tree: Tree) -> str:
    return f"it holds {found[0]}" if (found := _lists(tree)) else ""


def _lists(tree: Tree) -> list[str]:
    places = ["", *tree.folders()]
    return [join(at, name) for at in places for name in _LISTS if tree.has(join(at, name))]


def _load(tree: Tree, draft: Draft) -> None:
    found = _lists(tree)
    if not found:
        draft.lack(f"{tree.root} has no image_list.txt or video_list.txt", "download the lists")
    for place in found:
        at, _, name = place.rpartition("/")
        _load_list(tree, draft, at, place, _LISTS[name])


def _load_list(tree: Tree, draft: Draft, at: str, place: str, kind: str) -> None:
    path = tree.root / place
    missing, listed = [], 0
    for number, text in read_lines(path):
        line = _parse_video(path, number, text) if kind == "video" else _parse(path, number, text)
        listed += 1
        where = next((one for one in _candidates(at, kind, line.name) if tree.has(one)), None)
        if where is None:
            missing.append(line.name)
            continue
        facts = {"family": _FAMILIES[line.triple]} if line.triple else {}
        if line.segments:
            facts["segments"] = json.dumps(line.segments)
        draft.add(
            Sample(
                where,
                MANIPULATED if line.binary else REAL,
                method=_METHODS[line.method],
                split=split_of(at or tree.root.name),
                source=f"forgerynet:{stem(where)}" if not line.binary else "",
                kind="image" if kind == "image" else "video",
                attributes=facts,
            ),
            f"line {number} of {place}",
        )
    draft.lack_files(at, missing, listed, place)


def _candidates(at: str, kind: str, name: str) -> list[str]:
    return [join(join(at, folder) if folder else at, name) for folder in (kind, f"{kind}s", "")]


def _parse(path: Path, number: int, text: str) -> _Line:
    """``<name> <binary> <triple> <16 classes>``; the three labels must mean the same."""
    words = text.rsplit(maxsplit=3)
    if len(words) != 4 or not all(word.isdigit() for word in words[1:]):
        raise malformed(path, number, f"{text!r} is not '<name> <binary> <triple> <class>'")
    binary, triple, method = (int(word) for word in words[1:])
    if binary > 1 or triple >= len(_FAMILIES) or method >= len(_METHODS):
        raise malformed(path, number, f"the labels {binary} {triple} {method} are out of range")
    if not bool(binary) == bool(triple) == bool(method):
        raise malformed(
            path, number, f"the labels {binary} {triple} {method} disagree: 0 is real in each"
        )
    return _Line(tidy(words[0]), (), binary, triple, method)


def _parse_video(path: Path, number: int, text: str) -> _Line:
    """``<n> <name> [<start> <count> <label>]*n <binary> <triple> <16 classes>``."""
    line = _parse(path, number, text)
    words = text.rsplit(maxsplit=3)[0].split()
    count = int(words[0]) if words and words[0].isdigit() else -1
    numbers = words[len(words) - 3 * count :] if count > 0 else []
    name = " ".join(words[1 : len(words) - len(numbers)])
    if count < 0 or len(numbers) != 3 * count or not name or not all(map(str.isdigit, numbers)):
        raise malformed(path, number, f"{text!r} does not hold the segments that it counts")
    values = [int(word) for word in numbers]
    triples = zip(values[::3], values[1::3], values[2::3], strict=True)
    return _Line(tidy(name), tuple(triples), line.binary, line.triple, line.method)


FORGERYNET = Layout(
    name="forgerynet",
    title="ForgeryNet",
    expects="Training and Validation, each with image_list.txt or video_list.txt",
    recognise=_recognise,
    load=_load,
)
