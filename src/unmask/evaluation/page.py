"""The evaluation as one page that needs nothing else: tables, and plots as inline SVG."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from unmask.evaluation import plots
from unmask.evaluation.extra import require_extra
from unmask.evaluation.report import TITLES, Evaluation


def render(evaluation: Evaluation) -> str:
    """The page. A pure function of the document. :class:`MissingExtra` without Jinja2."""
    require_extra("the page of an evaluation")
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    room = Environment(
        loader=PackageLoader("unmask.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    drawn: dict[str, Any] = _plots(evaluation)
    for name, plot in drawn.items():
        many = isinstance(plot, list)
        drawn[name] = [Markup(one) for one in plot] if many else Markup(plot)
    page = room.get_template("page.html")
    return page.render(e=evaluation, plots=drawn, titles=TITLES) + "\n"


def _plots(evaluation: Evaluation) -> dict[str, Any]:
    low, high = evaluation.thresholds.low, evaluation.thresholds.high
    by_distortion = groupby(evaluation.robustness, key=lambda row: row.distortion)
    return {
        "roc": plots.roc_plot(evaluation.roc),
        "reliability": (
            plots.reliability_plot(evaluation.reliability) if evaluation.reliability else ""
        ),
        "real": plots.histogram_plot(evaluation.histogram, 0),
        "fake": plots.histogram_plot(evaluation.histogram, 1),
        "sources": plots.sources_plot(evaluation.real_sources, low, high),
        "robustness": [plots.robustness_plot(list(rows)) for _, rows in by_distortion],
    }
