"""How far a model's probabilities can be relied on, from the evaluations in its package."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup
from pydantic import ValidationError

from unmask.evaluation.plots import reliability_plot
from unmask.evaluation.report import Evaluation, ReliabilityBin
from unmask.runtime.package import Manifest
from unmask.web.words import _, local


@dataclass(frozen=True, slots=True)
class Measured:
    """One evaluation. ``bins`` are those with files in them, ``plot`` is empty without any.

    ``ece`` is the expected calibration error, None where it was not measured.
    """

    name: str
    files: int
    ece: float | None
    bins: tuple[ReliabilityBin, ...]
    plot: Markup


def measured(manifest: Manifest) -> list[Measured]:
    """Those that are recorded and can be read, the oldest first."""
    recorded = manifest.metrics.get("evaluations")
    found = map(_read, recorded if isinstance(recorded, list) else [])
    return [_measured(one) for one in found if one is not None]


def _read(recorded: object) -> Evaluation | None:
    try:
        return Evaluation.model_validate(recorded, strict=False)
    except ValidationError:
        return None


def _measured(one: Evaluation) -> Measured:
    split = f" ({one.data.split})" if one.data.split else ""
    bins = tuple(row for row in one.reliability if row.files)
    return Measured(
        name=one.data.name + split,
        files=one.coverage.scored,
        ece=None if one.video.ece is None else one.video.ece.value,
        bins=bins,
        # What the plot holds of others' words it has escaped itself.
        plot=Markup(_localised(reliability_plot(bins, _words()))) if bins else Markup(),
    )


def _localised(plot: str) -> str:
    """Its figures as the reader's language writes them, also where a pointer brings them up."""
    seen = r">[\d.]+</text>|<title>[^<]*</title>"
    return re.sub(
        seen, lambda words: re.sub(r"\d+\.\d+", lambda one: local(one[0]), words[0]), plot
    )


def _words() -> tuple[str, str, str, str]:
    return (
        _("Reliability"),
        _("Mean P(manipulated) of the bin"),
        _("Share manipulated"),
        _("{files} files: mean {mean:.3f}, {share:.0%} manipulated"),
    )
