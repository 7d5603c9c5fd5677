"""How good the model is, from the evaluations that its manifest carries.

They are read as plain data, entry by entry: a manifest may come from another version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unmask.core.language import _, local, ngettext
from unmask.evidence.document import Block, Paragraph, Table
from unmask.evidence.sections.format import number, whole
from unmask.evidence.text import shortened
from unmask.evidence.words import HOW_TO_READ

# Not of the fit: what was done to the package after it.
_APART = ("evaluations", "calibration", "lower_threshold", "upper_threshold", "int8")
_MOST = 40
_LONGEST = 1000


def measured(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """A table for each evaluation, then what else the manifest counts; or that there is nothing."""
    found = [_mapping(one) for one in _items(metrics.get("evaluations"))]
    if found:
        yield Paragraph(_(HOW_TO_READ), style="small")
    for one in found:
        yield from _evaluation(one)
    rest = {name: value for name, value in metrics.items() if name not in _APART}
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


def in_brief(metrics: Mapping[str, Any]) -> str:
    """What the model found and whom it accused when last measured, in counts; "" if not stated."""
    found = [_mapping(one) for one in _items(metrics.get("evaluations"))]
    rows = map(_mapping, _items(found[-1].get("decisions"))) if found else ()
    by_label = {row.get("label"): row for row in rows}
    real, fake = by_label.get(0, {}), by_label.get(1, {})
    if not (_int(real.get("files")) and _int(fake.get("files"))):
        return ""
    return _(
        "When measured on %(files)s files of known origin, this model called %(caught)s of "
        '%(manipulated)s manipulated ones manipulated and %(missed)s "no manipulation found", '
        "and %(accused)s of %(real)s real ones manipulated.",
        files=whole(_int(real.get("files")) + _int(fake.get("files"))),
        caught=_counted(fake, "correct"),
        manipulated=whole(_int(fake.get("files"))),
        missed=_counted(fake, "wrong"),
        accused=_counted(real, "wrong"),
        real=whole(_int(real.get("files"))),
    )


def _counted(decision: dict[str, Any], name: str) -> str:
    share = _mapping(decision.get(name)).get("value")
    files = _int(decision.get("files"))
    return whole(round(share * files)) if isinstance(share, float | int) else "–"


def _evaluation(one: dict[str, Any]) -> Iterator[Block]:
    data, video = _mapping(one.get("data")), _mapping(one.get("video"))
    name = shortened(str(data.get("name", "unnamed")), 80)
    rows = [
        ("AUC", _figure(video.get("auc"))),
        (_("Equal error rate"), _figure(video.get("eer"))),
        (_("Found at 1 % false alarms"), _figure(video.get("tpr_at_fpr_1"))),
        (_("Found at 5 % false alarms"), _figure(video.get("tpr_at_fpr_5"))),
    ]
    rows += list(_decisions(one))
    real, manipulated = _int(video.get("real")), _int(video.get("manipulated"))
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
    methods = [_mapping(row) for row in _items(one.get("methods"))]
    if methods:
        yield Table(
            (_("Method"), _("Files"), _("AUC against all real files"), _("Called manipulated")),
            tuple(
                (
                    shortened(str(row.get("name", "")), 60),
                    whole(_int(row.get("manipulated"))),
                    _figure(row.get("auc")),
                    _figure(row.get("detected")),
                )
                for row in methods[:_MOST]
            ),
            frozenset({1, 2, 3}),
            caption=_("By method of manipulation, on %(name)s.", name=name),
        )


def _decisions(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for decision in map(_mapping, _items(one.get("decisions"))):
        if decision.get("label") == 0:
            yield _("Untouched files called manipulated"), _figure(decision.get("wrong"))
        else:
            yield _("Manipulated files called manipulated"), _figure(decision.get("correct"))


def _figure(value: Any) -> str:
    """``0.912 (0.874 to 0.941)``, or a dash."""
    figure = _mapping(value)
    middle, low, high = (figure.get(name) for name in ("value", "low", "high"))
    if not isinstance(middle, float | int):
        return "–"
    if isinstance(low, float | int) and isinstance(high, float | int):
        return _(
            "%(value)s (%(low)s to %(high)s)",
            value=number(middle, 3),
            low=number(low, 3),
            high=number(high, 3),
        )
    return number(middle, 3)


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


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0
