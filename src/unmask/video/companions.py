"""What a picture's file holds beside the picture: none of it is looked at, and results say so."""

from __future__ import annotations

import re
import struct
from os import SEEK_END
from pathlib import Path

import av
from PIL import Image

from unmask.core.deadline import Deadline
from unmask.core.errors import InputError, NotMedia
from unmask.video.container import opened
from unmask.video.pillow import FAILURES

_SUBFILE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50_706  # tags of TIFF and DNG
_BITS, _PLANES, _SEPARATE = 258, 284, 2
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_MP_ENTRIES = 0xB002
_REDUCED = 1  # a smaller version of another picture
_MOST = 1000
_PIECE = 2**20
_FILM_HEADERS = (b"mvhd", b"cmov")
# As phones of Google, Samsung and others write it into XMP, the second until 2019.
_MOTION = re.compile(rb"\b(?:MotionPhoto|MicroVideo)(?:\s*=\s*[\"']1|>1<)")

_TRAILER, _ENTRY = struct.Struct("<I4s"), struct.Struct("<2xHII")
_ENTRIES_AT, _SAMSUNGS_FILM = 12, 0x0A30
_LONGEST = 2**16  # bytes of such a directory that are looked at


def further_pictures(image: Image.Image) -> int:
    """Pages of a TIFF, pictures of a HEIF or of a multi-picture JPEG beside the first; previews do
    not count.

    Moves ``image`` to another page. Counts up to a thousand, or to where the file is broken.
    """
    if image.format == "HEIF":
        return int(getattr(image, "n_frames", 1)) - 1
    if image.format == "MPO":
        return _views(image) - 1
    return _pages(image) - 1 if image.format == "TIFF" else 0


def _views(image: Image.Image) -> int:
    """Pictures of a multi-picture JPEG, as of a stereo camera; no previews, maps of gain or depth.

    CIPA DC-007, 5.2.3.3.1.
    """
    listed = getattr(image, "mpinfo", {}).get(_MP_ENTRIES, ())[1:]
    kinds = [str(one["Attribute"]["MPType"]) for one in listed]
    return 1 + sum(kind.startswith("Multi-Frame") for kind in kinds)


def _pages(image: Image.Image) -> int:
    whole = 1
    try:
        for page in range(1, _MOST):
            image.seek(page)
            whole += not _tag(image, _SUBFILE) & _REDUCED
    except FAILURES:  # EOFError behind the last
        pass
    return whole


def has_film(path: Path, image: Image.Image) -> bool:
    """Whether the picture says that it is a motion photo: a short film lies behind it."""
    packet = image.info.get("xmp")
    said = isinstance(packet, bytes) and _MOTION.search(packet) is not None
    return said or _SAMSUNGS_FILM in _samsungs(path)


def _samsungs(path: Path) -> set[int]:
    """Kinds of what Samsung's phones put behind a picture, by the directory at the file's end.

    Those of before 2020 say it nowhere else.
    """
    with path.open("rb") as stream:
        size = stream.seek(0, SEEK_END)
        stream.seek(max(0, size - _LONGEST))
        end = stream.read(_LONGEST)
    if len(end) < _TRAILER.size:
        return set()
    length, mark = _TRAILER.unpack(end[-_TRAILER.size :])
    directory = end[-_TRAILER.size - length : -_TRAILER.size]
    if mark != b"SEFT" or not directory.startswith(b"SEFH"):
        return set()
    entries = directory[_ENTRIES_AT:]
    whole = entries[: len(entries) // _ENTRY.size * _ENTRY.size]
    return {kind for kind, _, _ in _ENTRY.iter_unpack(whole)}


def plays_as_film(path: Path, image: Image.Image) -> bool:
    """Whether a HEIF or AVIF is a film to a player: tracks may lie beside the picture.

    Named .mp4, browsers play the film; viewers show the picture. One that was only put behind the
    picture, as a motion photo's, does not play there: its header counts from its own beginning.
    """
    if image.format not in ("HEIF", "AVIF") or not _names_a_film(path):
        return False
    try:
        with opened(path, Deadline.after(None)) as container:
            films = [stream for stream in container.streams.video if stream.frames != 1]
            return any(next(container.decode(film), None) is not None for film in films[:1])
    except (InputError, av.error.FFmpegError):
        return False


def _names_a_film(path: Path) -> bool:
    """Whether the header of a film, plain or packed, is anywhere in the file: only a hint."""
    before = b""
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if any(name in before + piece for name in _FILM_HEADERS):
                return True
            before = piece[-3:]
    return False


def refuse_raw(name: str, image: Image.Image | None, head: bytes) -> None:
    """Raise :class:`NotMedia` for a camera's raw file. Its first picture is a preview.

    DNG says what it is, Canon's, Fujifilm's, Olympus' and Panasonic's by their first bytes; NEF,
    ARW and others keep what the preview was made from in a directory below it.
    """
    if image is not None and image.format == "TIFF":
        preview = _tag(image, _SUBFILE) & _REDUCED and _has(image, _SUB_IFDS)
        raw = preview or _has(image, _DNG_VERSION) or head[8:10] == b"CR"
    else:
        raw = image is None and (head.startswith(_RAW) or head[4:12] == b"ftypcrx ")
    if raw:
        raise NotMedia(
            f"{name}: is a camera's raw file, of which only a preview could be seen",
            hint="develop it to JPEG or TIFF first",
        )


def refuse_planes(name: str, image: Image.Image) -> None:
    """Raise :class:`NotMedia` for a TIFF of 16 bits with a plane for each colour: Pillow 13 reads
    something else out of it, and says nothing.
    """
    bits = getattr(image, "tag_v2", {}).get(_BITS, ())
    if image.format == "TIFF" and _tag(image, _PLANES) == _SEPARATE and max(bits, default=8) > 8:
        raise NotMedia(
            f"{name}: is a picture of a kind that is not opened here (TIFF with planes of 16 bits)",
            hint="save it as PNG, or as JPEG of the best quality, at its full size",
        )


def _has(image: Image.Image, tag: int) -> bool:
    return tag in getattr(image, "tag_v2", {})


def _tag(image: Image.Image, tag: int) -> int:
    value = getattr(image, "tag_v2", {}).get(tag, 0)
    return value if isinstance(value, int) else 0
