"""``unmask scan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from unmask.cli.numbers import FiniteRange, Time
from unmask.cli.sampling import clips, frames_per_clip
from unmask.core.files import is_there


class _OfFiles(click.Command):
    """A command whose arguments may be files of any name, as ``*`` brings them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; a file whose name reads as an option is named, with the way out."""
        files = [arg for arg in args if arg.startswith("-") and is_there(Path(arg))]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not files:
                raise
            raise click.UsageError(
                f"{files[0]} is a file, but a name that begins with a dash reads as an option. "
                "Write ./ before it, or -- before all names.",
                ctx,
            ) from error


@click.command(cls=_OfFiles, short_help="Scan videos, pictures and folders of them.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "json_to", metavar="FILE|-", help="Write the results as JSON.")
@click.option("--csv", "csv_to", metavar="FILE|-", help="Write one row for each input as CSV.")
@click.option(
    "--evidence",
    metavar="DIR",
    help="Write pictures of each face and of what spoke for manipulation, one folder a file.",
)
@click.option(
    "--report",
    metavar="FILE|DIR",
    help="Write a report: a file ending in .html or .pdf, or a folder for several inputs.",
)
@click.option(
    "--report-format",
    type=click.Choice(["html", "pdf"]),
    default="html",
    show_default=True,
    help="Of the reports in a folder.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "de"]),
    help="Of the reports and of the words on --evidence pictures.  [default: that of the locale]",
)
@clips
@click.option(
    "--from",
    "from_s",
    type=Time(),
    metavar="TIME",
    help="Look at a video only from here on: seconds, 11:07 or 1:02:03.",
)
@click.option("--to", "to_s", type=Time(), metavar="TIME", help="Look at a video only up to here.")
@frames_per_clip
@click.option(
    "--min-face",
    type=int,
    default=40,
    show_default=True,
    metavar="PX",
    help="Shorter side of the smallest face looked for, 12 to 2048 pixels.",
)
@click.option(
    "--max-faces",
    type=int,
    default=8,
    show_default=True,
    metavar="N",
    help="Faces judged in a file, the largest and most seen first, 1 to 1000.",
)
@click.option("--model", metavar="NAME|DIR", help="Model package.  [default: the one shipped]")
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the networks run.",
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "openvino", "onnxruntime"]),
    default="auto",
    show_default=True,
    help="What runs the networks.",
)
@click.option(
    "--timeout",
    type=FiniteRange(min=0, min_open=True),
    default=600,
    show_default=True,
    metavar="S",
    help="Seconds a single file may take; then it fails and the next is scanned.",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Files looked at side by side, 1 to 64.  [default: one for each core, at most 4]",
)
@click.option("--fresh", is_flag=True, help="Look again at files that history knows.")
@click.option("--no-history", is_flag=True, help="Neither read nor write history.")
@click.option(
    "--fail-on",
    type=click.Choice(["manipulated"]),
    help="Exit with 1 when a file has this verdict.",
)
@click.option(
    "--trace",
    metavar="FILE",
    help="Write when each stage ran, on which thread, as JSON for Perfetto.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print no table and no progress.")
def scan(**options: Any) -> int:
    """Say for each face, and each file, whether it has been manipulated.

    PATH is a video, a picture, a folder (with the folders in it), or - for a list of paths on
    standard input. A file that is named is always tried; in a folder, those with the suffix or the
    first bytes of a video or picture.

    The exit code is 0 when every input was analysed, 3 when some could not be, 2 when nothing
    could be started, and 1 with --fail-on when one was found.
    """
    from unmask.cli.scanning import ScanOptions, run

    return run(ScanOptions(**options))
