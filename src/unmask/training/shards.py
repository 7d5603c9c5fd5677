"""Labelled faces from the shards of ``unmask data prepare``, read where they lie."""

from __future__ import annotations

import json
import logging
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unmask.core.errors import DataError
from unmask.datasets.met import Marks, marks_of
from unmask.datasets.prepare import PLAN, Shard, left_to_make
from unmask.training.films import Film
from unmask.training.material import Portrait, Slice, decode, describe_look

log = logging.getLogger(__name__)
_SCHEMA = "unmask.clip/1"
_HELD = 10  # where no data set has a validation split, every tenth group of people is held out
_MOST = 0.5  # of the clips, that a group may hold to be held out


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One face through one window of a data set: label (1 manipulated), method, split, source.

    ``people`` are all who are seen or whose face was used, as far as the data set knows them;
    ``marks`` those of :func:`unmask.datasets.met.marks_of`.
    """

    film: Film
    label: int
    method: str
    split: str
    source: str
    people: frozenset[str] = frozenset()
    marks: Marks = field(default_factory=dict)


def read_shards(folder: Path, *, margin: float) -> list[Labelled]:
    """Every clip of the finished shards in ``folder``, crops left on disk.

    Left out are videos in which faces that were not manipulated may have been cut too. Raises
    :class:`DataError` for a preparation that is not finished, a shard that is unfinished or cut
    short, and for crops tighter than ``margin``, of which nothing can be cut.
    """
    _check_whole(folder)
    clips, doubtful = [], 0
    for tar in sorted(folder.glob("*.tar")):
        _check(tar)
        for about, crops in _entries(tar):
            if about["margin"] < margin:
                raise DataError(
                    f"{tar} holds crops of margin {about['margin']}, the recipe wants {margin}",
                    hint=f"prepare the data set with --margin {margin * 1.3:.1f}",
                )
            if about["label"] == 1 and _partly(about["attributes"]):
                doubtful += 1
            else:
                clips.append(_clip(tar, about, crops))
    if not clips:
        raise DataError(f"{folder} holds no shards with faces in them", hint="unmask data prepare")
    if doubtful:
        log.info("%s: %d clips that are manipulated in part are left out", folder, doubtful)
    return clips


def hold_out(clips: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """For fitting, and held out: the data set's own splits, or every tenth group of people.

    A group is who is linked by clips of both, as face and donor, or by a recording; of clips
    without known people, a recording. What is in the split ``test`` is in neither.
    :class:`DataError` where the splits share somebody, or a recording.
    """
    usable = [clip for clip in clips if clip.split != "test"]
    nameless = sum(not clip.people and not _recording(clip) for clip in usable)
    if nameless:
        log.warning(
            "%d of %d labelled clips say neither who is in them nor of which recording they are: "
            "whom they show may be fitted on and held out, which flatters what is said of the fit",
            nameless,
            len(usable),
        )
    if any(clip.split == "val" for clip in usable):
        fitted = [clip for clip in usable if clip.split != "val"]
        held = [clip for clip in usable if clip.split == "val"]
        _check_apart(fitted, held)
        return fitted, held
    groups = [group for group in _groups(usable) if len(group) <= _MOST * len(usable)]
    chosen = groups[min(_HELD // 2, len(groups) // 2) :: _HELD]
    places = {place for group in chosen for place in group}
    return (
        [clip for place, clip in enumerate(usable) if place not in places],
        [clip for place, clip in enumerate(usable) if place in places],
    )


def _recording(clip: Labelled) -> tuple[str, ...]:
    """As the data set names it, if it does."""
    return () if clip.source == clip.film.name else (clip.source,)


def _check_apart(fitted: Sequence[Labelled], held: Sequence[Labelled]) -> None:
    ways: dict[str, Callable[[Labelled], Iterable[str]]] = {
        "people": lambda clip: clip.people,
        "recordings": _recording,
    }
    for what, names in ways.items():
        sides = [{name for clip in side for name in names(clip)} for side in (fitted, held)]
        shared = sorted(sides[0] & sides[1])
        if shared:
            raise DataError(
                f"{len(shared)} {what} are in the split 'val' and in another one, {shared[0]} "
                "among them: what was learnt of them by heart would count as told",
                hint=f"put each of these {what} into one split of the index, and run 'unmask data "
                "prepare' anew; 'unmask data check' lists all of them",
            )


def _groups(clips: Sequence[Labelled]) -> list[list[int]]:
    """Places of clips that people or a recording link, by the name that comes first."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (parent := above.setdefault(name, name)) != name:
            above[name] = name = above[parent]  # halves the way for the next time
        return name

    names = [sorted({f"source {clip.source}", *clip.people}) for clip in clips]
    for linked in names:
        for name in linked[1:]:
            above[top(name)] = top(linked[0])
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, linked in enumerate(names):
        found[top(linked[0])].append(place)
    return sorted(found.values(), key=lambda places: min(names[place] for place in places))


