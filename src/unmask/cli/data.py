"""``unmask data``: index, check, prepare, export and preview data sets."""

from __future__ import annotations

import os
from typing import Any

import click

from unmask.cli.numbers import FiniteRange

_HERE = click.Path(path_type=str)
_POSITIVE = FiniteRange(min=0, min_open=True)
_WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    show_default="one a core",
    metavar="N",
    help="How many work side by side.",
)
_ROOT = click.option(
    "--root", type=_HERE, metavar="DIR", help="Where the data lies now, if it has moved."
)


@click.group(short_help="Index, check, prepare and preview data sets.")
def data() -> None:
    """Turn data sets as they are released into an index, and that into crops to fit on."""


@data.command("layouts")
def layouts() -> int:
    """List the layouts that can be read, and what each looks like."""
    from unmask.cli.data_work import list_layouts

    return list_layouts()


@data.command("index")
@click.argument("root", type=_HERE)
@click.option("--layout", default="auto", show_default=True, metavar="NAME|auto")
@click.option("--out", type=_HERE, required=True, metavar="FILE", help="The index, a Parquet file.")
@click.option("--root", "files", type=_HERE, metavar="DIR", help="Where the files of a list lie.")
@click.option("--hash", "hashing", is_flag=True, help="Read every file for its SHA-256.")
@click.option("--partial", is_flag=True, help="Index what is there when something is missing.")
@click.option(
    "--pictures",
    type=click.Choice(["single", "frames"]),
    help="What folders of numbered pictures are in a plain tree.",
)
@click.option(
    "--compression",
    default="",
    metavar="LEVEL",
    help="Of a set that has several, this one alone: raw, c23 or c40.",
)
@_WORKERS
def index(**options: Any) -> int:
    """Index the data set that was extracted into ROOT, or that the list ROOT.csv names.

    The layout is guessed from the names in ROOT unless it is given; 'unmask data layouts' lists
    what is known. In the index, label 1 is manipulated, whatever the data set's own lists say.
    """
    from unmask.cli.data_work import make_index

    return make_index(**options)


@data.command("join")
@click.argument("indexes", nargs=-1, required=True, type=_HERE, metavar="INDEX...")
@click.option("--out", type=_HERE, required=True, metavar="FILE", help="The index of all of them.")
def join(indexes: tuple[str, ...], out: str) -> int:
    """Make one index of several, such as of a set of fakes and of the set with their real class.

    Splits, people and recordings stay as they are; 'unmask data check' says whether the sets may be
    used together.
    """
    from unmask.cli.data_work import join_to_one

    return join_to_one(indexes, out)


@data.command("check")
@click.argument("indexes", nargs=-1, required=True, type=_HERE, metavar="INDEX...")
@_ROOT
@click.option("--no-probe", is_flag=True, help="Do not open the files; see only which are absent.")
@click.option("--json", "json_to", metavar="FILE|-", help="Write what was found as JSON.")
@_WORKERS
def check(**options: Any) -> int:
    """Look for leaks between splits, broken files, doubles and labels that disagree.

    Several indexes are checked as one. The exit code is 1 when there is a leak or the same file
    with both labels, 3 when files are absent or unreadable, else 0.
    """
    from unmask.cli.data_work import check_index

    return check_index(**options)


@data.command("prepare")
@click.argument("index", type=_HERE)
@click.option("--out", type=_HERE, required=True, metavar="DIR", help="Where the shards go.")
@_ROOT
@click.option("--max-frames", type=int, metavar="N", help="Of one video, in all.  [default: 32]")
@click.option("--clips", type=int, metavar="N", help="Windows spread over it.  [default: 4]")
@click.option(
    "--step", "step_s", type=_POSITIVE, metavar="S", help="Between frames.  [default: 0.12]"
)
@click.option("--size", type=int, metavar="PX", help="Side of a crop.  [default: 288]")
@click.option(
    "--margin",
    type=FiniteRange(1, 4),
    metavar="X",
    help="Sides of the face box in a crop.  [default: 1.7]",
)
@click.option("--min-face", type=int, metavar="PX", help="Smallest face.  [default: 40]")
@click.option("--max-faces", type=int, metavar="N", help="Kept of a video.  [default: 1]")
@click.option("--format", type=click.Choice(["png", "jpeg"]), help="Of crops.  [default: png]")
@click.option("--quality", type=int, metavar="Q", help="Of JPEG.  [default: 95]")
@click.option("--per-shard", type=int, metavar="N", help="Samples in one.  [default: 64]")
@click.option(
    "--timeout", "timeout_s", type=_POSITIVE, metavar="S", help="A video.  [default: 300]"
)
@_WORKERS
def prepare(**options: Any) -> int:
    """Find faces and write crops with landmarks and times, as WebDataset shards.

    Run the same command again after an interruption: finished shards are kept, one cut short is
    made again. The shards do not depend on the number of workers. The exit code is 3 when files
    could not be read; these, and those without a face, are listed in summary.json.
    """
    from unmask.cli.data_work import prepare_index

    return prepare_index(**options)


@data.command("export")
@click.argument("index", type=_HERE)
@click.option(
    "--deepfakebench",
    is_flag=True,
    required=True,
    expose_value=False,  # the only way there is
    help="As DeepfakeBench's JSON.",
)
@click.option("--out", type=_HERE, required=True, metavar="DIR")
@_ROOT
def export(index: str, out: str, root: str | None) -> int:
    """Write an index of folders of frames for another tool."""
    from unmask.cli.data_work import export_index

    return export_index(index, out, root)


@data.command("preview")
@click.argument("source", type=_HERE, metavar="DIR|INDEX")
@click.option("--out", type=_HERE, required=True, metavar="FILE", help="The sheet, .png or .jpg.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@click.option(
    "--faces", type=click.IntRange(2, 100), default=10, show_default=True, metavar="N",
    help="Faces drawn from the source.",
)  # fmt: skip
def preview(source: str, out: str, seed: int, faces: int) -> int:
    """Draw a contact sheet of pseudo-fakes made from a folder of portraits or an index.

    Of each kind: the real face, the pseudo-fake, where it was changed, and both after the same
    degradation; below, the kinds that need a clip.
    """
    from unmask.cli.data_work import draw_preview

    return draw_preview(source, out, seed, faces)
