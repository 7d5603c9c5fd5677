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
from unmask.video.begun import Begun
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
    begun: Begun | None = None,
) -> Iterator[Window]:
    """The window of each plan, by rising start; a plan in which nothing decodes is left out.

    ``wanted`` is asked for each spare plan, once all windows before it were yielded.

    ``begun`` is what :func:`unmask.video.begin` left open of the file, where it suits the plans:
    it is read on from there, and ``damage`` must be what it has counted so far.

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
        given = begun.given(deadline) if begun else None
        jumps = any(plan.start > _begins(info) for plan in some)
        reader = given or frame_reader(path, info, deadline, damage, jumps=jumps)
        for window in _windows(reader, path, info, some, wanted):
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
    opened: FrameReader | AnimationReader,
    path: Path,
    info: MediaInfo,
    plans: Sequence[WindowPlan],
    wanted: Callable[[], bool],
) -> Iterator[Window]:
    size = (info.width, info.height)
    last: Fraction | None = None
    with opened as reader:
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


def frame_reader(
    path: Path, info: MediaInfo, deadline: Deadline, damage: DamageCount, *, jumps: bool
) -> FrameReader | AnimationReader:
    """What hands out a film's frames in order, as they are shown and at their times.

    ``jumps`` lets it pass over what nobody asks for. A context manager.
    """
    if info.container in _ANIMATIONS:
        with recognised(path) as image:
            by_pillow = image is not None and plays_by_pillow(image)
        if by_pillow:
            return AnimationReader(path, deadline, damage)
    return FrameReader(path, deadline, damage, jumps=jumps, begins=_begins(info))


def _begins(info: MediaInfo) -> Fraction:
    return Fraction(info.starts_s).limit_denominator(1000)
