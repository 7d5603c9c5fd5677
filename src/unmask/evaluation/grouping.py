"""Which files belong together, so that a person filmed often does not feign certainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case

AUTO = "auto"
FILE = "file"
_COLUMNS: dict[str, Callable[[Sample], str]] = {
    FILE: lambda one: one.path,
    "identity": lambda one: one.identities[0] if one.identities else "",
    "source": lambda one: one.source,
    "dataset": lambda one: one.dataset,
    "compression": lambda one: one.compression,
    "split": lambda one: one.split,
    "kind": lambda one: one.kind,
    "method": lambda one: one.method or one.attributes.get("method", ""),
}


def attribute(sample: Sample, name: str) -> str:
    """A column of the index or an attribute of the sample, "" where it has none.

    ``identity`` is the first of its people; ``method`` is also known of real files where their
    list says where they come from.
    """
    if name in _COLUMNS:
        return _COLUMNS[name](sample)
    return str(sample.attributes.get(name, ""))


def check_attribute(samples: Sequence[Sample], name: str, option: str) -> None:
    """:class:`DataError` where not one sample has it, naming those there are."""
    if any(attribute(sample, name) for sample in samples):
        return
    keys = sorted({key for sample in samples for key in sample.attributes})
    names = dict.fromkeys(("source", "identity", "method", "dataset", "compression", *keys))
    there = [one for one in names if any(attribute(sample, one) for sample in samples)]
    raise DataError(
        f"{option} {name}: no file of the index has it",
        hint=f"there are: {', '.join([*there, FILE])}",
    )


def grouped(cases: Sequence[Case], by: str = AUTO) -> tuple[list[Case], str]:
    """The cases with their groups, and what they were grouped by.

    ``auto`` takes the identity, the source or the method, the first that every file has and that
    some share; else each file is its own group. People come first, since recordings of one person
    resemble each other. A file that names nobody goes with its recording; a file without the
    attribute is its own group.
    """
    samples = [case.sample for case in cases]
    chosen = by if by != AUTO else _choose(samples)
    check_attribute(samples, chosen, "--groups")
    names = [
        name or f"file {sample.path}"
        for name, sample in zip(_names(samples, chosen), samples, strict=True)
    ]
    return [replace(case, group=name) for case, name in zip(cases, names, strict=True)], chosen


def _names(samples: Sequence[Sample], by: str) -> list[str]:
    """Of each sample what it has of ``by``, "" where it has nothing."""
    if by == "identity":
        return _people(samples)
    return [attribute(sample, by) for sample in samples]


def _people(samples: Sequence[Sample]) -> list[str]:
    """A whole recording is of one person: whom its real file names, whoever fakes of it name."""
    of_recording: dict[str, str] = {}
    for sample in sorted(samples, key=lambda sample: sample.label):
        if person := attribute(sample, "identity"):
            of_recording.setdefault(sample.source, person)
    found = []
    for sample in samples:
        own = attribute(sample, "identity")
        if sample.source:
            own = of_recording.get(sample.source) or f"recording {sample.source}"
        found.append(own)
    return found


def _choose(samples: Sequence[Sample]) -> str:
    for name in ("identity", "source", "method"):
        values = _names(samples, name)
        if not all(values) or not 1 < len(set(values)) < len(values):
            continue
        if name != "identity" or _tell_apart(samples, values):
            return name
    return FILE


def _tell_apart(samples: Sequence[Sample], people: Sequence[str]) -> bool:
    """Whether anybody is named, and each class shows two people: of one there is no interval."""
    pairs = {(sample.label, person) for sample, person in zip(samples, people, strict=True)}
    several = all(sum(label == which for label, _ in pairs) > 1 for which in (0, 1))
    return several and any(sample.identities for sample in samples)