def _check_whole(folder: Path) -> None:
    """Half a data set would be fitted on in silence, and its splits would not be those it has."""
    left = left_to_make(folder)
    if left:
        raise DataError(
            f"{folder} lacks {left} of the shards that it was planned with, {PLAN} says",
            hint="run 'unmask data prepare' again, it makes what is missing; or delete that "
            f"{PLAN} to fit on the shards that are there",
        )


def _check(tar: Path) -> None:
    beside = tar.with_suffix(".json")
    try:
        expected = Shard.model_validate_json(beside.read_bytes()).bytes
    except (OSError, ValueError) as error:
        raise DataError(
            f"{tar} is unfinished: {beside.name} does not say that it is whole",
            hint="run 'unmask data prepare' again; it makes what is missing",
        ) from error
    if tar.stat().st_size != expected:
        raise DataError(
            f"{tar} is cut short: {tar.stat().st_size} of {expected} bytes",
            hint="run 'unmask data prepare' again; it makes that shard anew",
        )


def _entries(tar: Path) -> Iterator[tuple[dict[str, Any], list[Slice]]]:
    """Each clip's JSON and where its crops lie, in order of time."""
    crops: defaultdict[str, list[Slice]] = defaultdict(list)
    with tarfile.open(tar) as archive:
        for member in archive:
            key = member.name.partition(".")[0]
            if not member.name.endswith(".json"):
                crops[key].append(Slice(tar, member.offset_data, member.size))
                continue
            stream = archive.extractfile(member)
            about: dict[str, Any] = json.loads(stream.read()) if stream else {}
            if about.get("schema") != _SCHEMA or len(about["landmarks"]) != len(crops[key]):
                raise DataError(f"{tar}: {member.name} is not {_SCHEMA} of the crops beside it")
            yield about, crops.pop(key)


def _clip(tar: Path, about: dict[str, Any], crops: Sequence[Slice]) -> Labelled:
    points = [np.array(five, dtype=np.float32) for five in about["landmarks"]]
    middle = len(crops) // 2
    # One look for the whole clip: the person and the light stay.
    look = describe_look(decode(crops[middle]), points[middle])
    person = "+".join(about["identities"]) or about["source"] or about["path"]
    origin = about["dataset"] or tar.parent.name
    frames = tuple(
        Portrait(crop, five, person, about["split"], "as the data set", origin, look)
        for crop, five in zip(crops, points, strict=True)
    )
    return Labelled(
        film=Film(frames, about["path"], stated=True),
        label=about["label"],
        method=about["method"],
        split=about["split"],
        source=about["source"] or about["path"],
        people=frozenset(about["identities"]),
        marks=marks_of(
            path=about["path"],
            dataset=about["dataset"],
            source=about["source"],
            people=about["identities"],
            size=about.get("bytes"),
        ),
    )


def _partly(attributes: Any) -> bool:
    return bool({"real_faces_too", "segments"} & dict(attributes).keys())
