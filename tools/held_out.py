"""Pictures of the people a model was not fitted on, and pseudo-fakes of them, as files to evaluate.

    python tools/held_out.py DATA OUT [--recipe FILE] [--work runs] [--wear S] [--seed N]

Writes OUT/held-out-people.csv and OUT/held-out-people/: every picture of the split ``val`` of
``DATA/faces``, whole, and of each one fake of every kind that the recipe names, saved alike.
``--work`` is the fit's, whose renderers draw. With ``--wear`` from 0 to 1 both go through what
happens to files first. Then

    unmask evaluate MODEL OUT/held-out-people.csv --split all --groups identity --group-by cheeks

says what the model tells apart on people whom it has not seen, file by file as a user would, and
whom of the real ones it accuses. ``cheeks`` is the third in which their brightness lies: of the
picture and not of the person, since light counts as much as skin.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from unmask.core.errors import UnmaskError
from unmask.evaluation.card import PSEUDO
from unmask.synthesis import Kind, draw_degradation, forge
from unmask.training.material import Portrait, read_portraits
from unmask.training.recipe import DetectorRecipe, RendererRecipe, read_recipe, renderer_recipes
from unmask.training.renderer import draw_all
from unmask.training.run import Run, open_fabric

RECIPE = Path(__file__).parents[1] / "recipes" / "xception-lstm.toml"
NAME = "held-out-people"
WHOLE = 9.0  # face boxes: more than any picture shows
QUALITY = 95
THIRDS = ("dark", "middle", "bright")


def cheeks(portrait: Portrait) -> float:
    """Median lightness (CIE L*, 0 to 100) half-way between each eye and corner of the mouth."""
    lightness = cv2.cvtColor(portrait.picture(), cv2.COLOR_RGB2LAB)[:, :, 0] / 2.55
    points = portrait.landmarks
    reach = max(3, int(0.12 * np.linalg.norm(points[1] - points[0])))
    found = []
    for eye, corner in ((0, 3), (1, 4)):
        x, y = (int(v) for v in (points[eye] + points[corner]) / 2)
        part = lightness[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
        found.append(float(np.median(part)))
    return float(np.mean(found))


def encoders(recipe: DetectorRecipe, folder: Path) -> list[RendererRecipe]:
    """The renderers that the recipe names, but for animators."""
    return [one for one in renderer_recipes(recipe, folder) if isinstance(one, RendererRecipe)]


def weights_of(renderer: RendererRecipe, work: Path) -> Path:
    """Where a fit keeps them."""
    return work / f"{renderer.name}.safetensors"


def fitted(parser: argparse.ArgumentParser, path: Path, work: Path) -> DetectorRecipe:
    """The recipe of a detector whose renderers lie in ``work``; else the parser ends it."""
    recipe = read_recipe(path)
    if not isinstance(recipe, DetectorRecipe):
        parser.error(f"{path} is no detector's recipe")
    for one in encoders(recipe, path.parent):
        if not weights_of(one, work).is_file():
            parser.error(f"{weights_of(one, work)} is absent: fit {path} first")
    return recipe


def with_drawings(
    portraits: Sequence[Portrait], recipe: DetectorRecipe, folder: Path, run: Run
) -> list[Portrait]:
    """Each with what every renderer of the recipe makes of it."""
    drawn = [
        draw_all(one, weights_of(one, run.work), portraits, run) for one in encoders(recipe, folder)
    ]
    return [
        replace(portrait, renditions=tuple(pictures[row] for pictures in drawn))
        for row, portrait in enumerate(portraits)
    ]


def save(path: Path, picture: NDArray[np.uint8]) -> None:
    """As JPEG."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise OSError(f"cannot write {path}")


def main() -> None:
    """Draw, forge, save, list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--wear", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    recipe = fitted(parser, options.recipe, options.work)
    people = [one for one in read_portraits(options.data, WHOLE) if one.split == "val"]
    run = Run(open_fabric("cpu"), options.work)
    people = with_drawings(people, recipe, options.recipe.parent, run)
    tones = [cheeks(one) for one in people]
    bounds = np.quantile(tones, [1 / 3, 2 / 3])
    files = options.out / NAME
    files.mkdir(parents=True, exist_ok=True)
    kinds: list[Kind] = [kind for kind, share in recipe.frame.kinds.items() if share > 0]
    with (options.out / f"{NAME}.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "label", "method", "family", "identity", "cheeks"])
        for row, one in enumerate(track(people, "forging")):
            third = THIRDS[int(np.searchsorted(bounds, tones[row]))]
            for number, kind in enumerate((None, *kinds)):
                rng = np.random.default_rng([options.seed, row, number])
                drawn = int(rng.integers(2**16))
                face = one.face(drawn)
                donor = people[int(rng.integers(len(people)))].face(drawn)
                picture = face.picture if kind is None else forge(kind, face, donor, rng).picture
                wear = np.random.default_rng([options.seed, row])  # alike for all of one face
                worn = draw_degradation(wear, strength=options.wear).apply(picture)
                name = f"{row:04d}-{kind or 'real'}.jpg"
                save(files / name, worn)
                about = [f"{PSEUDO}{kind}" if kind else one.origin, kind or "", one.person, third]
                table.writerow([name, int(kind is not None), *about])


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
