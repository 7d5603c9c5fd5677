"""Is an index fit to measure with: leaks between splits, broken files, classes out of balance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from unmask.core.deadline import Deadline
from unmask.core.errors import DataError, InputNotFound, UnmaskError
from unmask.datasets.hashing import hash_frames
from unmask.datasets.index import Index
from unmask.datasets.opening import frame_files, on_disk, opened
from unmask.datasets.report import Balance, CheckReport, Fault, Leak, LeakKind, Repetition
from unmask.datasets.sample import MANIPULATED, SPLITS, Sample
from unmask.video import probe

Progress = Callable[[int, int], None]
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class _Placed:
    """A sample and the root of its index."""

    root: Path
    sample: Sample


def check_indexes(
    indexes: Sequence[Index],
    *,
    probing: bool = True,
    workers: int = 4,
    progress: Progress = lambda _done, _total: None,
) -> CheckReport:
    """Check one index, or several that are to be used together.

    With ``probing`` each file is opened and its first frame decoded, which also gives its hash;
    without, hashes are those of the index and only absent files are noticed.
    """
    placed = [_Placed(index.root, sample) for index in indexes for sample in index]
    faults: list[Fault] = []
    if probing:
        placed = _probed(placed, workers, progress, faults)
    else:
        faults = [fault for one in placed if (fault := _absent(one))]
    samples = [one.sample for one in placed]
    repetitions = _repetitions(samples)
    return CheckReport(
        samples=len(samples),
        hashed=sum(1 for sample in samples if sample.sha256),
        without_split=sum(1 for sample in samples if not sample.split),
        balance=tuple(_balance(samples)),
        leaks=tuple(_leaks(samples)),
        disagreements=tuple(one for one in repetitions if len(one.labels) > 1),
        duplicates=tuple(one for one in repetitions if len(one.labels) == 1),
        missing=tuple(fault for fault in faults if fault.code == InputNotFound.code),
        unreadable=tuple(fault for fault in faults if fault.code != InputNotFound.code),
        notes=tuple(note for index in indexes for note in index.notes),
    )


def _probed(
    placed: Sequence[_Placed], workers: int, progress: Progress, faults: list[Fault]
) -> list[_Placed]:
    done: list[_Placed] = []
    with ThreadPoolExecutor(workers) as pool:  # decoding works outside the interpreter's lock
        for one, (sha256, fault) in zip(placed, pool.map(_look, placed), strict=True):
            known = one.sample.sha256 or sha256
            done.append(_Placed(one.root, replace(one.sample, sha256=known)))
            faults += [fault] if fault else []
            progress(len(done), len(placed))
    return done


def _look(one: _Placed) -> tuple[str, Fault | None]:
    """The file's hash, and what is wrong with it. Of a folder, three frames are decoded."""
    deadline = Deadline.after(_PATIENCE_S)
    try:
        with opened(one.root, one.sample) as path:
            if one.sample.kind != "frames-folder":
                return probe(path, deadline=deadline).sha256, None
            frames = frame_files(path, one.sample)
            if not frames:
                raise DataError(f"{path} holds no frames")
            for frame in dict.fromkeys((frames[0], frames[len(frames) // 2], frames[-1])):
                probe(frame, deadline=deadline)
            return one.sample.sha256 or hash_frames(frames), None
    except OSError as error:
        message = f"cannot read {one.root / one.sample.path}: {error.strerror or error}"
        return "", Fault(path=one.sample.path, code=DataError.code, message=message)
    except UnmaskError as error:
        return "", Fault(path=one.sample.path, code=error.code, message=error.message)


def _absent(one: _Placed) -> Fault | None:
    path, _ = on_disk(one.root, one.sample)
    if path.exists():
        return None
    message = f"{path} is in the index and not on the disk"
    return Fault(path=one.sample.path, code=InputNotFound.code, message=message)


def _balance(samples: Iterable[Sample]) -> list[Balance]:
    counted: Counter[tuple[str, str, str, int]] = Counter(
        (sample.dataset, sample.split, sample.method, sample.label) for sample in samples
    )
    order: dict[str, int] = {split: position for position, split in enumerate(SPLITS)}
    keys = sorted({key[:3] for key in counted}, key=lambda key: (key[0], order[key[1]], key[2]))
    return [
        Balance(
            dataset=dataset,
            split=split,
            method=method,
            real=counted[dataset, split, method, 0],
            manipulated=counted[dataset, split, method, MANIPULATED],
        )
        for dataset, split, method in keys
    ]


def _leaks(samples: Sequence[Sample]) -> list[Leak]:
    """Hashes first: the same file in two splits is the plainest leak."""
    found = []
    ways: dict[LeakKind, Callable[[Sample], Sequence[str]]] = {
        "hash": lambda sample: (sample.sha256,),
        "source": lambda sample: (sample.source,),
        "identity": lambda sample: sample.identities,
    }
    for kind, values in ways.items():
        seen: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
        for sample in samples:
            for value in values(sample):
                if value and sample.split:
                    seen[value].setdefault(sample.split, []).append(sample.path)
        found += [
            Leak(
                kind=kind,
                value=value,
                splits={split: len(paths) for split, paths in splits.items()},
                examples=tuple(paths[0] for paths in splits.values()),
            )
            for value, splits in sorted(seen.items())
            if len(splits) > 1
        ]
    return found


def _repetitions(samples: Iterable[Sample]) -> list[Repetition]:
    by_hash: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.sha256:
            by_hash[sample.sha256].append(sample)
    return [
        Repetition(
            sha256=sha256,
            paths=tuple(sample.path for sample in same),
            labels=tuple(sorted({sample.label for sample in same})),
        )
        for sha256, same in sorted(by_hash.items())
        if len(same) > 1
    ]
