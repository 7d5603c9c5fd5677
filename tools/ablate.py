"""What of a recipe earns its place: the same fit without each part of it, and with other seeds.

    python tools/ablate.py recipes/xception-lstm.toml --data DATA/ [--work runs] [--steps N]
        [--seeds 22,23] [--index LIST.csv] [--only base,no-swap]

Fits the recipe as it is, without each kind of pseudo-fake, without usual wear, without people who
do not exist, without the faint stage, without taking off what is expected of coarse pictures, from
random weights and with other seeds, and prints a table in Markdown, a row as soon as it is there.
Every variant is judged on the same held-out pairs, those of the whole recipe, 300 of each kind
(``--pairs``; the standard error of an AUC of 0.8 is 0.02 then); the columns "frames",
"clips" and "both" are AUCs on the held-out clips that calibrated it, of the frame head alone, of
the LSTM alone and of the two together. With ``--index`` follow video-level AUCs of ``unmask
evaluate`` on those files.
``--steps`` shortens all fits alike. Stopped, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.cli import main as unmask
from unmask.core.errors import UnmaskError
from unmask.models.detector import FrameDetector
from unmask.training.detector import fit_detector
from unmask.training.recipe import DetectorRecipe, read_recipe, renderer_recipes
from unmask.training.run import Run, open_fabric
from unmask.training.sources import read_sides
from unmask.training.start import start_from
from unmask.training.validation import Validator


@dataclass(frozen=True)
class Variant:
    """A recipe with one thing changed; ``name`` is its row."""

    name: str
    recipe: DetectorRecipe
    init: str


def changed(recipe: DetectorRecipe, slug: str, **frame: Any) -> DetectorRecipe:
    """With other settings of the frame stage, and files of its own in the work folder."""
    stage = recipe.frame.model_copy(update=frame)
    return recipe.model_copy(update={"version": f"{recipe.version}.{slug}", "frame": stage})


def variants(recipe: DetectorRecipe, seeds: list[int]) -> Iterator[Variant]:
    """The recipe as it is, then each change."""
    yield Variant("base", changed(recipe, "base"), recipe.init)
    kinds = {kind: share for kind, share in recipe.frame.kinds.items() if share > 0}
    for kind in kinds if len(kinds) > 1 else ():
        rest = {name: share for name, share in kinds.items() if name != kind}
        slug = "no" + kind.replace("-", "")
        yield Variant(f"no-{kind}", changed(recipe, slug, kinds=rest), recipe.init)
    yield Variant("no-wear", changed(recipe, "nowear", degradation=0.0), recipe.init)
    if recipe.frame.strangers:
        yield Variant("no-strangers", changed(recipe, "nostrangers", strangers=0.0), recipe.init)
    if recipe.faint is not None:
        plain = changed(recipe, "nofaint").model_copy(update={"faint": None})
        yield Variant("no-faint", plain, recipe.init)
    if recipe.covers is not None:
        plain = changed(recipe, "nocovers").model_copy(update={"covers": None})
        yield Variant("no-covers", plain, recipe.init)
    if recipe.frame.expected_crops:
        plain = changed(recipe, "noexpectation", expected_crops=0)
        yield Variant("no-expectation", plain, recipe.init)
    if recipe.init != "scratch":
        yield Variant("scratch", changed(recipe, "scratch"), "scratch")
    for seed in seeds:
        other = changed(recipe, "seed").model_copy(update={"seed": seed})
        yield Variant(f"seed-{seed}", other, recipe.init)


class Bench:
    """Fits variants and judges them alike."""

    def __init__(self, base: DetectorRecipe, path: Path, options: argparse.Namespace) -> None:
        self.base, self.data, self.index = base, options.data, options.index
        self.file = path
        self.renderers = renderer_recipes(base, path.parent)
        self.run = Run(open_fabric(options.device, base.precision), options.work, options.workers)
        _, held = read_sides(self.data, base, self.renderers, self.run)
        judged = base.served.model_copy(update={"validation_pairs": options.pairs})
        self._validator = Validator(held, judged, seed=base.seed, workers=options.workers)

    def row(self, variant: Variant) -> dict[str, float]:
        """Fit, or take up what is finished, and measure."""
        out = self.run.work / f"{variant.recipe.name}-{variant.recipe.version}-{variant.name}"
        package = fit_detector(
            variant.recipe,
            file=self.file,
            data=self.data,
            renderers=self.renderers,
            init=variant.init,
            run=self.run,
            out=out,
        )
        mean, kinds = self._validator.score(self._detector(out), self.run.fabric)
        clips = package.manifest.metrics["calibration clips"]
        row = {"held out": mean} | {name.removeprefix("auc/"): at for name, at in kinds.items()}
        row |= {
            "frames": clips["auc, frame head alone"],
            "clips": clips["auc, clip head alone"],
            "both": clips["auc"],
        }
        return row | (self._evaluated(out) if self.index else {})

    def _detector(self, package: Path) -> FrameDetector:
        """As it ships: after all stages, with what is taken off."""
        start = start_from(str(package), self.base.backbone, self.data, seed=0)
        return start.frames.to(self.run.fabric.device)

    def _evaluated(self, package: Path) -> dict[str, float]:
        out = package.with_name(f"{package.name}-evaluation")
        # A finished variant is packed again, and may then be another package by its hash.
        arguments = ["evaluate", str(package), str(self.index), "--fresh", "--split", "all"]
        arguments += ["--out", str(out)]
        if unmask(arguments):
            raise UnmaskError(f"{self.index} could not be evaluated, as said above")
        found = json.loads((out / "evaluation.json").read_text("utf-8"))
        row = {"all": found["video"]["auc"]["value"]}
        return row | {family["name"]: family["auc"]["value"] for family in found["families"]}


def main() -> None:
    """See the top."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--steps", type=int, help="of the frame stage, instead of the recipe's")
    parser.add_argument("--seeds", default="", help="further seeds, by comma")
    parser.add_argument("--pairs", type=int, default=300, help="held-out pairs of each kind")
    parser.add_argument("--index", type=Path, help="files to evaluate every variant on")
    parser.add_argument("--only", default="", help="of these rows alone, by comma")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    base = read_recipe(options.recipe)
    if not isinstance(base, DetectorRecipe):
        parser.error(f"{options.recipe} is no detector's recipe")
    if options.steps:
        stage = base.frame.model_copy(update={"steps": options.steps})
        base = base.model_copy(update={"frame": stage})
    only = [name for name in options.only.split(",") if name]
    bench = Bench(base, options.recipe, options)
    header: list[str] = []
    for variant in variants(base, [int(seed) for seed in options.seeds.split(",") if seed]):
        if only and variant.name not in only:
            continue
        row = bench.row(variant)
        if not header:
            header = list(row)
            print("| | " + " | ".join(header) + " |\n|" + "---|" * (len(header) + 1))
        print(f"| {variant.name} | " + " | ".join(f"{row[name]:.3f}" for name in header) + " |")


if __name__ == "__main__":
    main()
