"""The command group, which loads a command only when it is named, and the way out of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from unmask.cli import exits
from unmask.cli.streams import attach, cannot_write, discard_stdout, set_encodings
from unmask.core.errors import UnmaskError
from unmask.core.version import __version__

COMMANDS = (
    "scan", "serve", "history", "models", "data", "train", "evaluate", "calibrate", "worker",
    "submit", "tokens", "doctor",
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

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """As click does, but for a reader that has gone."""
        with _reader_gone():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, but for a reader that has gone."""
        with _reader_gone():
            return super().invoke(ctx)


@contextmanager
def _reader_gone() -> Iterator[None]:
    """Raise it without its number, by which click leaves with 1, which has another meaning."""
    try:
        yield
    except BrokenPipeError as error:
        raise BrokenPipeError from error


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
    attach()
    set_encodings()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (as in "unmask … | head").
        discard_stdout()
        return exits.BROKEN_PIPE
    except OSError as error:
        if not cannot_write(error):
            raise
        discard_stdout()
        _say(f"the output cannot be written: {error.strerror}", "free space there, or name a file")
        return exits.SOME_FAILED
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        outcome: Any = unmask.main(arguments, prog_name="unmask", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return exits.INTERRUPTED
    except UnmaskError as error:
        _say(error.message, error.hint)
        return exits.USAGE
    except BrokenPipeError:
        raise
    except Exception as error:
        if cannot_write(error):
            raise
        from unmask.cli.crashes import describe

        failure = describe(error)  # a traceback is no answer, and exit 1 has a meaning
        _say(failure.message, failure.hint)
        return exits.INTERNAL
    return outcome if isinstance(outcome, int) else exits.DONE


def _say(text: str, hint: str = "") -> None:
    from unmask.cli.terminal import note

    note(text, hint)
