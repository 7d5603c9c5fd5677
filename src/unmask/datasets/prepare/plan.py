"""The work as units that know nothing of each other: one shard each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from unmask.core.version import JUDGING, __version__
from unmask.datasets.index import Index
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.sample import INSIDE, SPLITS, Sample
from unmask.datasets.state import file_state


@dataclass(frozen=True, slots=True)
class Unit:
    """One shard's worth of samples, with their positions in the index. Can be pickled.

    ``fingerprint`` stands for the whole preparation and for the files of this shard.
    """

    name: str
    root: Path
    samples: tuple[tuple[int, Sample], ...]
    options: PrepareOptions
    fingerprint: str


def plan_units(index: Index, options: PrepareOptions) -> list[Unit]:
    """Shards by split, ``train-000000`` and so on, ``all-…`` where there is no split.

    Samples are mixed, the same way every time, as a shard of one method alone would be read as
    one; those inside one archive stay together, as it is extracted for each.
    """
    seal = fingerprint(index, options)
    units = []
    for split in SPLITS:
        chosen = [(at, one) for at, one in enumerate(index.samples) if one.split == split]
        mixed = sorted(chosen, key=lambda pair: (_mix(pair[1]), pair[0]))
        for number, start in enumerate(range(0, len(mixed), options.per_shard)):
            part = tuple(mixed[start : start + options.per_shard])
            own = _of_files(seal, index.root, [one for _, one in part])
            units.append(Unit(f"{split or 'all'}-{number:06d}", index.root, part, options, own))
    return units


def fingerprint(index: Index, options: PrepareOptions) -> str:
    """A hash over everything that decides what is in the shards, but what is in the files."""
    shaping = options.model_dump(exclude={"timeout_s"})
    # Faces are found and cut by the very code that judges.
    digest = hashlib.sha256(_json([__version__, JUDGING, shaping]))
    for sample in index.samples:
        stated = asdict(sample) | {"attributes": dict(sample.attributes), "sha256": ""}
        digest.update(_json(stated))
    return digest.hexdigest()


def count_samples(units: Sequence[Unit]) -> int:
    """Of all units."""
    return sum(len(unit.samples) for unit in units)


def _of_files(seal: str, root: Path, samples: Sequence[Sample]) -> str:
    """With what is known of the files: their hashes, or else their sizes and times."""
    states = [sample.sha256 or file_state(root, sample) for sample in samples]
    return hashlib.sha256(_json([seal, states])).hexdigest()


def _mix(sample: Sample) -> str:
    return hashlib.sha256(sample.path.partition(INSIDE)[0].encode()).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
