"""All units in worker processes, finished shards left alone, and the account at the end."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from unmask.core.analysis import Document
from unmask.core.claim import claimed_folder
from unmask.core.errors import DataError
from unmask.datasets.index import Index
from unmask.datasets.opening import MOVED
from unmask.datasets.prepare.options import PrepareOptions, option_of
from unmask.datasets.prepare.plan import Unit, count_samples, fingerprint, plan_units
from unmask.datasets.prepare.shards import Shard, finished, refused, write_record
from unmask.datasets.prepare.working import begin_worker, make_shard
from unmask.datasets.report import Fault

Progress = Callable[[int, int], None]
PLAN, SUMMARY = "plan.json", "summary.json"


class Plan(Document):
    """What a folder of shards was begun with, so that nothing else is mixed in."""

    schema_id: Literal["unmask.plan/1"] = Field(default="unmask.plan/1", alias="schema")
    fingerprint: str
    layout: str
    root: str
    samples: int
    shards: int
    options: dict[str, Any]


class Prepared(Document):
    """The account of a finished preparation, ``unmask.prepared/1``."""

    schema_id: Literal["unmask.prepared/1"] = Field(default="unmask.prepared/1", alias="schema")
    shards: int
    kept: int = Field(description="shards that an earlier run had finished")
    samples: int
    clips: int
    crops: int
    faceless: tuple[str, ...]
    failed: tuple[Fault, ...]


def prepare(
    index: Index,
    out: Path,
    options: PrepareOptions,
    *,
    workers: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> Prepared:
    """Write shards of face crops into ``out``, or those that are still missing there.

    ``progress`` counts samples. :class:`DataError` when the index's root is not there, ``out`` was
    begun with another index or other options, another run is at work in it, or it cannot be
    written; what is finished stays.
    """
    if not index.root.exists():
        raise DataError(f"{index.root}, where the index has its files, is not there", hint=MOVED)
    units = plan_units(index, options)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(out, error) from error
    with claimed_folder(out, "--out"):
        _agree(out, _plan(index, options, units))
        done = {unit.name: finished(out, unit.name, unit.fingerprint) for unit in units}
        shards = [shard for shard in done.values() if shard is not None]
        kept, total = len(shards), count_samples(units)
        progress(sum(shard.samples for shard in shards), total)
        for shard in _made([unit for unit in units if done[unit.name] is None], out, workers):
            shards.append(shard)
            progress(sum(one.samples for one in shards), total)
        account = _account(sorted(shards, key=lambda shard: shard.name), kept)
        write_record(out / SUMMARY, account)
    return account


def left_to_make(folder: Path) -> int:
    """How many of the planned shards a folder lacks; 0 where it has no plan that can be read."""
    try:
        planned = Plan.model_validate_json((folder / PLAN).read_bytes()).shards
    except (OSError, ValidationError):
        return 0
    return max(0, planned - len(list(folder.glob("*.tar"))))


def _made(units: Sequence[Unit], out: Path, workers: int) -> Iterator[Shard]:
    if workers < 2 or len(units) < 2:
        for unit in units:
            yield make_shard(unit, out)
        return
    context = multiprocessing.get_context("spawn")  # inference runtimes do not survive a fork
    with ProcessPoolExecutor(workers, mp_context=context, initializer=begin_worker) as pool:
        futures = [pool.submit(make_shard, unit, out) for unit in units]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise DataError(
                f"a worker was killed while preparing {out}, maybe for want of memory",
                hint="run the same command again, with fewer --workers; finished shards are kept",
            ) from error
        except BaseException:  # also an interruption, and a caller that stops listening
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _plan(index: Index, options: PrepareOptions, units: Sequence[Unit]) -> Plan:
    return Plan(
        fingerprint=fingerprint(index, options),
        layout=index.layout,
        root=str(index.root),
        samples=len(index),
        shards=len(units),
        options=options.model_dump(exclude={"timeout_s"}),
    )


def _agree(out: Path, plan: Plan) -> None:
    """Write the plan, or see that the folder was begun with this one."""
    path = out / PLAN
    try:
        before = Plan.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        write_record(path, plan)
        return
    except (OSError, ValidationError) as error:
        raise DataError(
            f"{path} cannot be read: it is not the plan of a preparation",
            hint="delete that folder, or choose another with --out",
        ) from error
    if before.fingerprint == plan.fingerprint:
        return
    changed = [
        f"{option_of(name)} {before.options.get(name)}, now {value}"
        for name, value in plan.options.items()
        if before.options.get(name) != value
    ]
    what = "; ".join(changed) or f"another index ({before.samples} samples of {before.root})"
    raise DataError(
        f"{out} was begun with {what}, or by another version of Unmask",
        hint="choose another folder with --out, or delete this one to begin anew",
    )


def _account(shards: Sequence[Shard], kept: int) -> Prepared:
    return Prepared(
        shards=len(shards),
        kept=kept,
        samples=sum(shard.samples for shard in shards),
        clips=sum(shard.clips for shard in shards),
        crops=sum(shard.crops for shard in shards),
        faceless=tuple(path for shard in shards for path in shard.faceless),
        failed=tuple(fault for shard in shards for fault in shard.failed),
    )
