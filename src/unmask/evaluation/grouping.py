"""Which files belong together, so that a person filmed often does not feign certainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case

AUTO = "auto"
FILE = "file"


def attribute(sample: Sample, name: str) -> str:
    """A column of the index or an attribute of the sample, "" where it has none.

    ``identity`` is the first of its people; ``method`` is also known of real files where their
    list says where they come from.
    """
    columns: dict[str, Callable[[Sample], str]] = {
        FILE: lambda one: one.path,
        "identity": lambda one: one.identities[0] if one.identities else "",
        "source": lambda one: one.source,
        "dataset": lambda one: one.dataset,
        "compression": lambda one: one.compression,
        "split": lambda one: one.split,
        "kind": lambda one: one.kind,
        "method": lambda one: one.method or one.attributes.get("method", ""),
    }
    if name in columns:
        return columns[name](sample)
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

    ``auto`` takes the source, the identity or the method, the first that every file has and that
    some share; else each file is its own group. A file without the attribute is its own group.
    """
    samples = [case.sample for case in cases]
    chosen = by if by != AUTO else _choose(samples)
    check_attribute(samples, chosen, "--groups")
    names = [attribute(sample, chosen) or f"file {sample.path}" for sample in samples]
    return [replace(case, group=name) for case, name in zip(cases, names, strict=True)], chosen


def _choose(samples: Sequence[Sample]) -> str:
    for name in ("source", "identity", "method"):
        values = [attribute(sample, name) for sample in samples]
        if all(values) and 1 < len(set(values)) < len(values):
            return name
    return FILE
