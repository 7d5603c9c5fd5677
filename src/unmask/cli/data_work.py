"""The work of ``unmask data``: wiring, progress, exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from unmask.cli import exits
from unmask.cli.data_tables import print_check, print_counts, print_layouts, print_prepared
from unmask.cli.documents import pretty
from unmask.cli.files import STDOUT, Target
from unmask.cli.terminal import note, notes_console, results_console
from unmask.core.errors import UsageError
from unmask.datasets import (
    Index,
    LoadOptions,
    choose_layout,
    hash_samples,
    index_guessed,
    read_index,
    write_index,
)
from unmask.datasets.checking import check_indexes
from unmask.datasets.export import export_deepfakebench
from unmask.datasets.joining import join_indexes
from unmask.datasets.listing import index_list
from unmask.datasets.prepare import PrepareOptions
from unmask.datasets.prepare import prepare as prepare_shards


def list_layouts() -> int:
    """``unmask data layouts``."""
    print_layouts(results_console())
    return exits.DONE


def make_index(
    root: str,
    layout: str,
    out: str,
    files: str | None,
    hashing: bool,
    workers: int,
    **how: Any,
) -> int:
    """``unmask data index``; ``how`` are :class:`LoadOptions`."""
    options = LoadOptions(**how)
    if Path(root).suffix.lower() == ".csv" and Path(root).is_file():
        index = index_list(Path(root), root=Path(files) if files else None, options=options)
    elif files:
        raise UsageError(f"{root} is no list, so --root has no meaning", hint="leave it out")
    else:
        guess = choose_layout(Path(root), layout)
        if layout == "auto":
            note(f"{root} is read as {guess.layout.title}: {guess.why}")
        index = index_guessed(Path(root), guess, options)
    if hashing:
        with _progress("hashing") as advance:
            samples = hash_samples(index.root, index.samples, workers=workers, progress=advance)
        index = replace(index, samples=tuple(samples))
    return _write(index, out)


def join_to_one(indexes: tuple[str, ...], out: str) -> int:
    """``unmask data join``."""
    return _write(join_indexes([_open(path, None) for path in indexes]), out)


def _write(index: Index, out: str) -> int:
    write_index(index, Path(out))
    for remark in index.notes:
        note(remark)
    print_counts(results_console(), index)
    return exits.DONE


def check_index(
    indexes: tuple[str, ...], root: str | None, no_probe: bool, json_to: str | None, workers: int
) -> int:
    """``unmask data check``."""
    target = Target(json_to, "--json") if json_to else None
    opened = [_open(path, root) for path in indexes]
    with _progress("looking") as advance:
        report = check_indexes(opened, probing=not no_probe, workers=workers, progress=advance)
    if json_to != STDOUT:
        print_check(results_console(), report)
    if target is not None:
        target.stream.write(pretty(report.to_json()) + "\n")
        target.publish()
    if report.unsound:
        return exits.FOUND
    return exits.SOME_FAILED if report.missing or report.unreadable else exits.DONE


def prepare_index(index: str, out: str, root: str | None, workers: int, **options: Any) -> int:
    """``unmask data prepare``."""
    given = {name: value for name, value in options.items() if value is not None}
    chosen = PrepareOptions.of(**given)
    with _progress("preparing") as advance:
        account = prepare_shards(
            _open(index, root), Path(out), chosen, workers=workers, progress=advance
        )
    print_prepared(results_console(), account, Path(out))
    return exits.SOME_FAILED if account.failed else exits.DONE


def export_index(index: str, out: str, root: str | None) -> int:
    """``unmask data export --deepfakebench``."""
    for path in export_deepfakebench(_open(index, root), Path(out)):
        print(path)
    return exits.DONE


def draw_preview(source: str, out: str, seed: int, faces: int) -> int:
    """``unmask data preview``."""
    from unmask.datasets.portraits import find_portraits
    from unmask.datasets.preview import contact_sheet, save_sheet

    portraits = find_portraits(Path(source), faces, seed)
    save_sheet(contact_sheet(portraits, seed), Path(out))
    note(f"{out} shows pseudo-fakes of {len(portraits)} faces (seed {seed})")
    return exits.DONE


def _open(path: str, root: str | None) -> Index:
    return read_index(Path(path), root=Path(root) if root else None)


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with the time left, where that is a terminal."""
    console = notes_console()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        disable=not console.is_terminal,
    ) as bars:
        task = bars.add_task(doing, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
