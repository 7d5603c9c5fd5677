"""Windows of frames for the plans, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.core.frames import Window, WindowPlan
from unmask.video.animation import AnimationReader, plays_by_pillow
from unmask.video.counts import DamageCount
from unmask.video.limits import frames_that_fit
from unmask.video.pictures import read_picture
from unmask.video.pillow import recognised
from unmask.video.reader import FrameReader
from unmask.video.sampling import Shots, pick

_ANIMATIONS = frozenset({"webp", "gif", "apng", "avif"})
_ENDLESS = Fraction(10**9)


def read_windows(
    path: Path,
    info: MediaInfo,
    plans: Sequence[WindowPlan],
    *,
    deadline: Deadline,
    damage: DamageCount,
    wanted: Callable[[], bool] = lambda: False,
) -> Iterator[Window]:
    """The window of each plan, by rising start; a plan in which nothing decodes is left out.

    ``wanted`` is asked for each spare plan, once all windows before it were yielded.

    ``info`` is what :func:`unmask.video.probe` said of the same file. Windows never overlap and
    times rise strictly through all of them. Nothing of a window is kept here once the next is
    asked for; frames larger than 4K may make it shorter (``limits.WINDOW_BYTES``). Where no plan
    finds a frame, as when all the file's times are wrong, the first plan is read from the start.
    A picture is one window of one frame at time 0, whatever the plans.

    Raises :class:`Damaged` if nothing decodes in the whole file, and ``TooLarge``,
    ``TimeBudgetExceeded`` and the errors of ``probe`` where they arise.
    """
    if info.kind == "image":
        yield Window((read_picture(path, damage),))
        return
    ordered = sorted(plans, key=lambda plan: plan.start)
    anywhere = [WindowPlan(Fraction(0), _ENDLESS, one.frames, one.step) for one in ordered[:1]]
    found = False
    for some in (ordered, anywhere):
        for window in _windows(path, info, some, deadline, damage, wanted):
            found = True
            yield window
            del window  # the loop would keep it while the next is decoded
        if found or not ordered:
            return
    raise Damaged(
        f"{path}: not one frame could be decoded",
        hint="it seems cut short or overwritten; copy or download it again",
    )


def _windows(
    path: Path,
    info: MediaInfo,
    plans: Sequence[WindowPlan],
    deadline: Deadline,
    damage: DamageCount,
    wanted: Callable[[], bool],
) -> Iterator[Window]:
    size = (info.width, info.height)
    last: Fraction | None = None
    with _reader(path, info, plans, deadline, damage) as reader:
        shots = Shots(reader.next, min((plan.step for plan in plans), default=Fraction(1)))
        for plan in plans:
            if plan.spare and not wanted():
                continue
            count = min(plan.frames, frames_that_fit(*size))
            reader.enter(plan.start, max(plan.start, plan.stop - plan.step * plan.frames))
            try:
                frames = pick(shots, plan, count=count, size=size, after=last)
            except av.error.FFmpegError as error:  # colours stored in a way that it cannot convert
                raise Damaged(
                    f"{path}: the picture cannot be decoded: {error.strerror}",
                    hint="convert it to H.264 first",
                ) from error
            if frames:
                last = frames[-1].time
                window = Window(tuple(frames))
                del frames
                yield window
                del window


def _reader(
    path: Path,
    info: MediaInfo,
    plans: Sequence[WindowPlan],
    deadline: Deadline,
    damage: DamageCount,
) -> FrameReader | AnimationReader:
    if info.container in _ANIMATIONS:
        with recognised(path) as image:
            by_pillow = image is not None and plays_by_pillow(image)
        if by_pillow:
            return AnimationReader(path, deadline, damage)
    begins = Fraction(info.starts_s).limit_denominator(1000)
    jumps = any(plan.start > begins for plan in plans)
    return FrameReader(path, deadline, damage, jumps=jumps, begins=begins)
