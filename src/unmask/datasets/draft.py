"""An index in the making: where loaders put samples, and where contradictions come to light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Literal

from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.datasets.tree import Tree
from unmask.datasets.words import called

_AGAIN = "it was extracted or downloaded in part: do that again"
Pictures = Literal["single", "frames"]
PARTLY = "index what is there with --partial"
"""The way out of a release that is not whole, for whoever indexes it."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """``partial`` indexes what is there and notes what is not, instead of refusing.

    ``pictures`` says what a folder of numbered pictures is in a plain tree: single pictures, or
    the frames of one video; None refuses where both are possible. ``compression`` is the level to
    take of a set that has several, "" all of them.
    """

    partial: bool = False
    pictures: Pictures | None = None
    compression: str = ""


@dataclass(slots=True)
class Draft:
    """Samples by path, each with the place that stated its label."""

    tree: Tree
    dataset: str
    options: LoadOptions
    notes: list[str] = field(default_factory=list)
    _samples: dict[str, tuple[Sample, str]] = field(default_factory=dict)
    _repeated: int = 0

    def add(self, sample: Sample, said_by: str) -> None:
        """Add a sample; ``said_by`` is the place that stated its label, for messages.

        The same again is dropped; another label or another split for a path is a
        :class:`DataError` that names both places. A data set's name left empty is the draft's. A
        path that is no text, which nothing later could write down, is lacking. What is at another
        compression than the one asked for is dropped.
        """
        if not self.wants(sample.compression):
            return
        if not _is_text(sample.path):
            self.lack(
                f"{self.tree.root} holds a file whose name is not UTF-8: {_escaped(sample.path)}",
                "rename it",
            )
            return
        sample = replace(
            sample,
            dataset=sample.dataset or self.dataset,
            method=sample.method if sample.label else "",
            identities=tuple(dict.fromkeys(sample.identities)),
        )
        known = self._samples.get(sample.path)
        if known is None:
            self._samples[sample.path] = (sample, said_by)
            return
        self._repeated += 1
        self._compare(sample, said_by, *known)
        if not known[0].split and sample.split:
            self._samples[sample.path] = (replace(known[0], split=sample.split), said_by)

    def wants(self, compression: str) -> bool:
        """Whether files at this compression are asked for."""
        return self.options.compression in ("", compression)

    def _compare(self, new: Sample, said_by: str, old: Sample, said_before: str) -> None:
        if new.label != old.label:
            self.disagree(new.path, called(new.label), said_by, called(old.label), said_before)
        if new.split and old.split and new.split != old.split:
            self.disagree(new.path, new.split, said_by, old.split, said_before)

    def disagree(self, path: str, one: str, by_one: str, other: str, by_other: str) -> None:
        """Refuse: two places say different things of one file."""
        raise DataError(
            f"{self.tree.root / path} is '{one}' by {by_one} and '{other}' by {by_other}",
            hint="find out which is right and correct the other; nothing was written",
        )

    def lack(self, what: str, fix: str) -> None:
        """Something the release has is not here: an error, or a note where that is allowed."""
        if not self.options.partial:
            raise DataError(what, hint=f"{fix}; or {PARTLY}")
        self.notes.append(what)

    def lack_files(
        self, at: str, missing: Sequence[str], listed: int, by: str, *, fix: str = _AGAIN
    ) -> None:
        """Listed files that are absent, if any."""
        if missing:
            self.lack(
                f"{self.tree.root / at} lacks {len(missing)} of the {listed} files that {by} "
                f"lists, {PurePosixPath(missing[0]).name} first",
                fix,
            )

    def finish(self) -> list[Sample]:
        """The samples by path. Refuses an empty result and the traces of a broken download."""
        for found, what in ((self.tree.empty, "empty"), (self.tree.unfinished, "unfinished")):
            if found:
                self.lack(
                    f"{self.tree.root} holds {len(found)} {what} files, {min(found)} first",
                    "a download or an extraction broke off: do it again",
                )
        if self._repeated:
            self.notes.append(f"{self._repeated} repeated rows were dropped")
        if not self._samples:
            if wanted := self.options.compression:
                raise DataError(
                    f"{self.tree.root} holds nothing at the compression {wanted!r}",
                    hint="leave --compression out to see what there is",
                )
            raise DataError(
                f"no videos or pictures were found in {self.tree.root}",
                hint="extract the archives first, or give the folder that holds them",
            )
        levels = sorted({one.compression for one, _ in self._samples.values()} - {""})
        if len(levels) > 1:
            self.notes.append(
                f"files are at {' and '.join(levels)}: what is measured on this index is of all "
                "of them together; 'unmask data index --compression' takes one level"
            )
        return [self._samples[path][0] for path in sorted(self._samples)]


def _is_text(path: str) -> bool:
    """Bytes of a name that are not UTF-8 come from the system as lone surrogates."""
    return _escaped(path) == path


def _escaped(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
