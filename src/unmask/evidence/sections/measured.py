"""How good the model is, from the evaluations that its manifest carries.

They are read as plain data, entry by entry: a manifest may come from another version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unmask.core.language import _, local, ngettext
from unmask.evidence.document import Block, Paragraph, Table
from unmask.evidence.format import number, whole
from unmask.evidence.plain import count, figure, items, mapping
from unmask.evidence.text import shortened
from unmask.evidence.words import HOW_TO_READ
from unmask.runtime.package import SINCE_FIT

_MOST = 40
_LONGEST = 1000


def measured(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """A table for each evaluation, then what else the manifest counts; or that there is nothing."""
    found = [mapping(one) for one in items(metrics.get("evaluations"))]
    if found:
        yield Paragraph(_(HOW_TO_READ), style="small")
    for one in found:
        yield from _evaluation(one)
    rest = {name: value for name, value in metrics.items() if name not in SINCE_FIT}
    rows = list(_flat(rest))
    if rows:
        caption = _counted_on(metrics)
        if len(rows) > _MOST:
            caption += " " + _("The first %(n)s of %(all)s.", n=_MOST, all=len(rows))
        yield Table(
            (_("Figures of the fitting itself"), _("Value")),
            tuple(rows[:_MOST]),
            frozenset({1}),
            caption=caption,
        )
    if not found and not rows:
        yield Paragraph(_("The package states no measurements of how well it does."))


def _counted_on(metrics: Mapping[str, Any]) -> str:
    if "calibration" not in metrics:
        return _("Counted on the clips that calibration and thresholds were fitted to.")
    return _(
        "Counted on clips that were held out of the fit. Calibration and thresholds were chosen "
        "later, on other files."
    )


def _evaluation(one: dict[str, Any]) -> Iterator[Block]:
    data, video = mapping(one.get("data")), mapping(one.get("video"))
    name = shortened(str(data.get("name", "unnamed")), 80)
    rows = [
        ("AUC", _figure(video.get("auc"))),
        (_("Equal error rate"), _figure(video.get("eer"))),
        (_("Found at 1 % false alarms"), _figure(video.get("tpr_at_fpr_1"))),
        (_("Found at 5 % false alarms"), _figure(video.get("tpr_at_fpr_5"))),
    ]
    rows += list(_decisions(one))
    real, manipulated = count(video.get("real")), count(video.get("manipulated"))
    yield Table(
        (_("Measured on %(name)s", name=name), _("Value, 95 % interval")),
        tuple(rows),
        frozenset({1}),
        caption=_(
            "With a score: %(real)s and %(manipulated)s. Files without one are left out here.",
            real=ngettext("%(num)s real file", "%(num)s real files", real),
            manipulated=ngettext(
                "%(num)s manipulated file", "%(num)s manipulated files", manipulated
            ),
        ),
    )
    methods = [mapping(row) for row in items(one.get("methods"))]
    if methods:
        yield Table(
            (_("Method"), _("Files"), _("AUC against all real files"), _("Called manipulated")),
            tuple(
                (
                    shortened(str(row.get("name", "")), 60),
                    whole(count(row.get("manipulated"))),
                    _figure(row.get("auc")),
                    _figure(row.get("detected")),
                )
                for row in methods[:_MOST]
            ),
            frozenset({1, 2, 3}),
            caption=_("By method of manipulation, on %(name)s.", name=name),
        )


def _decisions(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for decision in map(mapping, items(one.get("decisions"))):
        if decision.get("label") == 0:
            yield _("Untouched files called manipulated"), _figure(decision.get("wrong"))
        else:
            yield _("Manipulated files called manipulated"), _figure(decision.get("correct"))


def _figure(value: Any) -> str:
    """``0.912 (0.874 to 0.941)``, or a dash."""
    middle, low, high = (figure(mapping(value).get(name)) for name in ("value", "low", "high"))
    if middle is None:
        return "–"
    if low is None or high is None:
        return number(middle, 3)
    return _(
        "%(value)s (%(low)s to %(high)s)",
        value=number(middle, 3),
        low=number(low, 3),
        high=number(high, 3),
    )


def _flat(metrics: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as ``outer: inner`` and their text."""
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}: ")
        else:
            text = local(f"{value:,}") if isinstance(value, int | float) else str(value)
            if not text or len(text) > _LONGEST:
                continue  # hashes of every file: no reader of a report looks them up
            yield shortened(f"{before}{name}", 80), shortened(text, 64)
