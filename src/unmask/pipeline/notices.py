"""What the reader of a result should know beside the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.core.analysis import MediaInfo, Notice
from unmask.pipeline.choosing import Choice
from unmask.pipeline.looking import Seen
from unmask.video import DamageCount

_MISSING_S, _MISSING_SHARE = 1.0, 0.05  # what the last frame's length and rounding explain


def notices(info: MediaInfo, seen: Seen, damage: DamageCount, choice: Choice) -> Iterator[Notice]:
    """Notices for one file, ``info`` with its frames counted; docs/cli.md lists the codes."""
    if info.frames_damaged:
        yield Notice(
            code="damaged",
            message=f"{info.frames_damaged} packets or frames could not be decoded "
            f"and were skipped; {info.frames_decoded} could.",
        )
    if (stated := _cut_short(info)) is not None:
        yield Notice(
            code="incomplete",
            message=f"The file states a length of {stated:.1f} s and its pictures end after "
            f"{info.duration_s:.1f} s: it seems cut short.",
        )
    elif damage.unsure_of_times:
        yield Notice(
            code="incomplete",
            message="The times of the film start anew midway, and it is too long to be read "
            "through: parts of it may have been missed, and times may be wrong.",
        )
    elif info.kind == "video" and seen.windows < seen.places:
        yield Notice(
            code="incomplete",
            message=f"Of {seen.places} places in the file, {seen.windows} could be looked at: "
            "the picture stands still in the others, or the file is cut short.",
        )
    if damage.rows_missing is not None:
        yield Notice(code="incomplete", message=_broken_off(damage.rows_missing))
    if info.kind == "video" and seen.frames < 2:
        yield Notice(code="single-frame", message="Only one frame of the video could be looked at.")
    if len(damage.sizes) > 1:
        yield Notice(code="size-changes", message="The frames are not all of one size.")
    if seen.transparent:
        yield Notice(
            code="transparent",
            message="A part of the picture is transparent. It was looked at over white (WebM: as "
            "if it were opaque); on another ground it may show something else.",
        )
    if damage.shown_otherwise:
        yield Notice(
            code="viewers-differ",
            message="Programs do not agree on how this file looks: some show it in other colours, "
            "much brighter or darker, or another picture in place of the animation. It was looked "
            "at as browsers show it.",
        )
    yield from _left_unseen(info, damage)
    if choice.left_out:
        yield Notice(
            code="faces-left-out",
            message=f"{choice.left_out} more faces were found than were asked for; "
            f"the {len(choice.faces)} largest and most seen were scored.",
        )
    if choice.brief:
        yield Notice(
            code="brief-detections-ignored",
            message="Seen in a single frame alone, not sure to be a face, and left out: "
            f"{choice.brief}.",
        )


def _left_unseen(info: MediaInfo, damage: DamageCount) -> Iterator[Notice]:
    """Pictures and films of the file beside the one that was analysed."""
    if damage.further and info.kind == "image":
        yield Notice(
            code="more-in-file",
            message=f"Further pictures in the file: {damage.further}. Only the one that is shown "
            "first was looked at.",
        )
    elif damage.further:
        yield Notice(
            code="more-in-file",
            message=f"Further films in the file (picture tracks): {damage.further}. Only the one "
            "that is played by default was looked at.",
        )
    if damage.film_beside:
        yield Notice(
            code="more-in-file",
            message="It is a motion photo: the short film behind the picture was not looked at.",
        )


def _broken_off(rows: int) -> str:
    if not rows:
        return (
            "The picture's file lacks its end mark: it seems cut short. Nothing of it is missing."
        )
    return (
        f"The picture's file breaks off before its end: it seems cut short. Up to {rows} rows at "
        "one of its edges may be missing."
    )


def _cut_short(info: MediaInfo) -> float | None:
    """Seconds that the header states, where the pictures end well before."""
    if info.duration_s is None or info.stated_duration_s is None:
        return None
    stated = info.stated_duration_s
    missing = stated - info.duration_s
    return stated if missing > max(_MISSING_S, _MISSING_SHARE * stated) else None
