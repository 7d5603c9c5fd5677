"""What people hand in instead of a film: an archive of it, the page that shows it, a link to it.

And pictures of kinds that are not opened.
"""

from __future__ import annotations

import re
from pathlib import Path

from unmask.core.errors import NotMedia

_ARCHIVES = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
)
_UNCOMMON = "TIFF, damaged or with uncommon pixels, such as floating-point ones"
_PICTURES = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"II*\0", _UNCOMMON),
    (b"MM\0*", _UNCOMMON),
)
_OFFICE = (b"[Content_Types].xml", b"mimetypeapplication/")  # are ZIP archives, too
_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)")
_LINK = re.compile(rb"\s*(?:\[internetshortcut\]|\[desktop entry\]|https?://\S+\s*$)")
_BOOKMARK = b"<key>url</key>"  # macOS's .webloc


def mistaken_for_film(path: Path, head: bytes) -> NotMedia | None:
    """The error, with the way out, by a file's first KiB; None where it is none of these."""
    for start, name in _ARCHIVES:
        if head.startswith(start) and not any(mark in head for mark in _OFFICE):
            return NotMedia(
                f"{path}: is an archive ({name}), which is not unpacked here",
                hint="unpack it, with its password if it has one, and give the files in it",
            )
    for start, name in _PICTURES:
        if head.startswith(start):
            return NotMedia(
                f"{path}: is a picture of a kind that is not opened here ({name})",
                hint="save it as PNG, or as JPEG of the best quality, at its full size",
            )
    if head.startswith((b"PK\x03\x04", b"%PDF-")):
        return NotMedia(
            f"{path}: is a document, not a video or picture",
            hint="save the video or picture out of it by itself",
        )
    return _text(path, head.removeprefix(b"\xef\xbb\xbf").lower())


def _text(path: Path, text: bytes) -> NotMedia | None:
    if _LINK.match(text) or _BOOKMARK in text:
        return NotMedia(
            f"{path}: holds a link, not what it leads to",
            hint="open the link and download the video or picture itself",
        )
    if _PAGE.match(text):
        return NotMedia(
            f"{path}: is a web page, not the video or picture that it shows",
            hint="download the video or picture itself: a page, or a refusal, was saved in its "
            "place",
        )
    return None
