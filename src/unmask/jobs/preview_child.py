"""One preview in a process of its own, for a film that was analysed without one.

    python -m unmask.jobs.preview_child MEMORY CPU FILE  < order

A failure is said on standard output, exit 3.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import UnmaskError
from unmask.core.scan import Failure
from unmask.jobs.errand import FAILED
from unmask.jobs.limits import Limits
from unmask.jobs.previewing import write_preview


class PreviewOrder(BaseModel):
    """Copy ``source``, of which ``media`` tells, to ``target`` within so many ``seconds``."""

    model_config = ConfigDict(frozen=True)

    source: str
    media: MediaInfo
    target: str
    seconds: float


def main() -> None:
    """Read the order, write the preview."""
    memory, cpu_s, file = (int(text) for text in sys.argv[1:4])
    order = PreviewOrder.model_validate_json(sys.stdin.buffer.read())
    Limits(memory=memory, cpu_s=cpu_s, file=file).apply()
    deadline = Deadline.after(order.seconds)
    try:
        write_preview(Path(order.source), order.media, Path(order.target), deadline)
    except UnmaskError as error:
        print(Failure.of(error).model_dump_json())
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
