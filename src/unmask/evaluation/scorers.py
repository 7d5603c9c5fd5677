"""What an evaluation says of the thing that gave the scores, and of the files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from unmask.datasets.index import Index
from unmask.evaluation.report import DataSet, Scorer
from unmask.pipeline import Analyser
from unmask.runtime.package import Manifest, ModelPackage, file_sha256


def scorer_of_model(analyser: Analyser) -> Scorer:
    """A model package with the options it looked with."""
    model, options = analyser.model, analyser.options
    told = options.model_dump(exclude={"thresholds", "default_thresholds"})
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
    return Scorer(kind="scores", name=path.stem, sha256=file_sha256(path))


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


def calibrated_on(manifest: Manifest, data: DataSet) -> list[str]:
    """Remarks where these are the files that the model's numbers were chosen on."""
    remarks = []
    if _same(manifest.metrics.get("calibration"), data):
        remarks.append(
            f"{manifest.name} was calibrated on these files: its thresholds, Brier score, "
            "log-loss and ECE look better here than they will elsewhere."
        )
    if _same(manifest.metrics.get("lower_threshold"), data):
        remarks.append(
            f"The lower threshold of {manifest.name} was chosen on these files: it passes fewer "
            "manipulated ones here than it will elsewhere."
        )
    if _same(manifest.metrics.get("upper_threshold"), data):
        remarks.append(
            f"The upper threshold of {manifest.name} was chosen on these files: it accuses fewer "
            "real ones here than it may elsewhere."
        )
    return remarks


def _same(told: object, data: DataSet) -> bool:
    if not isinstance(told, Mapping):
        return False
    same = (told.get("data"), told.get("sha256")) == (data.name, data.sha256)
    return same and (told.get("split") or data.split) == (data.split or told.get("split"))
