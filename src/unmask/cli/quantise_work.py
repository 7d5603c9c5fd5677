"""The work of ``unmask models quantise``: crops, the graph in int8, a package around it."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.cli import exits
from unmask.cli.inputs import Source, gather
from unmask.cli.progress import ScanProgress
from unmask.cli.terminal import note, notes_console
from unmask.core.errors import DataError, UnmaskError, UsageError
from unmask.core.extras import needing
from unmask.evaluation.packages import copy_package, rewrite
from unmask.models.agreement import agreement
from unmask.pipeline import Analyser, ScoredCrop
from unmask.runtime import ModelPackage, SessionOptions, file_sha256, find_package
from unmask.runtime.package import Manifest
from unmask.scoring import Scorer

with needing("int8", "int8 ({absent} is absent)"):
    from unmask.models.quantise import quantise_backbone

Crops = NDArray[np.uint8]

_WANTED = 300  # NNCF's own number; with more, ranges moved no further
_HELD = 100  # to compare on
_LEAST = 32  # of each
_A_FILE = 16  # many faces rather than many frames of one
_EVERY = 4  # which files are held
_UNCACHED = SessionOptions(device="cpu", cache=False)  # a graph is compared where it is made


def run(model: str | None, data: Sequence[str], out: str) -> int:
    """Gather, quantise, compare, write; whole or not at all."""
    package, folder = find_package(model), Path(out)
    if folder.exists():
        raise UsageError(f"{folder} is there already", hint="name another: --out DIR")
    if "int8" in package.manifest.metrics:
        raise UsageError(f"{package.folder} is in int8 already", hint="name what it was made from")
    crops, held, files = _faces(package, gather(data))
    names = ", ".join(Path(path).name for path in data)
    about = {"data": f"{files} files of {names}", **_origin(package)}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as made:
            draft = copy_package(package, Path(made) / "package")
            account = about | quantise_backbone(package, crops, draft.backbone)
            rounded = ModelPackage(draft.folder, _manifest(draft, account))
            account |= agreement(Scorer(package, _UNCACHED), Scorer(rounded, _UNCACHED), held)
            rewrite(rounded, _manifest(draft, account), card=True)
            draft.folder.rename(folder)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror or error}") from error
    note(
        f"{folder} holds {package.manifest.name} in int8: {account['convolutions']} convolutions, "
        f"correlation {account['correlation']} with the model as it was",
        "measure what it gains and costs before relying on it",
    )
    return exits.DONE


def _faces(package: ModelPackage, sources: Sequence[Source]) -> tuple[Crops, Crops, int]:
    """Crops to calibrate on, crops of other files to compare on, and from how many files."""
    # Folders are sorted, and what lies side by side is alike.
    shuffled = random.Random(0).sample(sources, len(sources))
    analyser = Analyser(package.folder, device="cpu")
    sides = _Side(_WANTED), _Side(_HELD)
    with ScanProgress(notes_console(), len(shuffled), shown=sys.stderr.isatty()) as progress:
        for number, source in enumerate(shuffled):
            side = sides[number % _EVERY == _EVERY - 1]
            progress.begin(source.text)
            if not side.full:
                try:
                    side.take(_crops(analyser, source, progress))
                except UnmaskError as error:
                    with progress.aside():
                        note(f"{source.text}: {error.message}", error.hint)
            progress.end()
    ours, held = sides
    if min(ours.count, held.count) < _LEAST:
        raise DataError(
            f"{ours.count} faces to calibrate on and {held.count} from other files to compare on "
            f"were found, {_LEAST} of each are needed",
            hint="name more files: --data may be repeated",
        )
    return ours.crops, held.crops, ours.files


@dataclass(slots=True)
class _Side:
    wanted: int
    parts: list[Crops] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(map(len, self.parts))

    @property
    def full(self) -> bool:
        return self.count >= self.wanted

    @property
    def files(self) -> int:
        return len(self.parts)

    @property
    def crops(self) -> Crops:
        return np.concatenate(self.parts)[: self.wanted]

    def take(self, crops: Sequence[Crops]) -> None:
        """Of one file, some at even steps."""
        if crops:
            steps = np.linspace(0, len(crops) - 1, min(len(crops), _A_FILE)).round()
            self.parts.append(np.stack([crops[int(step)] for step in steps]))


class _Kept:
    """Keeps what was scored, and nothing about it."""

    def __init__(self) -> None:
        self.crops: list[Crops] = []

    def add(self, crop: ScoredCrop, /) -> None:
        self.crops.append(crop.image)


def _crops(analyser: Analyser, source: Source, progress: ScanProgress) -> list[Crops]:
    if source.problem is not None:
        raise source.problem
    kept = _Kept()
    analyser.analyse(source.path, evidence=kept, progress=progress)
    return kept.crops


def _origin(package: ModelPackage) -> dict[str, str]:
    return {"version": package.manifest.version, "sha256": package.reference().sha256}


def _manifest(draft: ModelPackage, account: dict[str, Any]) -> Manifest:
    """Of the package with the graph that lies there now: evaluations were of the other."""
    old = draft.manifest
    metrics = {key: value for key, value in old.metrics.items() if key != "evaluations"}
    return old.model_copy(
        update={
            "version": f"{old.version}-int8",
            "architecture": f"{old.architecture}, convolutions in int8",
            "metrics": {**metrics, "int8": account},
            "files": {**old.files, draft.backbone.name: file_sha256(draft.backbone)},
        }
    )
