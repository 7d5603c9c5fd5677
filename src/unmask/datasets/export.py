"""Writing DeepfakeBench's JSON, so that its detectors can run on what was indexed here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from unmask.core.errors import DataError
from unmask.core.files import whole
from unmask.datasets.index import Index
from unmask.datasets.layouts.deepfakebench import COMPRESSED, FF_LABELS
from unmask.datasets.opening import frame_files
from unmask.datasets.sample import INSIDE, MANIPULATED, Sample

_SETS = {
    "faceforensics": "FaceForensics++",
    "dfd": "DeepFakeDetection",
    "celeb-df": "Celeb-DF-v2",
    "dfdc": "DFDC",
    "dfdc-preview": "DFDCP",
    "deeperforensics": "DeeperForensics-1.0",
    "uadfv": "UADFV",
}
# What their label table holds: (real, manipulated); others are <set>_Real and <set>_Fake.
_LABELS = {
    "FaceForensics++": ("FF-real", ""),
    "DeepFakeDetection": ("DFD_real", "DFD_fake"),
    "Celeb-DF-v1": ("CelebDFv1_real", "CelebDFv1_fake"),
    "Celeb-DF-v2": ("CelebDFv2_real", "CelebDFv2_fake"),
    "DeeperForensics-1.0": ("DF_real", "DF_fake"),
}
_FF = {method: label for label, method in reversed(FF_LABELS.items())}


def export_deepfakebench(index: Index, folder: Path) -> list[Path]:
    """Write ``<SET>.json`` for each set in the index into ``folder``; the paths are returned.

    Frames are listed relative to the index's root. What has no split goes to ``test``, the only
    split nothing is fitted on. :class:`DataError` for videos: DeepfakeBench reads frames.
    """
    videos = [sample for sample in index if sample.kind == "video" or INSIDE in sample.path]
    if videos:
        raise DataError(
            f"DeepfakeBench reads folders of frames, and {len(videos)} of {len(index)} samples "
            f"are videos or in archives, {videos[0].path} first",
            hint="extract their frames with DeepfakeBench's preprocessing, and index those",
        )
    documents: dict[str, dict[str, Any]] = {}
    names: Counter[tuple[str, ...]] = Counter()
    for sample in index:
        dataset = _SETS.get(sample.dataset, sample.dataset)
        label = _label(dataset, sample)
        splits = documents.setdefault(dataset, {}).setdefault(
            label, {"train": {}, "val": {}, "test": {}}
        )
        place = splits[sample.split or "test"]
        if dataset in COMPRESSED:
            place = place.setdefault(sample.compression or "c23", {})
        name = sample.attributes.get("video") or PurePosixPath(sample.path).stem
        names[dataset, label, name] += 1
        if name in place:  # the same name in two folders is two videos
            name = f"{name}__{names[dataset, label, name]}"
        place[name] = {"label": label, "frames": _frames(index.root, sample)}
    return [
        _write(folder / f"{dataset}.json", {dataset: documents[dataset]}) for dataset in documents
    ]


def _label(dataset: str, sample: Sample) -> str:
    real, fake = _LABELS.get(dataset, (f"{dataset}_Real", f"{dataset}_Fake"))
    if sample.label != MANIPULATED:
        return real
    if dataset in ("FaceForensics++", *FF_LABELS) and sample.method in _FF:
        return _FF[sample.method]
    if dataset == "DFDCP":
        return "DFDCP_FakeA" if sample.method.endswith("A") else "DFDCP_FakeB"
    return fake or f"{dataset}_Fake"


def _frames(root: Path, sample: Sample) -> list[str]:
    if sample.kind == "image":
        return [sample.path]
    return [f"{sample.path}/{frame.name}" for frame in frame_files(root / sample.path, sample)]


def _write(path: Path, document: dict[str, Any]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror or error}", hint="free space, or another --out"
        ) from error
    return path
