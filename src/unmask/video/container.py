"""Opening a video with FFmpeg: only local files, only formats that hold their own pictures."""

from __future__ import annotations

import errno
import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged, NoPicture, NotMedia
from unmask.video.files import glance
from unmask.video.limits import MAX_PIXELS
from unmask.video.mistaken import mistaken_for_film

# FFmpeg's playlists and pattern readers (hls, dash, concat, image2, sdp and the like) open
# further files that the playlist names, so an uploaded text could read the disk or the network.
# Hence a list of what may be opened, and never a list of what may not. Sound formats are on it
# so that a song is called sound only.
_VIDEO = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h261,h263,h264,hevc,obu,"
    "ivf,flv,asf,ogg,mxf,dv,yuv4mpegpipe"
)
_SOUND = "mp3,wav,w64,flac,aac,ac3,eac3,aiff,amr,caf,au"
_ROOM = 128 * 2**20
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": f"{_VIDEO},{_SOUND}",
    "max_pixels": str(MAX_PIXELS),
}
# These store no times. FFmpeg counts packets for some, and after a jump it counts anew.
_RAW = frozenset({"h264", "hevc", "mpegvideo", "m4v", "h261", "h263", "obu"})
# FFmpeg's index of these marks every key frame once it is read. Of others it holds chance finds.
MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
INDEXED = frozenset({MP4, MATROSKA, "avi"})
_NEVER_SHOWN = Disposition.attached_pic | Disposition.timed_thumbnails
_HEAD = 1024
_ASF = bytes.fromhex("3026b2758e66cf11")  # how WMV begins
_CUT_SHORT = "it seems cut short or overwritten; copy or download it again"


def can_jump(container: InputContainer, stream: VideoStream) -> bool:
    """Whether seeking leads anywhere, and times after it are those of the whole."""
    return container.format.name not in _RAW and stream.start_time is not None


@contextmanager
def opened(path: Path, deadline: Deadline) -> Iterator[InputContainer]:
    """The container of ``path``; raises :class:`NotMedia`, ``Damaged``, and as :func:`glance`."""
    left = None if deadline.at is None else max(0.001, deadline.at - time.monotonic())
    try:
        # The prefix keeps a file called "http:x" or "concat:a|b" from being taken for an address.
        container = av.open(
            f"file:{path.absolute()}",
            "r",
            options=dict(_OPTIONS),
            timeout=(left, left),
            metadata_errors="replace",
        )
    except av.error.ExitError:
        deadline.check(f"opening {path.name}")
        raise
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOMEM and not _has_room():
            raise MemoryError(f"opening {path.name}") from error
        # It was there a moment ago: this says what became of it. If it still is, the number is no
        # word of the system's: some of FFmpeg's readers answer -1 to what they cannot read, which
        # is "not permitted".
        glance(path)
        raise _refusal(path, error) from error
    with container:
        yield container


def _has_room() -> bool:
    """Whether memory may be had: FFmpeg is as short of it where a damaged file asks for terabytes.

    It asks for less than any scan goes on to need.
    """
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError:
        return False
    return True


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream to look at, all others left unread. Cover art does not count.

    Of several it is the one played by default, else the largest.
    Raises :class:`NoPicture`.
    """
    streams = _moving(container)
    if not streams:
        raise NoPicture(
            f"{path}: holds no moving picture, only sound or cover art",
            hint="give a video or a picture",
        )
    readable = [s for s in streams if _has_decoder(s)]
    if not readable:
        raise NoPicture(
            f"{path}: no decoder for its picture stream", hint="convert it to H.264 first"
        )
    # In an AVIF sequence a still comes first.
    animated = container.metadata.get("major_brand") == "avis"
    chosen = max(readable, key=lambda stream: stream.frames if animated else _standing(stream))
    for stream in container.streams:
        stream.discard = Discard.default if stream is chosen else Discard.all
    return chosen


def further_streams(container: InputContainer) -> int:
    """How many streams of moving pictures there are beside the one to look at."""
    animated = container.metadata.get("major_brand") == "avis"
    return 0 if animated else sum(stream.frames != 1 for stream in _moving(container)) - 1


def begins(container: InputContainer, stream: VideoStream) -> Fraction:
    """Seconds of sound before the first picture, to the millisecond: players show nothing then.

    A film that was cut without encoding it anew is often like that, for its pictures begin at the
    next key frame. 0 in formats that no player takes so exactly, and where sound comes later.
    """
    if container.format.name not in INDEXED - {"avi"} or stream.start_time is None:
        return Fraction(0)
    nought = Fraction(0)
    starts: list[Fraction] = [
        max(nought, one.start_time * one.time_base)  # before 0 a decoder only gets going
        for one in (stream, *container.streams.audio)
        if one.start_time is not None and one.time_base is not None
    ]
    late = starts[0] - min(starts) if starts else nought
    return Fraction(int(1000 * late), 1000)


def _moving(container: InputContainer) -> list[VideoStream]:
    return [s for s in container.streams.video if not s.disposition & _NEVER_SHOWN]


def _standing(stream: VideoStream) -> int:
    pixels = stream.codec_context.width * stream.codec_context.height
    return pixels + (10**12 if stream.disposition & Disposition.default else 0)


def _has_decoder(stream: VideoStream) -> bool:
    context: Any = stream.codec_context  # None where FFmpeg has no decoder, whatever the stub says
    return context is not None


def _refusal(path: Path, error: av.error.FFmpegError) -> Exception:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if _is_known(head):
        # Of a GIF or PNG that Pillow does not know either, it says that it may not be opened.
        nothing_said = error.errno in (errno.EPERM, errno.EINVAL)
        why = "invalid data" if nothing_said else error.strerror
        return Damaged(f"{path}: its structure cannot be read: {why}", hint=_CUT_SHORT)
    return mistaken_for_film(path, head) or NotMedia(
        f"{path}: is not a video or picture in a format that Unmask opens",
        hint="playlists are not followed; convert the file to MP4, WebM, JPEG or PNG",
    )


def _is_known(head: bytes) -> bool:
    """Whether the first bytes are those of a common file, so that the rest is at fault."""
    return (
        head[4:8] in (b"ftyp", b"moov", b"mdat")
        or head[:4] in (b"\x1aE\xdf\xa3", b"GIF8", b"OggS", b"FLV\x01", b"\x89PNG")
        or head.startswith(b"\xff\xd8\xff")  # JPEG
        or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WEBP"))
        or head.startswith(_ASF)
    )
