"""``unmask submit``."""

from __future__ import annotations

from typing import Any

import click

from unmask.cli.sampling import clips, frames_per_clip


@click.command(short_help="Hand many files to the web app's queue.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--model", metavar="NAME|DIR", help="Model package.  [default: the one shipped]")
@clips
@frames_per_clip
@click.option("--fresh", is_flag=True, help="Have files analysed again that history knows.")
@click.option(
    "--webhook",
    metavar="URL",
    help="Told of each file when its analysis has ended.  [default: that of the settings]",
)
def submit(**options: Any) -> int:
    """Queue files for the workers of 'unmask serve' on this machine.

    PATH is as of 'unmask scan'; files are copied into the data folder. One row for each, as it is
    queued, goes to standard output as CSV: path, sha256, id, outcome (new, joined: waits already,
    known: analysed already, failed) and the code of the error. The ids are those of the API.

    To go on after an interruption, or after a full disk, give the same command again: what waits
    or is known is neither copied nor queued a second time.

    The exit code is 0 when every file was queued or is known, and 3 when some could not be.
    """
    from unmask.cli.submitting import SubmitOptions, run

    return run(SubmitOptions(**options))
