"""Changing a package on disk: its manifest and its card, never its graphs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from unmask.core.errors import DataError, ModelInvalid
from unmask.core.files import whole
from unmask.evaluation.card import MARK, model_card
from unmask.evaluation.report import Evaluation
from unmask.runtime.package import MANIFEST, Manifest, ModelPackage, file_sha256

CARD = "README.md"


def with_evaluation(manifest: Manifest, evaluation: Evaluation, graphs: dict[str, str]) -> Manifest:
    """The manifest with this evaluation among its metrics, in place of one of the same files.

    What only plots need is left out, but for the few bins of the reliability plot.
    :class:`DataError` where another model was evaluated, or the same with another calibration or
    other thresholds.
    """
    scorer = evaluation.scorer
    if scorer.kind != "model" or scorer.name != manifest.name or scorer.graphs != graphs:
        raise DataError(
            f"the evaluation is of {scorer.name} {scorer.version}, with other graphs than "
            f"{manifest.name} {manifest.version} has",
            hint="evaluate this package: unmask evaluate MODEL INDEX",
        )
    same = scorer.calibration == manifest.calibration.model_dump()
    if not same or evaluation.thresholds != manifest.thresholds:
        raise DataError(
            f"{manifest.name} was evaluated with another calibration or other thresholds than "
            "it has now",
            hint="evaluate it again, without --low and --high",
        )
    bulky = {"roc": (), "histogram": (), "real_sources": ()}
    kept = evaluation.model_copy(update=bulky).model_dump(mode="json", by_alias=True)
    others = [one for one in evaluations_of(manifest) if _which(one) != _which(kept)]
    return manifest.model_copy(
        update={"metrics": {**manifest.metrics, "evaluations": [*others, kept]}}
    )


def evaluations_of(manifest: Manifest) -> list[dict[str, Any]]:
    """The evaluations that the metrics hold."""
    found: list[dict[str, Any]] = manifest.metrics.get("evaluations", [])
    return found


def _which(evaluation: dict[str, Any]) -> tuple[str, str]:
    return evaluation["data"]["name"], evaluation["data"]["split"]


def card_is_generated(package: ModelPackage) -> bool:
    """Whether the package's card, if it has one, may be written anew."""
    return not package.card or MARK in package.card


def rewrite(package: ModelPackage, manifest: Manifest, *, card: bool) -> ModelPackage:
    """Put a manifest in the place of the package's, with a card generated from it.

    Hashes are those of the files as they then are. Whole or not at all: the card is replaced
    before the manifest that states its hash, and the old one put back if that fails.
    :class:`DataError` where the disk refuses, :class:`ModelAltered` where a graph is another.
    """
    package.verify()
    place = package.folder / CARD
    before = place.read_bytes() if place.exists() else None
    try:
        if card:
            _write(place, model_card(manifest))
        if place.exists():
            files = {**manifest.files, CARD: file_sha256(place)}
            manifest = manifest.model_copy(update={"files": files})
        try:
            text = manifest.model_dump_json(by_alias=True, indent=2) + "\n"
            _write(package.folder / MANIFEST, text)
        except BaseException:
            _restore(place, before)
            raise
    except OSError as error:
        raise DataError(
            f"cannot write into {package.folder}: {error.strerror or error}",
            hint="copy the package to a folder of your own and name that",
        ) from error
    changed = ModelPackage.load(package.folder)
    changed.verify()
    return changed


def copy_package(package: ModelPackage, folder: Path) -> ModelPackage:
    """The package in another folder, which must be absent or empty. :class:`DataError`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} is not empty", hint="name a folder that is not there yet")
    package.verify()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST, *package.manifest.files):
            shutil.copyfile(package.folder / name, folder / name)
        card = package.folder / CARD
        if card.exists():
            shutil.copyfile(card, folder / CARD)
    except OSError as error:
        raise DataError(
            f"cannot write into {folder}: {error.strerror or error}", hint="free space there"
        ) from error
    copied = ModelPackage.load(folder)
    if copied.manifest != package.manifest:
        raise ModelInvalid(f"{folder} does not hold what was copied", hint="check the disk")
    return copied


def _write(path: Path, text: str) -> None:
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def _restore(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)
