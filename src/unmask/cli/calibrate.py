"""``unmask calibrate``: make a package's probabilities and thresholds fit validation data."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from unmask.cli.numbers import Real

_FILE = click.Path(path_type=str)
_OF_ALL = {"method": "--method", "groups": "--groups", "same_verdicts": "--same-verdicts"}
_OF_LOWER = {"low": "--low", "misses": "--misses"}
_OF_UPPER = {"false_positives": "--false-positives"}


@click.command(short_help="Fit a model's probabilities and thresholds to validation data.")
@click.argument("model", type=_FILE)
@click.argument("source", type=_FILE, metavar="SCORES_OR_INDEX")
@click.option(
    "--out",
    type=_FILE,
    metavar="DIR",
    help="Write the calibrated package here, and leave MODEL as it is.",
)
@click.option(
    "--work",
    type=_FILE,
    default="calibration",
    show_default=True,
    metavar="DIR",
    help="Where the scores of an index are kept, to go on after an interruption.",
)
@click.option(
    "--method",
    type=click.Choice(["platt", "temperature"]),
    default="platt",
    show_default=True,
    help="Scale and offset of the logits, or the scale alone.",
)
@click.option(
    "--false-positives",
    type=Real(0, 1),
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of real files, that the upper threshold may let reach it.",
)
@click.option(
    "--low",
    type=Real(0, 1),
    default=0.5,
    show_default=True,
    metavar="P",
    help="The lower threshold.",
)
@click.option(
    "--misses",
    type=Real(0, 1),
    metavar="SHARE",
    help="Instead of --low: of manipulated files, that may lie below the lower threshold.",
)
@click.option(
    "--only-lower",
    is_flag=True,
    help="With --misses: move the lower threshold down as far as that asks, and nothing else.",
)
@click.option(
    "--only-upper",
    is_flag=True,
    help="With --false-positives: choose the upper threshold, and nothing else.",
)
@click.option(
    "--same-verdicts",
    is_flag=True,
    help="Both thresholds move with the probabilities, so that no verdict changes.",
)
@click.option("--groups", default="auto", metavar="ATTRIBUTE", help="As in 'unmask evaluate'.")
@click.option("--root", type=_FILE, metavar="DIR", help="Where the files lie, if they have moved.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True
)
@click.option(
    "--timeout",
    type=Real(min=0, min_open=True),
    default=600,
    show_default=True,
    metavar="S",
    help="Seconds a single file may take.",
)
@click.pass_context
def calibrate(context: click.Context, /, **options: Any) -> int:
    """Fit MODEL's calibration and both thresholds, and write them into its model.json.

    SCORES_OR_INDEX is the scores.csv that 'unmask evaluate' wrote for this model, or what
    'unmask evaluate' takes as an index, which is then scored. Only the split "val" is used where
    there are splits; a test split is refused, since no figure on it would mean anything after.
    """
    from unmask.cli.calibrate_work import CalibrateOptions, run

    if options["only_lower"] and options["only_upper"]:
        raise click.UsageError("--only-lower and --only-upper: one after the other")
    if options["only_lower"]:
        _only_lower(context, options["misses"])
    elif options["only_upper"]:
        _refuse(context, "--only-upper", _OF_ALL | _OF_LOWER)
    elif options["same_verdicts"]:
        _refuse(context, "--same-verdicts", _OF_UPPER | _OF_LOWER)
    elif options["misses"] is not None and _given(context, "low"):
        raise click.UsageError("--low says where the lower threshold is, --misses too: give one")
    return run(CalibrateOptions(**options))


def _only_lower(context: click.Context, misses: float | None) -> None:
    if misses is None:
        raise click.UsageError("--only-lower needs --misses: of manipulated files, how many")
    _refuse(context, "--only-lower", _OF_UPPER | {"low": "--low"} | _OF_ALL)


def _refuse(context: click.Context, by: str, names: dict[str, str]) -> None:
    """Refuse what would shape anything that ``by`` leaves alone: it would be ignored."""
    given = [option for name, option in names.items() if _given(context, name)]
    if given:
        raise click.UsageError(f"{by} leaves nothing for {', '.join(given)} to change")


def _given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT
