"""The work of ``unmask models card --write``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from unmask.cli import exits
from unmask.cli.terminal import note
from unmask.core.errors import DataError, UsageError
from unmask.evaluation.packages import CARD, rewrite, with_evaluation
from unmask.evaluation.report import EVALUATION_SCHEMA, Evaluation
from unmask.evaluation.scorers import graphs_of
from unmask.runtime import find_package


def write_card(model: str | None, evaluations: Sequence[str], *, write: bool) -> int:
    """Record the evaluations in the package and write its card."""
    if not write:
        raise UsageError("--evaluation changes the package", hint="say so with --write")
    package = find_package(model)
    manifest = package.manifest
    for path in map(Path, evaluations):
        manifest = with_evaluation(manifest, _read(path), graphs_of(package))
    changed = rewrite(package, manifest, card=True)
    note(f"{changed.folder / CARD} is written")
    return exits.DONE


def _read(path: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}",
            hint="it is the evaluation.json that 'unmask evaluate' writes",
        ) from error
    except ValidationError as error:
        raise DataError(
            f"{path} is no document of {EVALUATION_SCHEMA}: {error.errors()[0]['msg']}",
            hint="it is the evaluation.json that 'unmask evaluate' writes",
        ) from error
