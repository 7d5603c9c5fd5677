"""Several comparisons at once: the more there are, the likelier one differs by chance alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from unmask.evaluation.report import Comparison, Disagreement

_Tested = TypeVar("_Tested", Comparison, Disagreement)


def holm(chances: Sequence[float | None]) -> list[float | None]:
    """Each P corrected for all of them; None, which stands for no test, stays and counts for none.

    Holm, "A simple sequentially rejective multiple test procedure", 1979: the chance of even one
    false difference stays below the level, however the tests hang together.
    """
    known = sorted((p, at) for at, p in enumerate(chances) if p is not None)
    found: list[float | None] = [None] * len(chances)
    highest = 0.0
    for before, (p, at) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - before)))
        found[at] = highest
    return found


def corrected(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same with their Ps corrected: those of AUCs together, and those of each class."""
    rows = [row for one in comparisons for row in one.disagreements]
    real, fake = (_corrected([row for row in rows if row.label == which]) for which in (0, 1))
    pairs = iter(zip(real, fake, strict=True))
    return [
        one.model_copy(update={"disagreements": next(pairs) if one.disagreements else ()})
        for one in _corrected(comparisons)
    ]


def _corrected(tested: Sequence[_Tested]) -> list[_Tested]:
    files, groups = holm([one.p for one in tested]), holm([one.p_over_groups for one in tested])
    return [
        one.model_copy(update={"p_holm": of_files, "p_over_groups_holm": of_groups})
        for one, of_files, of_groups in zip(tested, files, groups, strict=True)
    ]
