"""One preview in a process of its own (:mod:`unmask.jobs.errand`), of a film that has none yet."""

from __future__ import annotations

from pathlib import Path

from unmask.core.analysis import MediaInfo, Record
from unmask.core.deadline import Deadline
from unmask.jobs.errand import carry_out
from unmask.jobs.previewing import write_preview


class PreviewOrder(Record):
    """Copy ``source``, of which ``media`` tells, to ``target`` within so many ``seconds``."""

    source: str
    media: MediaInfo
    target: str
    seconds: float


def _write(order: PreviewOrder) -> None:
    deadline = Deadline.after(order.seconds)
    write_preview(Path(order.source), order.media, Path(order.target), deadline)


if __name__ == "__main__":
    carry_out(PreviewOrder, _write)
