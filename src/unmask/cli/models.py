"""``unmask models``: list, verify and describe model packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from unmask.runtime import ModelPackage


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
        note("this installation ships no model package", "name a folder: unmask scan --model DIR")
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
def card(model: str | None) -> int:
    """Print the model card: what the model was made from, how good it is, where it fails."""
    import sys

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


def _title(package: ModelPackage) -> str:
    return f"{package.manifest.name} {package.manifest.version}"
