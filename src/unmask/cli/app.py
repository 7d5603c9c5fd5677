"""The command group, which loads a command only when it is named, and the way out of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from unmask.cli import exits
from unmask.core.errors import UnmaskError
from unmask.core.version import __version__

COMMANDS = (
    "scan", "serve", "history", "models", "data", "train", "evaluate", "calibrate", "worker",
    "tokens", "doctor",
)  # fmt: skip


class LazyGroup(click.Group):
    """Commands live in the module of their name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module, which imports nothing heavy before the command runs."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"unmask.cli.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96}
)
@click.version_option(__version__, message="unmask %(version)s")
def unmask() -> None:
    """Tell whether a face in a video or picture has been manipulated, and on what evidence.

    Nothing leaves this machine.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (``sys.argv`` for None) and return the exit code, see docs/cli.md."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a caller has put a plain buffer
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (as in "unmask … | head"). Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.BROKEN_PIPE
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        outcome: Any = unmask.main(arguments, prog_name="unmask", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("unmask: interrupted", err=True)
        return exits.INTERRUPTED
    except UnmaskError as error:
        from unmask.cli.terminal import printable

        click.echo(f"unmask: {printable(error.message)}", err=True)
        if error.hint:
            click.echo(f"        {printable(error.hint)}", err=True)
        return exits.USAGE
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a traceback is no answer, and exit 1 has a meaning
        from unmask.cli.crashes import describe

        failure = describe(error)
        click.echo(f"unmask: {failure.message}\n        {failure.hint}", err=True)
        return exits.INTERNAL
    return outcome if isinstance(outcome, int) else exits.DONE
