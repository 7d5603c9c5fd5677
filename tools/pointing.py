"""Whether heat maps lie where something was changed, of faces of which that is known.

    python tools/pointing.py DATA [--model NAME] [--recipe FILE] [--work runs] [--every N]

Pseudo-fakes of held-out people are drawn as ``held_out.py`` draws them, saved as pictures and
scanned; what was changed is known from the mask they were made with. Of those that are called
manipulated it prints, kind by kind (Markdown): how much of the crop was changed; how often the
strongest place of the map lies in it (the pointing game: Zhang et al., "Top-down Neural Attention
by Excitation Backprop", ECCV 2016), and how much of what is outlined; each beside what another
picture's map scores, which says how much of it is habit; and how much of what was changed is
outlined. Of the real ones it counts those in which anything is outlined at all.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from held_out import RECIPE, WHOLE, fitted, save, with_drawings
from numpy.typing import NDArray
from rich.progress import track

from unmask import Analyser
from unmask.clips import align
from unmask.core.analysis import Analysis
from unmask.core.errors import UnmaskError
from unmask.evidence import EvidenceCollector
from unmask.evidence.heatmap import FULL, OUTLINED
from unmask.synthesis import Kind, forge
from unmask.training.material import Portrait, read_portraits
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run, open_fabric

Cells = NDArray[np.float32]
CHANGED = 0.5  # of a place, to count as changed
COLUMNS = (
    "kind",
    "called manipulated",
    "changed in part",
    "share changed",
    "strongest place in it",
    "outlined in it",
    "of it outlined",
)


@dataclass(frozen=True)
class Pointed:
    """A map of evidence m×m, and how much of each of its places was changed, 0…1 m×m."""

    evidence: Cells
    changed: Cells

    def hits(self, evidence: Cells) -> tuple[bool, float | None]:
        """Of this or another map: is its strongest place in what was changed, what part of the
        outlined is; None where nothing is.
        """
        inside = self.changed > CHANGED
        outlined = evidence > OUTLINED * FULL
        part = float(inside[outlined].mean()) if outlined.any() else None
        return bool(inside.flat[int(evidence.argmax())]), part

    def reached(self) -> float:
        """What part of what was changed is outlined."""
        return float((self.evidence > OUTLINED * FULL)[self.changed > CHANGED].mean())


def scanned(
    picture: NDArray[np.uint8], analyser: Analyser, path: Path
) -> tuple[Analysis, Cells] | None:
    """The result and the map of the only face; None where there is none, or several."""
    save(path, picture)
    collected = EvidenceCollector()
    analysis = analyser.analyse(path, evidence=collected)
    strongest = collected.strongest(0)
    if len(analysis.faces) != 1 or strongest is None:
        return None
    return analysis, strongest.evidence


def changed(mask: NDArray[np.float32], analysis: Analysis, analyser: Analyser, cells: int) -> Cells:
    """The mask of the whole picture as the crop shows it, averaged to the map's places."""
    spec = analyser.package.manifest.crop
    landmarks = np.asarray(analysis.faces[0].frames[0].landmarks, np.float32)
    white = np.repeat((255 * mask).astype(np.uint8)[..., None], 3, axis=2)
    crop = align(white, landmarks, size=spec.size, margin=spec.margin).image[..., 0]
    small = cv2.resize(crop.astype(np.float32) / 255, (cells, cells), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def row(kind: str, found: Sequence[Pointed], others: Sequence[Cells], forged: int) -> str:
    """One line of the table; pictures of which all or nothing was changed say nothing."""
    rng = np.random.default_rng(0)
    told = [one for one in found if 0 < (one.changed > CHANGED).mean() < 1]
    strange = [others[int(rng.integers(len(others)))] for _ in told]
    own = [one.hits(one.evidence) for one in told]
    habit = [one.hits(map_) for one, map_ in zip(told, strange, strict=True)]

    def share(values: Sequence[float | bool | None]) -> str:
        kept = [float(value) for value in values if value is not None]
        return f"{np.mean(kept):.2f}" if kept else "–"

    area = share([float((one.changed > CHANGED).mean()) for one in told])
    reached = share([one.reached() for one in told])
    strongest = f"{share([hit for hit, _ in own])} ({share([hit for hit, _ in habit])})"
    outlined = f"{share([part for _, part in own])} ({share([part for _, part in habit])})"
    called = f"{len(found)} of {forged}"
    return f"| {kind} | {called} | {len(told)} | {area} | {strongest} | {outlined} | {reached} |"


def main() -> None:
    """Forge, scan, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    recipe = fitted(parser, options.recipe, options.work)
    analyser = Analyser(options.model, device="cpu")
    people = [one for one in read_portraits(options.data, WHOLE) if one.split == "val"]
    run = Run(open_fabric("cpu"), options.work)
    people = with_drawings(people, recipe, options.recipe.parent, run)
    report(people, options.every, recipe, analyser)


def report(
    people: Sequence[Portrait], every: int, recipe: DetectorRecipe, analyser: Analyser
) -> None:
    """The table, and what is outlined on real faces."""
    kinds: list[Kind] = [kind for kind, share in recipe.frame.kinds.items() if share > 0]
    found: defaultdict[str, list[Pointed]] = defaultdict(list)
    forged: defaultdict[str, int] = defaultdict(int)
    real = outlined = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.jpg"
        for number, one in enumerate(track(people[::every], "scanning")):
            rng = np.random.default_rng(number)
            drawn = int(rng.integers(2**16))
            face, donor = one.face(drawn), people[int(rng.integers(len(people)))].face(drawn)
            if (seen := scanned(face.picture, analyser, path)) is not None:
                real += 1
                outlined += bool((seen[1] > OUTLINED * FULL).any())
            for kind in kinds:
                made = forge(kind, face, donor, rng)
                if (seen := scanned(made.picture, analyser, path)) is None:
                    continue
                forged[kind] += 1
                analysis, evidence = seen
                if analysis.verdict.label == "manipulated":
                    where = changed(made.mask, analysis, analyser, len(evidence))
                    found[kind].append(Pointed(evidence, where))
    others = [one.evidence for each in found.values() for one in each]
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    for kind in kinds:
        print(row(kind, found[kind], others, forged[kind]))
    print(f"\nreal faces of which anything is outlined: {outlined} of {real}")


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
