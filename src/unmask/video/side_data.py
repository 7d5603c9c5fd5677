"""What a decoder says beside a frame's pixels."""

from __future__ import annotations

from typing import Any

import av
from av.sidedata.sidedata import SideDataContainer, Type

# PyAV raises where a frame has anything of a kind that it does not know, such as EXIF, and nothing
# of the frame can be had then. Such a kind passes for one that nobody here asks for.
Type._missing_ = classmethod(lambda cls, _: cls.VIDEO_HINT)  # type: ignore[method-assign, assignment]


def side_data(frame: av.VideoFrame, kind: str) -> Any | None:
    """That of a kind, by PyAV's name for it; None where there is none.

    Not ``frame.side_data``: a frame keeps that, and it the frame, megabytes, until Python sweeps.
    """
    held: Any = SideDataContainer(frame)  # type: ignore[call-arg]
    return held.get(kind)
