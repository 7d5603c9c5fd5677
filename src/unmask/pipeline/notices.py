"""What the reader of a result should know beside the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unmask.core.analysis import MediaInfo, Notice
from unmask.core.frames import WindowPlan
from unmask.pipeline.choosing import Choice
from unmask.pipeline.looking import Seen


def notices(
    info: MediaInfo, plans: Sequence[WindowPlan], seen: Seen, choice: Choice
) -> Iterator[Notice]:
    """Notices for one file, ``info`` with its frames counted; docs/cli.md lists the codes."""
    if info.frames_damaged:
        yield Notice(
            code="damaged",
            message=f"{info.frames_damaged} packets or frames could not be decoded "
            f"and were skipped; {info.frames_decoded} could.",
        )
    if info.kind == "video" and seen.windows < len(plans):
        yield Notice(
            code="incomplete",
            message=f"Of {len(plans)} places in the file, {seen.windows} could be looked at: "
            "it seems cut short, or its stated length is wrong.",
        )
    if info.kind == "video" and seen.frames < 2:
        yield Notice(code="single-frame", message="The video has only one frame.")
    if seen.sizes > 1:
        yield Notice(code="size-changes", message="The frames are not all of one size.")
    if choice.left_out:
        yield Notice(
            code="faces-left-out",
            message=f"{choice.left_out} more faces were found than were asked for; "
            f"the {len(choice.faces)} largest and most seen were scored.",
        )
    if choice.brief:
        yield Notice(
            code="brief-detections-ignored",
            message=f"{choice.brief} uncertain detections in a single frame were taken "
            "for no face.",
        )
