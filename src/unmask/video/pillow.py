"""Opening pictures with Pillow, which has global switches that are set here and put back."""

from __future__ import annotations

import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin, UnidentifiedImageError

from unmask.core.errors import Damaged, TooLarge
from unmask.core.forking import no_fork_within
from unmask.video.limits import MAX_PIXELS

# What Pillow's decoders raise on broken files.
FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
# Never all of Pillow's: EPS, for one, would start Ghostscript.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "HEIF", "AVIF")
_PNG_TEXT_BYTES = 16 * 2**20  # of one entry or profile; of texts Pillow takes four times as much
_LOCK = threading.RLock()
no_fork_within(_LOCK)


@contextmanager
def quiet(path: Path, *, grows: bool = False) -> Iterator[None]:
    """Decoders' complaints become :class:`Damaged`, their warnings silence.

    One picture at a time: Pillow's pixel limit belongs to the whole process. It is lifted because
    Unmask's own, checked before any pixel is decoded, holds; where a picture ``grows`` while it is
    read, Pillow is to hold that one (:class:`TooLarge`). Another, of what a PNG says beside its
    pixels, is raised: profiles of measured screens, which screenshots hold, are larger than
    Pillow's 1 MiB.
    """
    with _LOCK, _unwarned():
        limit, text = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2 if grows else None  # it warns up to twice that
        PngImagePlugin.MAX_TEXT_CHUNK = _PNG_TEXT_BYTES
        try:
            yield
        except Image.DecompressionBombError as error:
            raise TooLarge(
                f"{path}: the picture cannot be decoded: {error}", hint="scale it down first"
            ) from error
        except FAILURES as error:
            raise Damaged(
                f"{path}: the picture cannot be decoded: {error}",
                hint="it seems cut short or overwritten; copy or download it again",
            ) from error
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limit, text


class _HereAlone:
    """In the place of a filter's pattern for modules: the thread that reads a picture."""

    def __init__(self) -> None:
        self.thread: int | None = None

    def match(self, _: str) -> bool:
        """Whether the warning is of that thread."""
        return threading.get_ident() == self.thread


_HERE = _HereAlone()
_FILTER: Any = ("ignore", None, Warning, _HERE, 0)


@contextmanager
def _unwarned() -> Iterator[None]:
    """Nothing that this thread does warns, whatever the filters are; for one thread at a time.

    ``warnings.catch_warnings`` puts the filters of the whole process aside and back: another thread
    that does so meanwhile, as NumPy's and others' callers do, would put ours back after us, for
    good. So the filter stays where it is, and says nothing of other threads.
    """
    if not any(one is _FILTER for one in warnings.filters[:1]):
        warnings.filters.insert(0, _FILTER)  # type: ignore[attr-defined]
    before, _HERE.thread = _HERE.thread, threading.get_ident()
    try:
        yield
    finally:
        _HERE.thread = before


@contextmanager
def recognised(path: Path) -> Iterator[Image.Image | None]:
    """The picture, its header read and no pixel decoded, or None where it is of another kind."""
    _register_plugins()
    with quiet(path):
        gif = is_gif(path)
    # Its first frame may be larger than the canvas in its header, and room is made for it at once.
    with quiet(path, grows=gif):
        try:
            image = Image.open(path, formats=_FORMATS)
        except UnidentifiedImageError:
            image = None
    if image is None:
        yield None
        return
    with image:
        yield image


def is_gif(path: Path) -> bool:
    """By its first bytes. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(4) == b"GIF8"


@cache
def _register_plugins() -> None:
    """Load those of ``_FORMATS`` that Pillow does not load by itself, and keep it quiet."""
    from PIL import AvifImagePlugin, TiffImagePlugin, WebPImagePlugin  # noqa: F401
    from pillow_heif import register_heif_opener

    register_heif_opener()
    # It reports broken files as log lines too, which would end up on the terminal.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
