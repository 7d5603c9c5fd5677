"""Which files of a folder are worth trying though their names do not say so."""

from __future__ import annotations

from pathlib import Path

from unmask.core.errors import InputError
from unmask.video.files import glance

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"FLV\x01", b"\0\0\1\xba")
_RIFF = (b"AVI ", b"WEBP")
_OTHER_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"crx ")  # sound, and cameras' raw files
_TS = 188  # bytes of a packet of MPEG-2 transport streams, each of which begins with 0x47


def begins_as_media(path: Path) -> bool:
    """Whether the first bytes are those of a common format of videos or pictures.

    False for what cannot be read, too. Formats that begin with a byte or two that much else
    begins with (BMP, TIFF, raw streams) are not known by them.
    """
    try:
        head = glance(path).head
    except InputError:
        return False
    return (
        head.startswith(_STARTS)
        or (head.startswith(b"RIFF") and head[8:12] in _RIFF)
        or (head[4:8] == b"ftyp" and head[8:12] not in _OTHER_BRANDS)
        or (
            head.startswith(b"\x1aE\xdf\xa3") and (b"webm" in head[:64] or b"matroska" in head[:64])
        )
        or (len(head) > 3 * _TS and head[: 4 * _TS : _TS] == b"\x47" * 4)
    )
