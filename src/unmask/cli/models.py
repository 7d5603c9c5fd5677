"""``unmask models``: list, verify and describe model packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from unmask.cli.numbers import FiniteRange

if TYPE_CHECKING:
    from unmask.runtime import ModelPackage


_NONE_SHIPPED = "this installation ships no model package"
_NAME_ONE = "name a folder: --model DIR"


@click.group(invoke_without_command=True, short_help="List, verify and describe model packages.")
@click.pass_context
def models(context: click.Context) -> int:
    """The model packages that this installation ships, or a folder with one.

    Without a command, they are listed.
    """
    if context.invoked_subcommand is None:
        result: int = context.invoke(list_)
        return result
    return 0


@models.command("list")
def list_() -> int:
    """List the packages shipped, with the one that is used unless another is named."""
    from rich.table import Table

    from unmask.cli.terminal import note, results_console
    from unmask.runtime import find_package, shipped_packages

    packages = shipped_packages()
    if not packages:
        note(_NONE_SHIPPED, _NAME_ONE)
        return 0
    default = find_package().folder
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Name", "Version", "Licence", "Architecture", "SHA-256", ""):
        table.add_column(heading, overflow="fold")
    for package in packages:
        manifest = package.manifest
        table.add_row(
            manifest.name,
            manifest.version,
            manifest.licence,
            manifest.architecture,
            package.reference().sha256[:12],
            "default" if package.folder == default else "",
        )
    results_console().print(table)
    return 0


@models.command()
@click.argument("models", nargs=-1, metavar="[NAME|DIR]...")
def verify(models: tuple[str, ...]) -> int:
    """Compare the hash of every file with the manifest; of every package shipped if none is named.

    The exit code is 3 when a package is not as it was published.
    """
    from unmask.cli import exits
    from unmask.cli.terminal import note
    from unmask.core.errors import ModelError
    from unmask.runtime import find_package, shipped_packages

    packages = [find_package(name) for name in models] or shipped_packages()
    if not packages:
        note(_NONE_SHIPPED, _NAME_ONE)
    failed = 0
    for package in packages:
        try:
            package.verify()
        except ModelError as error:
            failed += 1
            note(error.message, error.hint)
        else:
            click.echo(f"{_title(package)}: {len(package.manifest.files)} files as published")
    return exits.SOME_FAILED if failed else exits.DONE


@models.command()
@click.argument("model", required=False, metavar="[NAME|DIR]")
@click.option("--write", is_flag=True, help="Generate the card anew, from model.json alone.")
@click.option(
    "--evaluation",
    "evaluations",
    multiple=True,
    type=click.Path(path_type=str),
    metavar="FILE.json",
    help="With --write: put what 'unmask evaluate' found of this model into it first.",
)
def card(model: str | None, write: bool, evaluations: tuple[str, ...]) -> int:
    """Print the model card: what the model was made from, how good it is, where it fails."""
    import sys

    if write or evaluations:
        from unmask.cli.card_work import write_card

        return write_card(model, evaluations, write=write)

    from rich.markdown import Markdown

    from unmask.cli.terminal import note, results_console
    from unmask.runtime import find_package

    package = find_package(model)
    if not package.card:
        note(f"{_title(package)} has no model card")
    elif sys.stdout.isatty():
        results_console().print(Markdown(package.card))
    else:
        click.echo(package.card.rstrip("\n"))
    return 0


@models.command()
@click.argument("model", required=False, metavar="[NAME|DIR]")
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(path_type=str),
    metavar="PATH",
    help="Videos or pictures of real faces to calibrate on, or a folder of them; repeatable.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=str),
    metavar="DIR",
    help="Where the package goes.",
)
def quantise(model: str | None, data: tuple[str, ...], out: str) -> int:
    """Make a package in int8 of a model: faster on CPUs with VNNI instructions, nearly as exact.

    The faces should be as different as those the model will see, and none it is tested on. What
    it gains and costs is measured by benchmarks/precision.py. Needs the extra int8.
    """
    from unmask.cli.quantise_work import run

    return run(model, data, out)


@models.command("import-keras")
@click.argument("file", type=click.Path(path_type=str), metavar="MODEL.h5|MODEL.keras")
@click.option(
    "--out",
    type=click.Path(path_type=str),
    metavar="DIR",
    help="Where the package goes.  [default: a folder of its name]",
)
@click.option("--name", metavar="NAME", help="Of the package.  [default: the file's own]")
@click.option(
    "--scaling",
    type=click.Choice(["auto", "xception", "unit", "raw"]),
    default="auto",
    show_default=True,
    help="How pixels were scaled before the model: xception x/127.5 - 1, unit x/255, raw not at"
    " all; auto is raw where the model has a Rescaling layer, else xception.",
)
@click.option(
    "--channels",
    type=click.Choice(["rgb", "bgr"]),
    default="rgb",
    show_default=True,
    help="Their order in training; bgr where OpenCV read the frames and nothing turned them.",
)
@click.option(
    "--manipulated",
    type=click.Choice(["0", "1"]),
    default="1",
    show_default=True,
    help="The class that stands for manipulated faces.",
)
@click.option("--size", type=int, metavar="N", help="Side of a crop, if the model leaves it open.")
@click.option(
    "--frames", type=int, metavar="N", help="Length of a clip, if the model leaves it open."
)
@click.option(
    "--step",
    type=FiniteRange(0, 2, min_open=True),
    default=0.12,
    show_default=True,
    metavar="SECONDS",
    help="Between the frames of a clip.",
)
@click.option(
    "--margin",
    type=FiniteRange(1, 2.5),
    default=1.3,
    show_default=True,
    metavar="X",
    help="How many sides of the face box a crop shows.",
)
@click.option("--licence", default="unstated", show_default=True, help="Of the weights.")
def import_keras(file: str, out: str | None, step: float, **options: object) -> int:
    """Make a model package of a Keras model: TimeDistributed(Xception), LSTM, Dense.

    Files of Keras 2 and 3 are read without running any code in them. What a file does not say of
    its model is assumed, and each assumption printed; docs/keras.md explains them.
    """
    from unmask.cli.keras_work import run

    return run(file, out, step_s=step, **options)


def _title(package: ModelPackage) -> str:
    return f"{package.manifest.name} {package.manifest.version}"
