"""The history commands' work."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing

import click
from rich.table import Table
from rich.text import Text

from unmask.cli import exits, words
from unmask.cli.documents import ScanWriter, pretty
from unmask.cli.files import Target
from unmask.cli.outcome import Outcome
from unmask.cli.places import check_distinct
from unmask.cli.streams import expect_document
from unmask.cli.table import TableReport
from unmask.cli.terminal import note, printable, results_console
from unmask.core.errors import UsageError
from unmask.core.files import expanded
from unmask.evidence.outdated import judged_otherwise, version_of
from unmask.store import Entry, Filters, History, Order

_ID_DIGITS = 8
_MOST = 2**63 - 1  # that a database takes as a limit


def print_list(filters: Filters, order: Order, limit: int) -> int:
    """A row for each entry, and how many more there are."""
    with History() as past:
        entries = past.list(filters, order=order, limit=min(limit, _MOST))
        total = past.count(filters)
    if not entries:
        note("no analyses in the history" if filters == Filters() else "no such analyses")
        return exits.DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "Analysed", "Verdict"):
        table.add_column(heading, no_wrap=True)
    table.add_column("P(manipulated)", no_wrap=True, justify="right")
    table.add_column("File", overflow="fold")
    for entry in entries:
        table.add_row(*_cells(entry))
    results_console().print(table)
    if total > len(entries):
        note(f"{total - len(entries)} more: --limit {total} lists them all")
    return exits.DONE


def _cells(entry: Entry) -> tuple[Text, ...]:
    label = words.LABELS.get(entry.label, entry.label)
    return (
        Text(entry.id[:_ID_DIGITS]),
        Text(f"{entry.created_at.astimezone():%Y-%m-%d %H:%M}"),
        Text(label, words.STYLES.get(entry.label, "")),
        Text(words.probability(entry.probability)),
        Text(printable(entry.source or entry.name)),
    )


def print_one(id: str, *, as_json: bool) -> int:
    """One analysis, as ``unmask scan`` showed it, or as its document."""
    with History() as past:
        stored = past.get(past.resolve(id))
    if stored is None:  # another process deleted it between the two questions
        raise UsageError(f"analysis {id} has just been deleted")
    if as_json:
        expect_document()
        print(pretty(stored.document))
        return exits.DONE
    entry, analysis = stored.entry, stored.analysis
    console = results_console()
    table = TableReport(console)
    table.add(Outcome(entry.source or entry.name, analysis))
    table.publish()
    console.print()
    for name, value in (
        ("Analysis", entry.id),
        ("Analysed", f"{entry.created_at.astimezone():%Y-%m-%d %H:%M:%S %z}"),
        ("Model", f"{entry.model_name} {entry.model_version} ({entry.model_sha256[:12]})"),
        ("SHA-256", entry.sha256),
        ("Unmask", version_of(analysis)),
    ):
        console.print(Text(f"{name:<10}{printable(value)}"))
    if otherwise := judged_otherwise(analysis):
        note(otherwise, "'unmask scan --fresh FILE' judges it anew, and keeps this result too")
    return exits.DONE


def export_all(filters: Filters, json_to: str | None, csv_to: str | None) -> int:
    """Every analysis chosen, as ``unmask.scan/1`` or as rows."""
    if json_to is None and csv_to is None:
        raise UsageError("where to?", hint="give --json FILE, --csv FILE, or - for standard output")
    check_distinct({"--json": json_to, "--csv": csv_to})
    with ExitStack() as stack:
        as_json, target = (
            None if place is None else stack.enter_context(closing(Target(place, option)))
            for place, option in ((json_to, "--json"), (csv_to, "--csv"))
        )
        past = stack.enter_context(History())
        if as_json is not None:
            writer = ScanWriter(as_json)
            for stored in past.export(filters):
                writer.add(stored.document)
            writer.publish()
        if target is not None:
            rows = csv.DictWriter(target.stream, tuple(Entry.__dataclass_fields__))
            rows.writeheader()
            rows.writerows(stored.entry.as_row() for stored in past.export(filters))
            target.publish()
    return exits.DONE


def back_up(file: str) -> int:
    """The database as it is now, in a file of its own; not what an upgrade would make of it."""
    with History(upgrade=False) as past:
        past.copy_to(expanded(file))
    return exits.DONE


def delete_some(ids: Sequence[str], filters: Filters, *, confirmed: bool) -> int:
    """Delete, after asking, with what the web app kept of them; say how many."""
    from unmask.jobs.deleting import AT_A_TIME, delete_in_turn
    from unmask.jobs.folders import Folders

    with History() as past:
        full = list({past.resolve(id) for id in ids})  # all must be known before any goes
        number = len(full) if full else past.count(filters)
        if not number:
            note("nothing to delete")
            return exits.DONE
        if not confirmed:
            _confirm(number)
        batches = (
            (full[at : at + AT_A_TIME] for at in range(0, number, AT_A_TIME))
            if full
            else iter(lambda: _oldest(past, filters, AT_A_TIME), [])
        )
        deleted = delete_in_turn(past, Folders.default(), batches)
    note(f"{deleted} deleted")
    return exits.DONE


def _oldest(past: History, filters: Filters, number: int) -> list[str]:
    return [entry.id for entry in past.list(filters, order="oldest", limit=number)]


def _confirm(number: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"{number} to delete, and nobody to ask", hint="give --yes")
    click.confirm(f"Delete {number} from the history?", abort=True, err=True)
