"""The work of ``unmask train``: wiring, log lines, exit codes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.logging import RichHandler

from unmask.cli import exits
from unmask.cli.terminal import note, notes_console
from unmask.core.errors import UsageError
from unmask.core.extras import needing
from unmask.core.heap import keep_blocks

with needing("train", "fitting a model ({absent} is absent)"):
    from unmask.training.animator import fit_animator
    from unmask.training.detector import fit_detector, forget
    from unmask.training.progress import Display, display
    from unmask.training.recipe import (
        AnimatorRecipe,
        DetectorRecipe,
        Recipe,
        RendererRecipe,
        read_recipe,
        renderer_recipes,
    )
    from unmask.training.renderer import fit_renderer
    from unmask.training.run import Run, open_fabric
    from unmask.training.sources import read_people, read_performers
    from unmask.training.stopping import Stopped


def fit(
    recipe: str,
    data: tuple[str, ...],
    work: str,
    out: str | None,
    init: str | None,
    resume: bool,
    **machine: Any,
) -> int:
    """``unmask train``."""
    chosen = read_recipe(Path(recipe))
    folders = [Path(folder) for folder in data]
    if not isinstance(chosen, DetectorRecipe) and (init or out):
        raise UsageError(
            f"--init and --out are for detectors, and this recipe is of a {chosen.kind}"
        )
    keep_blocks()
    console = notes_console()
    with display(console) as shown, _log_lines(console):
        run = _run(chosen, Path(work), shown, **machine)
        with run.claim(chosen.stem):
            if not resume and run.first:
                forget(chosen, run.work)
            run.fabric.barrier()
            try:
                if isinstance(chosen, RendererRecipe):
                    made = fit_renderer(chosen, read_people(folders), folders, run)
                elif isinstance(chosen, AnimatorRecipe):
                    made = fit_animator(chosen, *read_performers(folders, chosen, run), run)
                else:
                    target = Path(out) if out else run.work / f"{chosen.name}-{chosen.version}"
                    made = _detector(chosen, Path(recipe), folders, init, target, run)
            except Stopped as stopped:
                note(str(stopped))
                return exits.INTERRUPTED
    if run.first:
        note(f"{made} is fitted")
    return exits.DONE


def _detector(
    recipe: DetectorRecipe,
    file: Path,
    data: Sequence[Path],
    init: str | None,
    out: Path,
    run: Run,
) -> Path:
    return fit_detector(
        recipe,
        file=file,
        data=data,
        renderers=renderer_recipes(recipe, file.parent),
        init=recipe.init if init is None else init,
        run=run,
        out=out,
    ).folder


def _run(
    recipe: Recipe,
    work: Path,
    shown: Display,
    device: Any,
    workers: int | None,
    limit_steps: int | None,
) -> Run:
    precision = recipe.precision if isinstance(recipe, DetectorRecipe) else "bf16"
    fabric = open_fabric(device, precision)
    makers = workers if workers is not None else os.cpu_count() or 1
    return Run(fabric, work, makers, shown, limit_steps)


@contextmanager
def _log_lines(console: Console) -> Iterator[None]:
    """What the stages say, above the bar on a terminal, dated lines elsewhere."""
    handler: logging.Handler
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False, show_level=False)
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("unmask.training")
    level = logger.level
    logger.addHandler(handler)
    first = os.environ.get("RANK", "0") == "0"  # of torchrun's processes one does the talking
    logger.setLevel(logging.INFO if first else logging.WARNING)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
