"""DeepfakeBench's JSON (Yan et al., NeurIPS 2023): frames by set, label, split and video."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from unmask.core.errors import DataError
from unmask.datasets.draft import Draft
from unmask.datasets.layouts.base import Layout
from unmask.datasets.layouts.naming import Told, of_celeb_df, of_dfd, of_faceforensics
from unmask.datasets.lists import read_json
from unmask.datasets.sample import MANIPULATED, REAL, Sample, Split
from unmask.datasets.tree import Tree, join, tidy
from unmask.datasets.words import split_of

# These alone have a level for the compression.
COMPRESSED = frozenset(
    {"FaceForensics++", "FF-DF", "FF-F2F", "FF-FS", "FF-NT", "DeepFakeDetection", "FaceShifter"}
)
FF_LABELS = {
    "FF-DF": "Deepfakes",
    "FF-F2F": "Face2Face",
    "FF-FS": "FaceSwap",
    "FF-NT": "NeuralTextures",
    "FF-SH": "FaceShifter",
    "FF-FH": "FaceShifter",
}
_LEVELS = ("raw", "c0", "c23", "c40")
_YOUTUBE = "YouTube-real"
_PLACES = ("", "dataset_json", "preprocessing/dataset_json")
_ROOTS = ("", "rgb", "datasets", "datasets/rgb")
# Where a video stands in several splits, it is kept for the one that nothing may be fitted on.
_RANK: dict[Split, int] = {"test": 3, "val": 2, "train": 1, "": 0}


@dataclass(frozen=True, slots=True)
class _Video:
    dataset: str
    label: str
    split: Split
    compression: str
    name: str
    frames: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where its frames lie."""
        return str(PurePosixPath(self.frames[0]).parent)


def _recognise(tree: Tree) -> str:
    for at in _PLACES:
        for path in tree.files(at, frozenset({".json"}), deep=False):
            if _looks_alike(tree.root / path):
                return f"{path} is a list of DeepfakeBench"
    return ""


def _looks_alike(path: Path) -> bool:
    """By its first bytes alone: these files are large."""
    with path.open("rb") as stream:
        head = stream.read(400).decode("utf-8", "replace")
    return bool(re.match(r'\s*\{\s*"[^"]+"\s*:\s*\{\s*"[^"]+"\s*:\s*\{\s*"(train|val|test)"', head))


def _load(tree: Tree, draft: Draft) -> None:
    base = None
    chosen: dict[tuple[str, ...], _Video] = {}
    several: Counter[str] = Counter()
    for at in _PLACES:
        for path in tree.files(at, frozenset({".json"}), deep=False):
            if not _looks_alike(tree.root / path):
                continue
            for video in _videos(tree.root / path):
                if not video.frames:
                    draft.notes.append(f"{path}: {video.name} has no frames and was left out")
                    continue
                base = base if base is not None else _base(tree, video, path)
                _choose(video, chosen, several)
    for dataset, count in sorted(several.items()):
        draft.notes.append(
            f"{count} videos of {dataset} stand in several splits and were kept in the last of "
            "train, val, test"
        )
    missing = [
        video.name for video in chosen.values() if not tree.has(join(base or "", video.folder))
    ]
    for video in chosen.values():
        if tree.has(join(base or "", video.folder)):
            _add(video, base or "", draft)
    draft.lack_files("", missing, len(chosen), "the JSON")


def _videos(path: Path) -> Iterator[_Video]:
    for dataset, labels in _objects(path, read_json(path), "the whole"):
        for label, splits in _objects(path, labels, dataset):
            for word, videos in _objects(path, splits, f"{dataset}/{label}"):
                where = f"{dataset}/{label}/{word}"
                if not split_of(word):
                    raise DataError(f"{path}: {where} should be train, val or test")
                for level, inner in _levels(path, videos, where):
                    for name, facts in _objects(path, inner, where):
                        yield _video(path, dataset, label, split_of(word), level, name, facts)


