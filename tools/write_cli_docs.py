"""Write the reference in docs/cli.md, below its marker, from the commands themselves.

.venv/bin/python tools/write_cli_docs.py
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import click

from unmask.cli.app import unmask

TARGET = Path(__file__).parents[1] / "docs" / "cli.md"
MARKER = "<!-- What follows is written by tools/write_cli_docs.py. -->\n"


def reference() -> str:
    """Every command with its options, in Markdown."""
    context = click.Context(unmask, info_name="unmask")
    return "\n".join(_command(context, command) for context, command in walk(context, unmask))


def walk(
    context: click.Context, command: click.Command
) -> Iterator[tuple[click.Context, click.Command]]:
    """The command and all under it, in the order that help shows them."""
    yield context, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from walk(click.Context(child, info_name=name, parent=context), child)


def _command(context: click.Context, command: click.Command) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"### {context.command_path}\n", f"    {usage}\n", f"{_text(command.help)}\n"]
    options = [row for row in map(_row, _options(context, command)) if row]
    if options:
        lines += ["| option | what it does |", "|---|---|", *options, ""]
    return "\n".join(lines)


def _options(context: click.Context, command: click.Command) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            yield record


def _row(record: tuple[str, str]) -> str:
    names, text = record
    if "--help" in names:
        return ""
    return f"| `{names.replace('|', chr(92) + '|')}` | {_text(text)} |"


def _text(text: str | None) -> str:
    """Paragraphs of help, each on one line, as click joins them."""
    paragraphs = re.split(r"\n\s*\n", (text or "").strip().replace("\b\n", ""))
    return "\n\n".join(" ".join(part.split()) for part in paragraphs)


def main() -> None:
    """Replace what lies below the marker."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    above, marker, _ = TARGET.read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        raise SystemExit(f"{TARGET} has lost its marker: {MARKER}")
    TARGET.write_text(f"{above}{MARKER}\n{reference()}", encoding="utf-8")


if __name__ == "__main__":
    main()
