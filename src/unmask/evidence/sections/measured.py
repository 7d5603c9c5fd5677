"""How good the model is, from the evaluations that its manifest carries.

They are read as plain data, entry by entry: a manifest may come from another version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unmask.evidence.document import Block, Paragraph, Table
from unmask.evidence.sections.format import plural
from unmask.evidence.text import shortened

_APART = ("evaluations", "calibration")
_FIGURES = (
    ("AUC", "auc"),
    ("Equal error rate", "eer"),
    ("Found at 1 % false alarms", "tpr_at_fpr_1"),
    ("Found at 5 % false alarms", "tpr_at_fpr_5"),
)
_MOST = 40


def measured(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """A table for each evaluation, then what else the manifest counts; or that there is nothing."""
    found = [_mapping(one) for one in _items(metrics.get("evaluations"))]
    for one in found:
        yield from _evaluation(one)
    rest = {name: value for name, value in metrics.items() if name not in _APART}
    rows = list(_flat(rest))
    if rows:
        more = "" if len(rows) <= _MOST else f" The first {_MOST} of {len(rows)}."
        yield Table(
            ("Figures of the fitting itself", "Value"),
            tuple(rows[:_MOST]),
            frozenset({1}),
            caption="Counted on the clips that calibration and thresholds were fitted to." + more,
        )
    if not found and not rows:
        yield Paragraph("The package states no measurements of how well it does.")


def _evaluation(one: dict[str, Any]) -> Iterator[Block]:
    data, video = _mapping(one.get("data")), _mapping(one.get("video"))
    name = shortened(str(data.get("name", "unnamed")), 80)
    rows = [(words, _figure(video.get(key))) for words, key in _FIGURES]
    rows += list(_decisions(one))
    counts = (
        f"{plural(_int(video.get('real')), 'real file')} and "
        f"{plural(_int(video.get('manipulated')), 'manipulated file')} with a score"
    )
    yield Table(
        (f"Measured on {name}", "Value, 95 % interval"),
        tuple(rows),
        frozenset({1}),
        caption=f"{counts}. Files without a score are left out here.",
    )
    methods = [_mapping(row) for row in _items(one.get("methods"))]
    if methods:
        yield Table(
            ("Method", "Files", "AUC against all real files", "Called manipulated"),
            tuple(
                (
                    shortened(str(row.get("name", "")), 60),
                    f"{_int(row.get('manipulated')):,}",
                    _figure(row.get("auc")),
                    _figure(row.get("detected")),
                )
                for row in methods[:_MOST]
            ),
            frozenset({1, 2, 3}),
            caption=f"By method of manipulation, on {name}.",
        )


def _decisions(one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for decision in map(_mapping, _items(one.get("decisions"))):
        if decision.get("label") == 0:
            yield "Untouched files called manipulated", _figure(decision.get("wrong"))
        else:
            yield "Manipulated files called manipulated", _figure(decision.get("correct"))


def _figure(value: Any) -> str:
    """``0.912 (0.874 to 0.941)``, or a dash."""
    figure = _mapping(value)
    middle, low, high = (figure.get(name) for name in ("value", "low", "high"))
    if not isinstance(middle, float | int):
        return "–"
    if isinstance(low, float | int) and isinstance(high, float | int):
        return f"{middle:.3f} ({low:.3f} to {high:.3f})"
    return f"{middle:.3f}"


def _flat(metrics: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as ``outer: inner`` and their text."""
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}: ")
        else:
            text = f"{value:,}" if isinstance(value, int) else str(value)
            yield shortened(f"{before}{name}", 80), shortened(text, 60)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0
