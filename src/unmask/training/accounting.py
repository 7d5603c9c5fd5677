"""What a package says of how it was fitted: by what, from what, on what, chosen by what."""

from __future__ import annotations

from collections import Counter

from unmask.datasets.met import joined, merged
from unmask.runtime.package import DataSource, Training
from unmask.training.recipe import DetectorRecipe
from unmask.training.side import Side
from unmask.training.start import Start


def account(
    recipe: DetectorRecipe,
    file: str,
    start: Start,
    sides: tuple[Side, Side],
    *,
    seconds: float,
    machine: str,
) -> Training:
    """Of a fit of ``recipe``, read from ``file``. What a model it started from met, it has met."""
    train, held = sides
    before = start.before.training if start.before else None
    return Training(
        recipe=file,
        seed=recipe.seed,
        seconds=round(seconds),
        machine=machine,
        start=start.origin,
        data=_with_earlier(count_sources(train), before.data if before else ()),
        methods=tuple(sorted({*train.labelled.methods(), *(before.methods if before else ())})),
        fitted_on=merged(_marks(train), before.fitted_on if before else ""),
        held_out=merged(_marks(held), before.held_out if before else ""),
    )


def count_sources(train: Side) -> tuple[DataSource, ...]:
    """Every origin with its licence and how much of it was used."""
    pictures = Counter((p.origin, p.licence) for p in train.portraits)
    films = [*train.films, *(clip.film for clip in train.labelled.fakes())]
    clips = {(film.frames[0].origin, film.frames[0].licence, film.name) for film in films}
    per_clip = Counter((origin, licence) for origin, licence, _ in clips)
    return tuple(
        [
            DataSource(name=name, licence=licence, count=count, unit="pictures")
            for (name, licence), count in sorted(pictures.items())
        ]
        + [
            DataSource(name=name, licence=licence, count=count, unit="clips")
            for (name, licence), count in sorted(per_clip.items())
        ]
    )


def _with_earlier(
    now: tuple[DataSource, ...], before: tuple[DataSource, ...]
) -> tuple[DataSource, ...]:
    """Each source once, with the larger count: nobody knows whether it is more of the same."""
    most: dict[tuple[str, str, str], DataSource] = {}
    for one in (*now, *before):
        key = (one.name, one.licence, one.unit)
        if key not in most or most[key].count < one.count:
            most[key] = one
    return tuple(most.values())


def _marks(side: Side) -> str:
    return joined(clip.marks for clip in side.labelled.clips)
