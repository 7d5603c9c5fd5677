"""Which files, recordings and people a model has met, so that an evaluation can say so.

A package keeps no names, which may be nobody's business: of each it has ten digits of a hash,
which two different ones hardly ever share.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from unmask.datasets.opening import on_disk
from unmask.datasets.sample import INSIDE, Sample

FILE, RECORDING, PERSON = "file", "recording", "person"
KINDS = (FILE, RECORDING, PERSON)
"""From the closest: one that is met is counted as the first of these by which it is known."""

Marks = Mapping[str, Sequence[str]]
"""By kind, the digits of what a file, its recording and its people are known by."""

_DIGITS = 10


def file_bytes(root: Path, sample: Sample) -> int | None:
    """The size of a sample's file; None of a folder, of what lies in an archive, and of nothing."""
    try:
        place, inside = on_disk(root, sample)
        if inside or not place.is_file():
            return None
        return place.stat().st_size
    except OSError:
        return None


def marks_of(
    *, path: str, dataset: str, source: str, people: Iterable[str], size: int | None
) -> Marks:
    """What a sample is known by.

    A file is known by its name and its size, wherever it lies; without a size by its path in its
    data set. Recordings and people are known by the names that indexes and lists have for them.
    """
    name = PurePosixPath(path).name
    file = f"{name} {size}" if size is not None and INSIDE not in path else f"{dataset}/{path}"
    return {
        FILE: [_digits(FILE, file)],
        RECORDING: [_digits(RECORDING, source)] if source else [],
        PERSON: [_digits(PERSON, person) for person in people],
    }


def marks_of_sample(root: Path, sample: Sample, size: int | None = None) -> Marks:
    """Of a sample of an index; ``size`` is its file's where that does not lie under ``root``."""
    found = file_bytes(root, sample)
    return marks_of(
        path=sample.path,
        dataset=sample.dataset,
        source=sample.source,
        people=sample.identities,
        size=size if found is None else found,
    )


def joined(marks: Iterable[Marks]) -> str:
    """All of them, as a manifest keeps them: sorted, each once, blanks between."""
    return " ".join(sorted({digits for one in marks for found in one.values() for digits in found}))


def merged(*kept: str) -> str:
    """What several manifests keep, as one."""
    return " ".join(sorted({digits for text in kept for digits in text.split()}))


def counted(samples: Iterable[Marks], met: str) -> Counter[str]:
    """How many of the files are among what was ``met``, by the closest kind by which they are."""
    known = frozenset(met.split())
    closest = (_closest(marks, known) for marks in samples)
    return Counter(kind for kind in closest if kind)


def _closest(marks: Marks, known: Collection[str]) -> str:
    return next((kind for kind in KINDS if any(mark in known for mark in marks[kind])), "")


def _digits(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:_DIGITS]
