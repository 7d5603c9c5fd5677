"""``unmask train``: fit what a recipe describes."""

from __future__ import annotations

from typing import Any

import click


@click.command(short_help="Fit a detector or a renderer from its recipe.")
@click.argument("recipe", type=click.Path(path_type=str), metavar="RECIPE.toml")
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(path_type=str),
    metavar="DIR",
    help="Faces, clips or shards to fit on; may be given several times.",
)
@click.option(
    "--work",
    default="runs",
    show_default=True,
    type=click.Path(path_type=str),
    metavar="DIR",
    help="Checkpoints, logs, and whatever else a restart goes on from.",
)
@click.option(
    "--out",
    type=click.Path(path_type=str),
    metavar="DIR",
    help="Where the model package goes.  [default: WORK/NAME-VERSION]",
)
@click.option(
    "--init",
    metavar="WHAT",
    help="scratch, imagenet, timm:NAME, a .safetensors or .h5 file, or a model package."
    "  [default: as the recipe says]",
)
@click.option(
    "--resume/--fresh",
    "resume",
    default=True,
    show_default=True,
    help="Go on from what WORK holds of this recipe, or delete it and begin again.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to fit.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    metavar="N",
    help="Processes that make pseudo-fakes.  [default: one a core]",
)
@click.option(
    "--limit-steps",
    type=click.IntRange(1),
    metavar="N",
    help="Stop and save after so many steps, to go on another time.",
)
def train(**options: Any) -> int:
    """Fit what RECIPE.toml describes, and write a model package.

    Run the same command again after an interruption: finished stages are kept, and an unfinished
    one goes on where it was saved, with the same result as if it had not been interrupted. Under
    torchrun, all its processes fit together.
    """
    from unmask.cli.train_work import fit

    return fit(**options)
