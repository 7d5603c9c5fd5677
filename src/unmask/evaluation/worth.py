"""What a model's answers were worth when last measured, in the few figures a reader needs."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from unmask.evaluation.report import Decisions, Evaluation, Figure
from unmask.runtime.package import Manifest


@dataclass(frozen=True, slots=True)
class Worth:
    """Counts of files of known label, of the last evaluation that a package records.

    ``caught`` of ``manipulated`` were called manipulated, ``missed`` got "no manipulation found";
    ``accused`` of ``real`` were called manipulated. ``auc`` is NaN where it is undefined.
    """

    data: str
    manipulated: int
    caught: int
    missed: int
    real: int
    accused: int
    auc: float


def worth(manifest: Manifest) -> Worth | None:
    """None where no evaluation of both classes is recorded, or what is recorded cannot be read."""
    recorded = manifest.metrics.get("evaluations")
    if not isinstance(recorded, list) or not recorded:
        return None
    try:
        last = Evaluation.model_validate(recorded[-1], strict=False)
    except ValidationError:
        return None
    rows = {row.label: row for row in last.decisions}
    real, fake = rows.get(0), rows.get(1)
    if real is None or fake is None or not (real.files and fake.files):
        return None
    auc = last.video.auc.value
    return Worth(
        data=last.data.name,
        manipulated=fake.files,
        caught=_count(fake.correct, fake),
        missed=_count(fake.wrong, fake),
        real=real.files,
        accused=_count(real.wrong, real),
        auc=float("nan") if auc is None else auc,
    )


def _count(share: Figure, row: Decisions) -> int:
    return round((share.value or 0.0) * row.files)
