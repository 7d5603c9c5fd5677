"""What a model tells apart when its crops show more or less of a face than they should.

    python tools/crop_margins.py MODEL LIST.csv [--scales 0.9 0.95 1 1.05 1.1] [--every N]

Landmarks are never exact, so a model must stand a crop that is a twentieth too large or too small.
For each scale the files are scanned as ever, with a copy of the package whose ``margin`` is that
many times what it says, and the table (Markdown) has the AUC of the files' probabilities with its
95 % interval over methods, then family by family. The shape of it counts more than any row: where
one scale is far better than its neighbours, the model stands at an edge.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from family_areas import areas, kinds_of
from rich.progress import track

from unmask import Analyser
from unmask.datasets.index import Index
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.evaluation.packages import copy_package, rewrite
from unmask.runtime import ModelPackage, find_package


def scaled(package: ModelPackage, scale: float, folder: Path) -> ModelPackage:
    """A copy of the package in ``folder`` whose crops show ``scale`` times as much."""
    copied = copy_package(package, folder / package.folder.name)
    crop = copied.manifest.crop
    wider = crop.model_copy(update={"margin": crop.margin * scale})
    return rewrite(copied, copied.manifest.model_copy(update={"crop": wider}), card=False)


def probabilities(package: ModelPackage, index: Index, every: int) -> list[float | None]:
    """Of each file; None where there is none."""
    analyser, found = Analyser(package.folder, device="cpu"), []
    shown = f"margin {package.manifest.crop.margin:.3f}"
    for sample in track(index.samples[::every], shown):
        with opened(index.root, sample) as path:
            found.append(analyser.analyse(path).verdict.probability)
    return found


def main() -> None:
    """Scan with each margin, print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("index", type=Path)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.9, 0.95, 1, 1.05, 1.1])
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index, package = index_list(options.index), find_package(options.model)
    samples = index.samples[:: options.every]
    labels = np.array([sample.label for sample in samples])
    methods = np.array([sample.method for sample in samples])
    families = np.array([sample.attributes.get("family", sample.method) for sample in samples])
    rows = []
    for scale in options.scales:
        with tempfile.TemporaryDirectory() as folder:
            changed = scaled(package, scale, Path(folder))
            found = probabilities(changed, index, options.every)
            margin = changed.manifest.crop.margin
        scores = np.array([np.nan if one is None else one for one in found])
        cells = areas(scores, labels, families, methods)
        rows.append(f"| {margin:.3f} | {np.isfinite(scores).sum()} | {' | '.join(cells)} |")
    kinds = kinds_of(labels, families)
    print(f"| margin | files | all | {' | '.join(kinds)} |")
    print("|---|" + "---|" * (len(kinds) + 2))
    print("\n".join(rows))


if __name__ == "__main__":
    main()
