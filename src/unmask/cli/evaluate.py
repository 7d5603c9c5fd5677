"""``unmask evaluate``: how well a model, or any detector's scores, does on labelled files."""

from __future__ import annotations

from typing import Any

import click

from unmask.cli.numbers import FiniteRange

_FILE = click.Path(path_type=str)


@click.command(short_help="Measure a model, or any detector's scores, on labelled files.")
@click.argument("model_and_index", nargs=-1, type=_FILE, metavar="[MODEL] INDEX")
@click.option(
    "--scores",
    type=_FILE,
    metavar="FILE.csv",
    help="Evaluate these scores (columns path,score) instead of a model's.",
)
@click.option(
    "--out",
    type=_FILE,
    default="evaluation",
    show_default=True,
    metavar="DIR",
    help="Where scores.csv, evaluation.json and report.html go.",
)
@click.option("--root", type=_FILE, metavar="DIR", help="Where the files lie, if they have moved.")
@click.option(
    "--split",
    type=click.Choice(["auto", "all", "train", "val", "test"]),
    default="auto",
    help="Which files.  [default: test, or all where there are no splits]",
)
@click.option(
    "--groups",
    default="auto",
    metavar="ATTRIBUTE",
    help="What the intervals draw as a whole: identity, source, method, file, any attribute."
    "  [default: the first of these that all have and some share]",
)
@click.option(
    "--group-by",
    multiple=True,
    metavar="ATTRIBUTE",
    help="Count false positives by this attribute; may be given several times.",
)
@click.option(
    "--against",
    multiple=True,
    type=_FILE,
    metavar="FILE.csv",
    help="Compare with another detector's scores of the same files; may be given several times.",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Score some files again under seven distortions at five levels.",
)
@click.option(
    "--distortion",
    "distortions",
    multiple=True,
    metavar="NAME",
    help="Only this one of them: h264, jpeg, resize, blur, noise, colour or contrast.",
)
@click.option(
    "--robustness-files",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="Of each class, drawn by --seed.",
)
@click.option(
    "--low", type=FiniteRange(0, 1), metavar="P", help="Threshold.  [default: the model's]"
)
@click.option(
    "--high", type=FiniteRange(0, 1), metavar="P", help="Threshold.  [default: the model's]"
)
@click.option("--resamples", type=click.IntRange(0, 100_000), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)
@click.option(
    "--timeout",
    type=FiniteRange(min=0, min_open=True),
    default=600,
    show_default=True,
    metavar="S",
    help="Seconds a single file may take; then it counts as not scored.",
)
@click.option("--fresh", is_flag=True, help="Score anew what --out already holds scores of.")
def evaluate(**options: Any) -> int:
    """Score every file of INDEX with MODEL and say how good the scores are.

    MODEL is the name of a package or its folder, and the one shipped if it is left out. INDEX is
    what 'unmask data index' writes, a CSV with the columns file and label, or a folder of a known
    layout. Run the same command again after an interruption: files already scored are kept.

    The exit code is 3 when some files could not be scored.
    """
    from unmask.cli.evaluate_options import EvaluateOptions
    from unmask.cli.evaluate_work import run

    return run(EvaluateOptions(**options))
