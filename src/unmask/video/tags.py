"""The metadata a file carries: tags of a container and its streams, EXIF, XMP, PNG text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PIL import ExifTags, Image

from unmask.core.deadline import Deadline
from unmask.video.container import opened
from unmask.video.pillow import FAILURES, quiet, recognised

_MOST, _LONGEST = 500, 2000
_XMP_BYTES = 2**20
_RDF = "rdf-syntax"  # in the names of lists and of what else has no meaning of its own
_PLACES = re.compile(
    r"gps|location|latitude|longitude|iso6709|\bcity\b|country|province|world ?region|\bstate\b",
    re.I,
)
_ISO6709 = re.compile(r"^[+-]\d{2,6}(\.\d+)?[+-]\d{3,7}(\.\d+)?")
# What tells one device or person from every other, and what is no text.
_LEFT_OUT = re.compile(r"serial|owner|unique.?id|maker.?note|thumbnail|user.?comment", re.I)
_BINARY = frozenset({"exif", "xmp", "icc_profile", "XML:com.adobe.xmp", "Raw profile type exif"})


@dataclass(frozen=True, slots=True)
class FileTag:
    """One entry. ``place`` is ``container``, ``video stream``, ``audio stream``, ``EXIF``,
    ``XMP`` or ``text``.
    """

    place: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileTags:
    """What was found, without places, serial numbers and binary values; and if a place was."""

    tags: tuple[FileTag, ...]
    has_location: bool


def read_tags(path: Path, *, deadline: Deadline) -> FileTags:
    """The metadata of a video or picture, no pixel decoded.

    Raises the errors of :func:`unmask.video.probe` where the file cannot be opened as media.
    """
    with recognised(path) as image:
        if image is not None:
            with quiet(path):
                return _sorted_out(_of_picture(image))
    with opened(path, deadline) as container:
        found = list(_named("container", container.metadata))
        for stream in container.streams:
            place = f"{stream.type} stream"
            found += _named(place, stream.metadata)
        return _sorted_out(found)


def _named(place: str, metadata: Mapping[str, str]) -> Iterator[FileTag]:
    for name, value in metadata.items():
        yield FileTag(place, name, value)


def _sorted_out(found: Iterable[FileTag]) -> FileTags:
    """Bounded, each entry once, and nothing personal in it."""
    tags: dict[FileTag, None] = {}
    has_location = False
    for tag in islice(found, 10 * _MOST):
        if _PLACES.search(tag.name) or _ISO6709.match(tag.value):
            has_location = True
        elif not _LEFT_OUT.search(tag.name) and tag.value.strip() and len(tags) < _MOST:
            tags[FileTag(tag.place, tag.name[:200], tag.value.strip()[:_LONGEST])] = None
    return FileTags(tuple(tags), has_location)


def _of_picture(image: Image.Image) -> Iterator[FileTag]:
    with suppress(*FAILURES):  # a picture is not refused for its EXIF
        exif = image.getexif()
        yield from _exif(exif, ExifTags.TAGS)
        yield from _exif(exif.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS)
        if exif.get_ifd(ExifTags.IFD.GPSInfo):
            yield FileTag("EXIF", "GPSInfo", "present")
    for name in ("xmp", "XML:com.adobe.xmp"):
        yield from _xmp(image.info.get(name))
    for key, value in image.info.items():
        if isinstance(key, str) and key not in _BINARY and isinstance(value, str):
            yield FileTag("text", key, value)


def _exif(values: Mapping[int, Any], names: Mapping[int, str]) -> Iterator[FileTag]:
    for number, value in values.items():
        if number in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop):
            continue
        text = _as_text(value)
        if text:
            yield FileTag("EXIF", names.get(number, f"0x{number:04X}"), text)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        plain = value.rstrip(b"\0")
        return plain.decode("ascii") if plain.isascii() and plain.isalnum() else ""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value[:16])
    return str(value).rstrip("\0")


def _xmp(packet: Any) -> Iterator[FileTag]:
    """Simple properties of an XMP packet. One with entities is left alone: they can explode."""
    data = packet.encode() if isinstance(packet, str) else packet
    if not isinstance(data, bytes) or len(data) > _XMP_BYTES or b"<!" in data:
        return
    try:
        root = ElementTree.fromstring(data.strip(b"\0 \n\r\t"))
    except (ElementTree.ParseError, ValueError):
        return
    for path, value in _properties(root):
        # A thing in a list is called as the list is, and what describes a place is a place.
        personal = _PLACES.search(path) or _LEFT_OUT.search(path)
        yield FileTag("XMP", path if personal else path.rpartition("/")[2], value)


def _properties(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Names, from the outermost inwards with a slash between, and values, in document order."""
    todo = [(root, "")]
    while todo:
        element, around = todo.pop()
        path = around if _RDF in element.tag else f"{around}/{_local(element.tag)}".lstrip("/")
        for name, value in element.attrib.items():
            if not name.endswith("}about") and _RDF not in name:
                yield f"{path}/{_local(name)}".lstrip("/"), value
        if element.text and element.text.strip():
            yield path, element.text.strip()
        todo += [(child, path) for child in reversed(element)]


def _local(name: str) -> str:
    return name.rpartition("}")[2]
