"""The index of a data set: one Parquet file that everything later reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from unmask.core.errors import DataError
from unmask.core.extras import needing
from unmask.core.files import whole
from unmask.core.version import __version__
from unmask.datasets.sample import KINDS, SPLITS, Sample

INDEX_SCHEMA = "unmask.index/1"
_KEY = b"unmask.index"
_TEXT = ("path", "dataset", "method", "split", "source", "compression", "kind", "sha256")
COLUMNS = (
    "path", "label", "dataset", "method", "split", "identities", "source", "compression", "kind",
    "attributes", "sha256",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Index:
    """``samples`` ordered by path, which is relative to ``root``; ``notes`` say what was odd."""

    root: Path
    layout: str
    samples: tuple[Sample, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)


def write_index(index: Index, path: Path) -> None:
    """Write Parquet, whole or not at all.

    :class:`DataError` where the disk refuses, :class:`MissingExtra` without pyarrow.
    """
    arrow, parquet = _pyarrow()
    about = {
        "schema": INDEX_SCHEMA,
        "root": str(index.root),
        "layout": index.layout,
        "notes": list(index.notes),
        "unmask": __version__,
    }
    schema = _schema(arrow).with_metadata({_KEY: json.dumps(about).encode()})
    table = arrow.table({name: _column(index.samples, name) for name in COLUMNS}, schema=schema)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            parquet.write_table(table, str(part), compression="zstd")
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror or error}",
            hint="free space there, or choose another place with --out",
        ) from error


def read_index(path: Path, *, root: Path | None = None) -> Index:
    """Read what :func:`write_index` wrote; ``root`` replaces the stored one if the data moved.

    :class:`DataError` for anything else than an index of this version.
    """
    arrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(str(path))
    except FileNotFoundError as error:
        raise DataError(
            f"no index at {path}", hint="make one with: unmask data index ROOT --out index.parquet"
        ) from error
    except (OSError, arrow.ArrowException) as error:
        raise DataError(
            f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}",
            hint="it is cut short or no index; make it anew with unmask data index",
        ) from error
    about = _about(path, table.schema)
    samples = tuple(_samples(path, table.select(list(COLUMNS)).to_pylist()))
    return Index(root or Path(about["root"]), about["layout"], samples, tuple(about["notes"]))


def _about(path: Path, schema: Any) -> dict[str, Any]:
    stored = (schema.metadata or {}).get(_KEY)
    about = json.loads(stored) if stored else {}
    if about.get("schema") != INDEX_SCHEMA or not set(COLUMNS) <= set(schema.names):
        raise DataError(
            f"{path} is Parquet, but not an index of the kind {INDEX_SCHEMA}",
            hint="make it anew with: unmask data index",
        )
    found: dict[str, Any] = about
    return found


def _samples(path: Path, rows: Sequence[dict[str, Any]]) -> Iterator[Sample]:
    for number, row in enumerate(rows):
        if row["label"] not in (0, 1) or row["kind"] not in KINDS or row["split"] not in SPLITS:
            raise DataError(
                f"{path}, row {number} ({row['path']}): label {row['label']}, kind "
                f"{row['kind']!r} or split {row['split']!r} is none that an index may hold",
                hint="make it anew with: unmask data index",
            )
        attributes = json.loads(row["attributes"])
        yield Sample(**row | {"attributes": attributes, "identities": tuple(row["identities"])})


def _column(samples: Sequence[Sample], name: str) -> list[Any]:
    values = [getattr(sample, name) for sample in samples]
    if name == "attributes":
        return [json.dumps(dict(value), sort_keys=True, ensure_ascii=False) for value in values]
    return [list(value) for value in values] if name == "identities" else values


def _schema(arrow: ModuleType) -> Any:
    kinds = dict.fromkeys(_TEXT, arrow.string())
    kinds |= {"label": arrow.int8(), "identities": arrow.list_(arrow.string())}
    kinds["attributes"] = arrow.string()
    return arrow.schema([arrow.field(name, kinds[name], nullable=False) for name in COLUMNS])


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    with needing("data", "an index of a data set"):
        import pyarrow
        import pyarrow.parquet
    return pyarrow, pyarrow.parquet