def _objects(path: Path, value: Any, where: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise DataError(f"{path}: {where} should be an object", hint="make the JSON again")
    return list(value.items())


def _levels(path: Path, videos: Any, where: str) -> list[tuple[str, Any]]:
    names = _objects(path, videos, where)
    if names and all(name in _LEVELS for name, _ in names):
        return names
    return [("", videos)]


def _video(
    path: Path, dataset: str, label: str, split: Split, level: str, name: str, facts: Any
) -> _Video:
    frames = facts.get("frames") if isinstance(facts, dict) else None
    if not isinstance(frames, list) or not all(isinstance(one, str) for one in frames):
        raise DataError(f"{path}: {dataset}/{label}/{name} has no list of frames")
    inner = str(facts.get("label", label))
    if label_of_bench(inner, path) != label_of_bench(label, path):
        raise DataError(
            f"{path}: {name} stands under {label!r} and says its label is {inner!r}",
            hint="find out which is right and correct the other; nothing was written",
        )
    ordered = sorted((tidy(one) for one in frames), key=_number)
    return _Video(dataset, label, split, level, name.replace("\\", "/"), tuple(ordered))


def _number(frame: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", PurePosixPath(frame).stem)
    return (int(digits) if digits else -1, frame)


def label_of_bench(label: str, path: Path) -> int:
    """``FF-real`` and ``DFDCP_FakeA`` to 0 and 1; :class:`DataError` for what says neither."""
    real = "real" in label.casefold()
    fake = "fake" in label.casefold() or label in FF_LABELS
    if real == fake:
        raise DataError(
            f"{path}: the label {label!r} says neither or both of real and fake",
            hint="labels hold 'real' or 'fake', or are FF-DF, FF-F2F, FF-FS, FF-NT, FF-SH",
        )
    return REAL if real else MANIPULATED


def _base(tree: Tree, video: _Video, path: str) -> str:
    """The folder under the root to which the listed paths are relative."""
    for at in _ROOTS:
        if tree.has(join(at, video.frames[0])):
            return at
    raise DataError(
        f"{tree.root / path} lists {video.frames[0]}, which is not under {tree.root}",
        hint="give the folder under which DeepfakeBench's frames lie, the JSON in it or in its "
        "dataset_json",
    )


def _choose(video: _Video, chosen: dict[tuple[str, ...], _Video], several: Counter[str]) -> None:
    # The folder of the frames, whole: its last name alone is the same for four fakes of FF++.
    key = (video.folder, video.name)
    before = chosen.get(key)
    if before is None:
        chosen[key] = video
        return
    if before.split != video.split:
        several[video.dataset] += 1
    if _RANK[video.split] > _RANK[before.split]:
        chosen[key] = video


def _add(video: _Video, base: str, draft: Draft) -> None:
    label = label_of_bench(video.label, draft.tree.root)
    identities, source = _told(video)
    if label == REAL:
        source = source or f"{video.dataset}:{video.name}"
    names = [PurePosixPath(frame).name for frame in video.frames]
    sample = Sample(
        path=join(base, video.folder),
        label=label,
        dataset=video.dataset,
        method=FF_LABELS.get(video.label, video.label),
        split=video.split,
        compression="raw" if video.compression == "c0" else video.compression,
        kind="frames-folder",
        identities=identities,
        source=source,
        attributes={"video": video.name, "frames": json.dumps(names)},
    )
    draft.add(sample, f"{video.dataset}/{video.label}")


def _told(video: _Video) -> Told:
    """By names that hold in every copy of these sets: else nobody is seen to stand in two."""
    if video.dataset == "DeepFakeDetection":
        return of_dfd(video.name)
    if video.dataset in COMPRESSED:
        return of_faceforensics(video.name)
    if not video.dataset.startswith("Celeb-DF"):
        return (), ""
    identities, source = of_celeb_df(video.name)
    if not source and _YOUTUBE in PurePosixPath(video.folder).parts:
        source = f"celeb-df:{_YOUTUBE}/{video.name}"
    return identities, source


DEEPFAKEBENCH = Layout(
    name="deepfakebench",
    title="DeepfakeBench JSON",
    expects="<SET>.json (or dataset_json/<SET>.json) beside the folders of frames that it lists",
    recognise=_recognise,
    load=_load,
    narrower=("df40", "faceforensics", "dfd", "celeb-df", "celeb-df++"),
)
