"""``unmask history``: list, show, export, copy and delete past analyses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unmask.store import Filters

LABELS = ("manipulated", "no-manipulation-found", "inconclusive", "no-face")
ORDERS = ("newest", "oldest", "name", "most-manipulated")

_Command = Callable[..., Any]


def _filters(command: _Command) -> _Command:
    """The options that choose analyses, the same for every command that takes several."""
    for option in (
        click.option("--until", type=click.DateTime(), help="Analysed before this time."),
        click.option("--since", type=click.DateTime(), help="Analysed at or after this time."),
        click.option("--label", type=click.Choice(LABELS), help="With this verdict."),
        click.option(
            "--text", metavar="TEXT", help="Part of the file's name, or the start of its SHA-256."
        ),
    ):
        command = option(command)
    return command


@click.group(invoke_without_command=True, short_help="List, show, export, delete past analyses.")
@click.pass_context
def history(context: click.Context) -> int:
    """Past analyses, kept in a database on this machine.

    Without a command, the newest are listed. Times are of the local time zone.
    """
    if context.invoked_subcommand is None:
        result: int = context.invoke(list_)
        return result
    return 0


@history.command("list")
@_filters
@click.option("--order", type=click.Choice(ORDERS), default="newest", show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="At most so many.",
)
def list_(order: Any, limit: int, **chosen: Any) -> int:
    """List analyses, the newest first."""
    from unmask.cli.past import print_list

    return print_list(_chosen(chosen), order, limit)


@history.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print the document as it was recorded.")
def show(id: str, as_json: bool) -> int:
    """Show the analysis ID, of which the first characters suffice."""
    from unmask.cli.past import print_one

    return print_one(id, as_json=as_json)


@history.command()
@click.argument("id")
@click.option(
    "--report",
    required=True,
    metavar="FILE",
    help="The file to write, ending in .html or .pdf. One that is there is not replaced.",
)
@click.option(
    "--source", metavar="FILE", help="Where the analysed file is now.  [default: where it was]"
)
@click.option(
    "--model", metavar="NAME|DIR", help="The model that scored.  [default: looked for by its hash]"
)
@click.option(
    "--language",
    type=click.Choice(["en", "de"]),
    help="Of the report.  [default: that of the locale]",
)
def report(
    id: str, report: str, source: str | None, model: str | None, language: str | None
) -> int:
    """Write a report on the analysis ID, of which the first characters suffice.

    Pictures are made by reading the file again, if it is still there and the same; heat maps need
    the model. A report that lacks either says so.
    """
    from unmask.cli.past_report import write_report

    return write_report(id, report, source=source, model=model, language=language)


@history.command()
@_filters
@click.option("--json", "json_to", metavar="FILE|-", help="Write the documents as JSON.")
@click.option("--csv", "csv_to", metavar="FILE|-", help="Write one row for each as CSV.")
def export(json_to: str | None, csv_to: str | None, **chosen: Any) -> int:
    """Write analyses to a file, the oldest first; all of them unless some are chosen."""
    from unmask.cli.past import export_all

    return export_all(_chosen(chosen), json_to, csv_to)


@history.command()
@click.argument("file")
def backup(file: str) -> int:
    """Copy the database into a new FILE, also while server and workers run.

    With it belongs the rest of the data folder, copied after it: uploads, pictures and keys.
    A database of an earlier version is copied as that version left it.
    For a database elsewhere use its own tools, such as pg_dump.
    """
    from unmask.cli.past import back_up

    return back_up(file)


@history.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@_filters
@click.option("--all", "everything", is_flag=True, help="Delete the whole history.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def delete(ids: tuple[str, ...], everything: bool, yes: bool, **chosen: Any) -> int:
    """Delete the analyses named, or those chosen, from this machine.

    With them goes what the web app kept: the pictures, the file that was uploaded and its job.
    Files that were scanned stay where they are.
    """
    from unmask.cli.past import delete_some

    if bool(ids) + any(chosen.values()) + everything != 1:
        raise click.UsageError("name IDs, or choose some with options, or give --all: just one")
    if chosen["text"] is not None and not chosen["text"].strip():
        raise click.UsageError("--text is blank, and would leave nothing out")
    return delete_some(ids, _chosen(chosen), confirmed=yes)


def _chosen(given: dict[str, Any]) -> Filters:
    from unmask.store import Filters

    times = {name: _aware(given[name]) for name in ("since", "until")}
    return Filters(text=given["text"], label=given["label"], **times)


def _aware(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    try:
        return time.astimezone()
    except (OverflowError, ValueError, OSError):  # in the first or last year that there is
        return time.replace(tzinfo=UTC)
