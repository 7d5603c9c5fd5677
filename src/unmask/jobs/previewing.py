"""A small copy of a film for the player, where browsers do not play the film itself.

The copy has the picture alone, upright, at the true times of its frames, so that boxes and
timeline fit it as they fit the film. It is for looking at; nothing is ever measured on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import UnmaskError
from unmask.video import DamageCount
from unmask.video.animation import AnimationReader
from unmask.video.reader import FrameReader
from unmask.video.windows import frame_reader

SIDE = 640
"""Pixels of the longer side, at most."""

LONGEST_S = 180.0
"""Films up to this length have a preview made when they are analysed, others when asked for."""

PREVIEW = "preview.mp4"

_TYPES = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "3gp": "video/mp4"}
_CODECS = frozenset({"h264", "vp8", "vp9", "av1"})
_CODERS = ("libx264", "libopenh264", "libvpx-vp9")
_STEP = Fraction(1, 32)  # frames nearer than this to the one before are left out
_CLOCK = 90_000
_BITS = 700_000

Frames = Iterator[tuple[Fraction, NDArray[np.uint8]]]


class NoPreview(UnmaskError):
    """No preview can be made of this film."""

    code = "preview"


def playable(info: MediaInfo) -> str | None:
    """The type under which browsers play this video; None where they do not."""
    if info.kind != "video" or info.codec not in _CODECS:
        return None
    return _TYPES.get(info.container)


def wanted_at_once(info: MediaInfo) -> bool:
    """Whether a preview is to be made along with the analysis: needed, and soon done."""
    short = info.duration_s is not None and info.duration_s <= LONGEST_S
    return info.kind == "video" and playable(info) is None and short


def write_preview(
    source: Path,
    info: MediaInfo,
    target: Path,
    deadline: Deadline,
    told: Callable[[Fraction], None] = lambda time: None,
) -> None:
    """Write the preview of a film to ``target``, an MP4. ``told`` hears how far it is.

    Raises :class:`NoPreview`, :class:`TimeBudgetExceeded` and what decoding raises; ``target`` is
    not there then.
    """
    size = preview_size(info.width, info.height)
    try:
        with (
            frame_reader(source, info, deadline, DamageCount(), jumps=False) as reader,
            av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as film,
        ):
            stream = _stream(film, size)
            # An animation is cut to what it is asked for, not scaled: that the encoder does.
            scaled = size if isinstance(reader, FrameReader) else (info.width, info.height)
            for time, image in _thinned(reader, scaled):
                deadline.check("making a preview")
                told(time)
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = round(time * _CLOCK), Fraction(1, _CLOCK)
                film.mux(stream.encode(frame))
            film.mux(stream.encode())
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, av.error.FFmpegError):
            raise NoPreview(f"this film cannot be copied: {error}") from error
        raise


def preview_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the preview: of the same shape, even, as players need them."""
    scale = min(1.0, SIDE / max(width, height))
    wide, high = (max(2, 2 * round(scale * side / 2)) for side in (width, height))
    return wide, high


def _stream(film: av.container.OutputContainer, size: tuple[int, int]) -> VideoStream:
    name = next((one for one in _CODERS if _there(one)), None)
    if name is None:
        raise NoPreview("this build of FFmpeg writes nothing that browsers play")
    options = {"preset": "veryfast", "crf": "27", "deadline": "realtime", "cpu-used": "8"}
    used = ("preset", "crf") if name == "libx264" else ("deadline", "cpu-used")
    stream = film.add_stream(name, rate=30, options={key: options[key] for key in used})
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, _CLOCK)
    stream.codec_context.gop_size = 30  # so that a click on the timeline shows its frame soon
    if name != "libx264":
        stream.bit_rate = _BITS
    return stream


def _there(name: str) -> bool:
    try:
        av.codec.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _thinned(reader: FrameReader | AnimationReader, size: tuple[int, int]) -> Frames:
    """Frames in order, not more than some thirty a second; the first stands from the start."""
    last: Fraction | None = None
    while (shot := reader.next()) is not None:
        if last is not None and shot.time - last < _STEP:
            continue
        image = shot.shown(size).image
        if last is None and shot.time > 0:
            yield Fraction(0), image
        last = shot.time
        yield shot.time, image
