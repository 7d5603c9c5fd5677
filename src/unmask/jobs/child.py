"""One analysis in a process of its own, which may crash, hang or eat memory by itself.

    python -m unmask.jobs.child MEMORY CPU FILE  < order  > messages

Standard input stays open as long as the worker lives: when it closes, the child ends.
"""

from __future__ import annotations

import os
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import InputNotReadable, UnmaskError
from unmask.core.heap import return_large_blocks
from unmask.core.scan import Failure
from unmask.evidence import EvidenceCollector
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Failed, Finished, Order, Said, Working
from unmask.jobs.options import same_model
from unmask.jobs.pictures import write_pictures, write_provenance
from unmask.jobs.previewing import PREVIEW, wanted_at_once, write_preview
from unmask.jobs.room import NO_ROOM, no_room
from unmask.jobs.streams import own_stdout, when_stdin_closes

_PREVIEW_S = 60.0
_PAUSE_S = 0.1  # progress is for eyes


class Speaker:
    """Says messages to the worker, progress not more often than eyes can follow."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._last: tuple[str, float] = ("", 0.0)

    def say(self, message: Said) -> None:
        """One line."""
        self._stream.write(message.model_dump_json().encode() + b"\n")
        self._stream.flush()

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """See :class:`unmask.pipeline.Progress`."""
        now = time.monotonic()
        if stage == self._last[0] and done < total and now - self._last[1] < _PAUSE_S:
            return
        self._last = (stage, now)
        self.say(Working(stage=stage, done=done, total=total))


def main() -> None:
    """Read the order, analyse, say what came of it."""
    limits = Limits.of_arguments(sys.argv[1:])
    speaker = Speaker(own_stdout())
    order = Order.model_validate_json(sys.stdin.buffer.readline())
    when_stdin_closes(lambda: os._exit(1))
    limits.apply()
    return_large_blocks()
    speaker.say(answer(order, speaker))


def answer(order: Order, speaker: Speaker) -> Finished | Failed:
    """The document, or the failure; whatever the file provokes is caught."""
    try:
        return Finished(document=_analyse(order, speaker))
    except UnmaskError as error:
        return Failed(error=_by_name(Failure.of(error), order))
    except MemoryError:
        return Failed(error=out_of_memory())
    except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes is its own failure
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return Failed(error=Failure.of(no_room()))
        flaw = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        hint = "please report it as a bug in Unmask, with the file if you may"
        message = f"the analysis failed unexpectedly: {flaw}"
        failure = Failure(code="internal", message=message, hint=hint)
        return Failed(error=_by_name(failure, order))


def _by_name(failure: Failure, order: Order) -> Failure:
    """It speaks of the file by the name it came under, not by its place on the server."""

    def told(text: str) -> str:
        return text.replace(order.path, order.name).replace(Path(order.path).name, order.name)

    return Failure(code=failure.code, message=told(failure.message), hint=told(failure.hint))


def _analyse(order: Order, speaker: Speaker) -> str:
    analyser = order.options.analyser()
    same_model(analyser, order.model_sha256)
    collector = EvidenceCollector()
    analysis = analyser.analyse(order.path, progress=speaker, evidence=collector)
    if analysis.media.sha256 != order.sha256:
        raise InputNotReadable(
            f"{order.name}: is not any more what was received",
            hint="the server's disk may be failing; delete this file's analyses, then upload it "
            "again",
        )
    media = analysis.media.model_copy(update={"name": order.name})
    analysis = analysis.model_copy(update={"media": media})
    speaker("draw", 0, 1)
    folder, source = Path(order.folder), Path(order.path)
    write_pictures(folder, source, analysis, collector, analyser.package)
    write_provenance(folder, source)
    if order.preview and wanted_at_once(media):
        _preview(folder, source, media, speaker)
    return analysis.to_json()


def _preview(folder: Path, source: Path, media: MediaInfo, speaker: Speaker) -> None:
    """A film that was analysed is analysed, also where no copy can be made of it in time."""
    total = round(10 * (media.duration_s or 0.0)) + 1

    def told(time: Fraction) -> None:
        speaker("preview", min(round(10 * time), total - 1), total)

    try:
        write_preview(source, media, folder / PREVIEW, Deadline.after(_PREVIEW_S), told)
    except Exception as error:  # noqa: BLE001 - the page then shows a frame, and says why
        print(f"no preview: {error}", file=sys.stderr)


def out_of_memory() -> Failure:
    """The failure of a file that needs more than it may have."""
    return Failure(
        code="memory",
        message="the analysis needed more memory than a job may use",
        hint="ask for fewer frames, or have the server's UNMASK_JOB_MEMORY raised",
    )


if __name__ == "__main__":
    main()
