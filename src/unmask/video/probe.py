"""What a file is, before anything is sampled from it."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from os import fsencode
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from unmask.core.analysis import MediaInfo
from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged
from unmask.video import orientation, pictures
from unmask.video.animation import plays_by_pillow
from unmask.video.begun import Begun
from unmask.video.clock import plausible
from unmask.video.companions import refuse_planes, refuse_raw
from unmask.video.container import begins
from unmask.video.counts import DamageCount
from unmask.video.delays import frames_shown
from unmask.video.duration import measure_duration, stated_duration
from unmask.video.files import FileFacts, read_facts
from unmask.video.limits import check_size
from unmask.video.pillow import quiet, recognised
from unmask.video.reader import FrameReader
from unmask.video.rgb import display_size, orientation_of

# Pillow's names; what else it calls animated (MPO, TIFF, HEIF) are further pictures, not time.
_ANIMATIONS = frozenset({"GIF", "PNG", "WEBP", "AVIF"})

_MP4 = b"ftyp"  # the kind of its first box, after that one's size

_CODECS = {"mpo": "jpeg", "heif": "hevc", "avif": "av1", "dib": "bmp"}
_ANIMATED_PNG = {"container": "apng", "codec": "apng"}  # as FFmpeg calls it


def probe(path: Path, *, deadline: Deadline, facts: FileFacts | None = None) -> MediaInfo:
    """Facts about one file. The first frame is decoded to know them; none is counted.

    As :func:`begin`, keeping nothing open.
    """
    info, begun = begin(path, deadline=deadline, facts=facts)
    begun.close()
    return info


def begin(
    path: Path, *, deadline: Deadline, facts: FileFacts | None = None
) -> tuple[MediaInfo, Begun]:
    """Facts about one file, and the file itself, open at its first frame where it can be read on
    from there as if it had been opened anew.

    ``facts`` are those that :func:`read_facts` gave: unless the file has changed since, it is not
    hashed again.

    Raises :class:`InputNotFound`, ``InputNotReadable`` (permissions, not a regular file),
    ``InputEmpty``, ``NotMedia`` (no picture or video, or a playlist), ``NoPicture`` (sound only;
    cover art does not count), ``Damaged`` (recognised, but no frame decodes), ``TooLarge`` and
    ``TimeBudgetExceeded``.
    """
    if facts is None or not facts.hold(path):
        facts = read_facts(path, deadline)
    common: dict[str, Any] = {
        "name": _as_text(path.name),
        "sha256": facts.sha256,
        "bytes": facts.size,
        "frames_decoded": 0,
        "frames_damaged": 0,
    }
    begun = Begun()
    if (described := _by_pillow(path, facts, deadline)) is None:
        described, begun = _video(path, facts, deadline)
    return MediaInfo(**common, **described), begun


def _as_text(name: str) -> str:
    """A file name may hold bytes that are no UTF-8; a document may not."""
    return fsencode(name).decode("utf-8", "backslashreplace")


def _by_pillow(path: Path, facts: FileFacts, deadline: Deadline) -> dict[str, Any] | None:
    """A picture, or an animation that FFmpeg does not read; None for what it is to read."""
    with recognised(path) as image:
        if image is None:
            refuse_raw(str(path), None, facts.head)
            return None
        check_size(path.name, *image.size)
        refuse_raw(str(path), image, facts.head)
        refuse_planes(str(path), image)
        with quiet(path):
            if image.format not in _ANIMATIONS or not getattr(image, "is_animated", False):
                return _picture(image)
            if plays_by_pillow(image):
                return _animation(path, image, deadline)
            return None


def _picture(image: Image.Image) -> dict[str, Any]:
    width, height = pictures.display_size(image)
    name = (image.format or "").lower()
    return {
        "kind": "image",
        "container": name,
        "codec": _CODECS.get(name, name),
        "width": width,
        "height": height,
        "rotation": pictures.turned(image),
        "duration_s": None,
        "frame_rate": None,
        "has_audio": False,
    }


def _animation(path: Path, image: Image.Image, deadline: Deadline) -> dict[str, Any]:
    durations = [one.seconds for one in frames_shown(path, deadline)]
    total = sum(durations)
    png = image.format == "PNG"
    still = _picture(image)
    # Of others than a PNG browsers pass over what EXIF says.
    upright = {} if png else {"width": image.width, "height": image.height, "rotation": 0}
    return (
        still
        | upright
        | (_ANIMATED_PNG if png else {})
        | {
            "kind": "video",
            "duration_s": float(total),
            "frame_rate": str(len(durations) / total) if total else None,
        }
    )


def _video(path: Path, facts: FileFacts, deadline: Deadline) -> tuple[dict[str, Any], Begun]:
    damage = DamageCount()
    with ExitStack() as stack:
        jumps = facts.head[4:8] == _MP4
        reader = stack.enter_context(FrameReader(path, deadline, damage, jumps=jumps))
        duration: Fraction | None = None
        if reader.jumps:  # before anything is decoded, so that it is as if opened anew
            duration = measure_duration(reader.container, reader.stream, path, deadline)
            reader.rewind()
        stream = reader.stream
        first = reader.peek()
        if first is None:
            raise Damaged(
                f"{path}: not one frame could be decoded",
                hint="it seems cut short or overwritten; copy or download it again",
            )
        width, height = display_size(first.frame, first.aspect)
        check_size(path.name, width, height)
        # FFmpeg makes up the average of a raw stream, and knows none of some others.
        average = None if stream.start_time is None else plausible(stream.average_rate)
        frame_rate = average or plausible(stream.guessed_rate)
        described: dict[str, Any] = {
            "kind": "video",
            "container": _container(stream.container.format.name, facts, stream.container.metadata),
            "codec": stream.codec_context.codec.canonical_name,
            "width": width,
            "height": height,
            "rotation": orientation.rotation(orientation_of(first.frame)),
            "frame_rate": None if frame_rate is None else str(frame_rate),
            "has_audio": bool(stream.container.streams.audio),
        }
        stated = stated_duration(reader.container, stream)
        start = begins(reader.container, stream)
        if duration is None:
            duration = measure_duration(reader.container, stream, path, deadline)
        begun = Begun()
        # The index of a film in fragments grows with what was read of it, and with it where a
        # jump may lead. A first picture that comes late is reckoned with by who opens it then.
        if reader.jumps and stream.frames == len(stream.index_entries) and not start:
            begun = Begun(reader, damage)
            stack.pop_all()
    described |= {
        "starts_s": float(start),
        "duration_s": float(start + duration),
        "stated_duration_s": None if stated is None else float(start + stated),
    }
    return described, begun


def _container(name: str, facts: FileFacts, metadata: dict[str, str]) -> str:
    """The one format that the file is, where FFmpeg names a family."""
    if name.startswith("matroska"):
        return "webm" if b"webm" in facts.head[:64] else "matroska"
    if not name.startswith("mov"):
        return name
    brand = metadata.get("major_brand", "qt").strip()
    special: dict[str, Literal["mov", "avif", "3gp"]] = {"qt": "mov", "avis": "avif"}
    return "3gp" if brand.startswith("3g") else special.get(brand, "mp4")
