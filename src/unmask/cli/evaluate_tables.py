"""Tables of ``unmask evaluate``. The document has every figure; here are those to look at first."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from unmask.cli.terminal import printable
from unmask.evaluation.card import shown
from unmask.evaluation.report import (
    TITLES,
    Comparison,
    Disagreement,
    Evaluation,
    Figure,
    Metrics,
)


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """Coverage, metrics at each level, decisions, methods, groups, comparisons."""
    found, scorer = evaluation.coverage, evaluation.scorer
    named = f"{scorer.name} {scorer.version}".strip()  # a file of scores has no version
    console.print(
        printable(
            f"{named} on {evaluation.data.name}: "
            f"{found.scored} of {found.files} files scored "
            f"({found.real_scored} of {found.real} real, "
            f"{found.manipulated_scored} of {found.manipulated} manipulated)"
        )
    )
    for reason in found.reasons:
        console.print(
            f"  {reason.real} real, {reason.manipulated} manipulated not scored: "
            f"{printable(reason.code)}"
        )
    console.print(_metrics(evaluation))
    console.print(_decisions(evaluation))
    if (all_files := evaluation.overall) is not None:
        console.print(
            f"Both classes weighing alike: decided {shown(all_files.decided)}, of these right "
            f"{shown(all_files.right_of_decided)}, of all files right {shown(all_files.right)}",
            highlight=False,
        )
    for title, rows in (("Method", evaluation.methods), ("Family", evaluation.families)):
        if rows:
            table = _table(
                title, "Files", "AUC (video)", TITLES["tpr_at_fpr_5"], "Called manipulated"
            )
            for row in rows:
                table.add_row(
                    printable(row.name),
                    f"{row.manipulated}" + (f" ({row.unscored} unscored)" if row.unscored else ""),
                    shown(row.auc),
                    shown(row.tpr_at_fpr_5),
                    shown(row.detected),
                )
            console.print(table)
    if evaluation.groups:
        table = _table("Group", "", "Real", "False positives", "Rate (video)")
        for group in evaluation.groups:
            table.add_row(
                printable(group.attribute),
                printable(group.value or "–"),
                f"{group.real}",
                f"{group.false_positives}",
                shown(group.false_positive_rate),
            )
        console.print(table)
    if evaluation.comparisons:
        console.print(_comparisons(evaluation.comparisons))
        if any(one.disagreements for one in evaluation.comparisons):
            console.print(_disagreements(evaluation.comparisons))


def _metrics(evaluation: Evaluation) -> Table:
    columns: list[tuple[str, Metrics]] = [
        ("Video level", evaluation.video),
        ("Video level, unscored as errors", evaluation.video_unscored_as_errors),
    ]
    if evaluation.frame is not None:
        columns.append(("Frame level", evaluation.frame))
    table = _table("95 % intervals", *(title for title, _ in columns))
    for name, title in TITLES.items():
        table.add_row(title, *(shown(getattr(metrics, name)) for _, metrics in columns))
    counts = [f"{one.real} real, {one.manipulated} manipulated" for _, one in columns]
    table.add_row("of", *counts)
    table.add_row("groups", *(f"{one.groups} ({evaluation.data.grouped_by})" for _, one in columns))
    return table


def _decisions(evaluation: Evaluation) -> Table:
    by = f"At {evaluation.thresholds.low:g} and {evaluation.thresholds.high:g} (video)"
    if evaluation.decided_by == "verdicts":
        by = "By its verdicts (video)"
    table = _table(by, "Files", "Correct", "Wrong", "Inconclusive", "Unscored")
    for row in evaluation.decisions:
        figures: Sequence[Figure] = (row.correct, row.wrong, row.abstained, row.unscored)
        name = "manipulated" if row.label else "real"
        table.add_row(name, f"{row.files}", *map(shown, figures))
    return table


def _comparisons(comparisons: Sequence[Comparison]) -> Table:
    tests = _tests("DeLong", comparisons)
    table = _table("Against (video)", "Files", "AUC", "Its AUC", "Difference", *tests)
    for one in comparisons:
        table.add_row(
            printable(one.name),
            f"{one.files}" + (f" ({one.left_out} left out)" if one.left_out else ""),
            f"{one.auc:.3f}",
            f"{one.other_auc:.3f}",
            shown(one.difference),
            *_chances(one)[: len(tests)],
        )
    return table


def _disagreements(comparisons: Sequence[Comparison]) -> Table:
    tests = _tests("McNemar", comparisons)
    table = _table(
        "Called manipulated (video)",
        "",
        "Files",
        "Here alone",
        "There alone",
        "Difference",
        *tests,
    )
    for one in comparisons:
        for row in one.disagreements:
            table.add_row(
                printable(one.name),
                "manipulated" if row.label else "real",
                f"{row.files}",
                f"{row.here_alone}",
                f"{row.there_alone}",
                shown(row.difference),
                *_chances(row)[: len(tests)],
            )
    return table


def _tests(name: str, comparisons: Sequence[Comparison]) -> list[str]:
    """Titles of the columns of :func:`_chances`; of one comparison there is nothing to correct."""
    titles = [f"p ({name})", "p (groups)"]
    return titles if len(comparisons) < 2 else [*titles, f"{name}, Holm", "groups, Holm"]


def _chances(one: Comparison | Disagreement) -> list[str]:
    found = one.p, one.p_over_groups, one.p_holm, one.p_over_groups_holm
    return ["–" if p is None else f"{p:.2g}" for p in found]


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, title in enumerate(titles):
        table.add_column(title, justify="left" if at == 0 else "right")
    return table
