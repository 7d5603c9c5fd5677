"""Tables of ``unmask data``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from unmask.cli.terminal import printable
from unmask.datasets import LAYOUTS, MANIPULATED, Index
from unmask.datasets.opening import MOVED
from unmask.datasets.prepare import Prepared
from unmask.datasets.report import CheckReport, Leak

_SHOWN = 10  # of each kind of finding; --json has them all
_KINDS = {
    "hash": "the same file in several splits",
    "source": "the same recording in several splits",
    "identity": "the same person in several splits",
}


def print_layouts(console: Console) -> None:
    """Names, titles and what to expect."""
    table = _table("Layout", "Data set", "Its root holds")
    for layout in LAYOUTS.values():
        table.add_row(layout.name, layout.title, layout.expects)
    console.print(table)


def print_counts(console: Console, index: Index) -> None:
    """Samples of an index by set, split and method."""
    counted = Counter((one.dataset, one.split, one.method, one.label) for one in index)
    rows = [
        (dataset, split, method, 0 if label else count, count if label else 0)
        for (dataset, split, method, label), count in sorted(counted.items())
    ]
    console.print(_balance(rows))


def print_check(console: Console, report: CheckReport) -> None:
    """Balance, then each kind of finding, then the verdict in one line."""
    rows = [(b.dataset, b.split, b.method, b.real, b.manipulated) for b in report.balance]
    console.print(_balance(rows))
    for kind, title in _KINDS.items():
        _print_leaks(console, title, [leak for leak in report.leaks if leak.kind == kind])
    for title, same in (
        ("the same file labelled real and manipulated", report.disagreements),
        ("the same file more than once in one class", report.duplicates),
    ):
        _print_list(console, title, [" = ".join(one.paths) for one in same])
    for title, faults in (("absent", report.missing), ("unreadable", report.unreadable)):
        _print_list(console, title, [fault.message for fault in faults])
    if report.missing:
        console.print(MOVED)
    if report.hashed < report.samples:
        left = report.samples - report.hashed
        console.print(f"{left} samples have no hash and were not compared by it")
    if report.without_split:
        console.print(f"{report.without_split} samples are in no split and were not compared")
    if report.unsound:
        found = Text("leaks or contradictions found", "bold red")
    elif report.without_split == report.samples:
        found = Text("without splits, leaks cannot be judged")
    else:
        found = Text("no leak found")
    console.print(Text.assemble(f"{report.samples} samples: ", found))


def print_prepared(console: Console, account: Prepared, out: Path) -> None:
    """What was written, and what was not."""
    _print_list(console, "without a face", list(account.faceless))
    _print_list(console, "unreadable", [fault.message for fault in account.failed])
    kept = f" ({account.kept} kept from before)" if account.kept else ""
    console.print(
        printable(
            f"{account.crops} crops in {account.clips} clips of {account.samples} samples, "
            f"{account.shards} shards{kept} in {out}"
        )
    )


def _balance(rows: Iterable[tuple[str, str, str, int, int]]) -> Table:
    table = _table("Data set", "Split", "Method")
    for title in ("Real", "Manipulated"):
        table.add_column(title, justify="right")
    totals = [0, 0]
    for dataset, split, method, real, fake in rows:
        name = method or ("–" if not fake else "unknown")
        table.add_row(printable(dataset), split or "–", printable(name), f"{real}", f"{fake}")
        totals[0] += real
        totals[MANIPULATED] += fake
    table.add_section()
    table.add_row("all", "", "", *map(str, totals), style="bold")
    return table


def _print_leaks(console: Console, title: str, leaks: Sequence[Leak]) -> None:
    lines = []
    for leak in leaks:
        counts = ", ".join(f"{count} in {split}" for split, count in leak.splits.items())
        lines.append(f"{leak.value}: {counts}, such as {' and '.join(leak.examples)}")
    _print_list(console, title, lines, "bold red")


def _print_list(console: Console, title: str, lines: Sequence[str], style: str = "bold") -> None:
    if not lines:
        return
    console.print(Text(f"{len(lines)} {title}", style))
    for line in lines[:_SHOWN]:
        console.print(f"  {printable(line)}", soft_wrap=True)
    if len(lines) > _SHOWN:
        console.print(f"  … and {len(lines) - _SHOWN} more")


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(title)
    return table
