"""Crops a second that the frame stage fits, in f32 and in bf16, and that one process draws.

    python benchmarks/fit_speed.py [--recipe FILE] [--steps N] [--data DIR]

Steps on random crops, without making pseudo-fakes. With ``--data`` pairs of them are drawn, too,
without renditions: what a rendition costs beside it is its enlarging, a tenth. Set the variables
that `make model` sets to see what keeping memory between steps is worth.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from unmask.core.heap import keep_blocks
from unmask.training.frames import FrameTask
from unmask.training.labelled import LabelledClips
from unmask.training.material import read_portraits
from unmask.training.pairs import draw_pair
from unmask.training.recipe import DetectorRecipe, read_recipe
from unmask.training.run import Run, open_fabric
from unmask.training.side import Side
from unmask.training.start import start_from

_WARM, _DRAWN = 40, 400
RECIPE = Path(__file__).parents[1] / "recipes" / "xception-lstm.toml"


def rate(recipe: DetectorRecipe, steps: int) -> float:
    """Crops a second, after two steps in which it warms up."""
    start = start_from("scratch", recipe.backbone, [], seed=recipe.seed)
    nobody = Side([], [], [], LabelledClips([]))
    with tempfile.TemporaryDirectory() as work:
        run = Run(open_fabric("auto", recipe.precision), Path(work))
        task = FrameTask(recipe, start, nobody, nobody, run)
    pairs, side = recipe.frame.pairs, recipe.frame.size
    crops = torch.randint(0, 256, (pairs, 2, side, side, 3), dtype=torch.uint8)
    batch = crops, torch.full((pairs, 28, 28), 255, dtype=torch.uint8), torch.ones(pairs)
    for _ in range(2):
        task.advance(batch)
    began = time.perf_counter()
    for _ in range(steps):
        task.advance(batch)
    return steps * task.per_step / (time.perf_counter() - began)


def drawn(recipe: DetectorRecipe, data: Path) -> float:
    """Crops a second that one process draws of the portraits in ``data``, two to a pair."""
    keep_blocks()
    cv2.setNumThreads(0)
    portraits = read_portraits(data, recipe.loose)
    numbers = iter(range(_WARM + _DRAWN))

    def draw(count: int) -> None:
        for _ in range(count):
            rng = np.random.default_rng([recipe.seed, next(numbers)])
            draw_pair(portraits, [], recipe.frame, rng)

    draw(_WARM)
    began = time.perf_counter()
    draw(_DRAWN)
    return 2 * _DRAWN / (time.perf_counter() - began)


def main() -> None:
    """Print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--data", type=Path, help="a folder with faces/faces.csv")
    options = parser.parse_args()
    recipe = read_recipe(options.recipe)
    assert isinstance(recipe, DetectorRecipe), f"{options.recipe} is no detector's"
    if options.data:
        print(f"{'drawn':5}{drawn(recipe, options.data):7.1f} crops a second", flush=True)
    for precision in ("f32", "bf16"):
        own = recipe.model_copy(update={"precision": precision})
        print(f"{precision:5}{rate(own, options.steps):7.1f} crops a second", flush=True)


if __name__ == "__main__":
    main()
