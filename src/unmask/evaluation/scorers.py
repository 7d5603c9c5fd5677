"""What an evaluation says of the thing that gave the scores, and of the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from unmask.datasets.index import Index
from unmask.datasets.met import FILE, PERSON, RECORDING, Marks, counted
from unmask.evaluation.report import DataSet, Scorer
from unmask.evaluation.score_log import OURS
from unmask.pipeline import Analyser
from unmask.runtime.package import Manifest, ModelPackage, file_sha256


def scorer_of_model(analyser: Analyser) -> Scorer:
    """A model package with the options it looked with."""
    model, options = analyser.model, analyser.options
    # What was not asked for, such as a part of a film alone, is left out.
    told = options.model_dump(exclude={"thresholds", "default_thresholds"}, exclude_none=True)
    return Scorer(
        kind="model",
        name=model.name,
        version=model.version,
        sha256=model.sha256,
        graphs=graphs_of(analyser.package),
        calibration=analyser.package.manifest.calibration.model_dump(),
        options=told,
    )


def graphs_of(package: ModelPackage) -> dict[str, str]:
    """The hashes of what computes, which a card or a calibration does not change."""
    return {name: sha for name, sha in package.manifest.files.items() if name.endswith(".onnx")}


def scorer_of_scores(path: Path) -> Scorer:
    """Somebody's file of scores."""
    ((_, name),) = called([path])
    return Scorer(kind="scores", name=name, sha256=file_sha256(path))


def called(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Files of scores by names that tell them apart: their own, or whole paths where two share one.

    Those of our evaluations are all named alike, and are called after their folders.
    """
    names = [path.resolve().parent.name if path.name == OURS else path.stem for path in paths]
    return [
        (path, name if names.count(name) == 1 else str(path))
        for path, name in zip(paths, names, strict=True)
    ]


def data_set(path: Path, index: Index, split: str, files: int) -> DataSet:
    """What was scored; how it is grouped is filled in later."""
    return DataSet(
        name=path.name,
        sha256=file_sha256(path) if path.is_file() else "",
        layout=index.layout,
        split=split,
        files=files,
        grouped_by="",
        groups=0,
    )


def fitted_on(manifest: Manifest, files: Sequence[Marks]) -> str:
    """Which of these files the model was fitted on, in words; "" where none that is known."""
    return _which(counted(files, manifest.training.fitted_on), len(files))


def met_before(manifest: Manifest, data: DataSet, files: Sequence[Marks]) -> list[str]:
    """Remarks where the model was fitted on some of these files, or its numbers chosen by them."""
    made, name = manifest.training, manifest.name
    remarks = []
    if which := fitted_on(manifest, files):
        remarks.append(
            f"{name} was fitted on {which}: what it learnt by heart counts as told here."
        )
    if which := _which(counted(files, made.held_out), len(files)):
        remarks.append(
            f"The steps, calibration and thresholds of {name} were chosen on {which}: it looks "
            "better here than it will elsewhere."
        )
    for chosen, remark in _CHOSEN.items():
        told = manifest.metrics.get(chosen)
        if isinstance(told, Mapping) and (which := _chosen_on(told, data, files)):
            remarks.append(remark.format(name=name, which=which))
    return remarks


_CHOSEN = {
    "calibration": "{name} was calibrated on {which}: its thresholds, Brier score, log-loss and "
    "ECE look better here than they will elsewhere.",
    "lower_threshold": "The lower threshold of {name} was chosen on {which}: it passes fewer "
    "manipulated ones here than it will elsewhere.",
    "upper_threshold": "The upper threshold of {name} was chosen on {which}: it accuses fewer real "
    "ones here than it may elsewhere.",
}


def _chosen_on(told: Mapping[str, object], data: DataSet, files: Sequence[Marks]) -> str:
    met = told.get("files")
    if isinstance(met, str):
        return _which(counted(files, met), len(files))
    # Of packages that do not say which files: whether the list or the index is the same.
    same = (told.get("data"), told.get("sha256")) == (data.name, data.sha256)
    same = same and (told.get("split") or data.split) == (data.split or told.get("split"))
    return _THESE if same else ""


_THESE = "these files"


def _which(met: Counter[str], files: int) -> str:
    """In words; "" where none of them was met."""
    if met[FILE] == files:
        return _THESE
    words = {
        FILE: f"{met[FILE]} of these files",
        RECORDING: f"other files of the recordings of {met[RECORDING]}",
        PERSON: f"other recordings of the people in {met[PERSON]}",
    }
    found = [text for kind, text in words.items() if met[kind]]
    return f"{' and '.join(found)} (of {files}, by their names)" if found else ""
