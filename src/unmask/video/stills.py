"""How coarsely a picture was coded the last time it was saved, as its file says it.

What a coarse file has lost is not told by a fine one that was made of it; see ``earlier``.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import fmean

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from unmask.core.deadline import Deadline
from unmask.core.errors import InputError
from unmask.video.container import opened
from unmask.video.delays import lossy_quantiser
from unmask.video.headers import reader_of
from unmask.video.jpeg import luma_table
from unmask.video.quantiser import of_jpeg

_FAILURES = (InputError, av.error.FFmpegError)  # Pillow has read the picture without FFmpeg


def quantiser(path: Path, image: Image.Image) -> float | None:
    """On H.264's scale, as of frames. None where nothing is said, and of what loses nothing."""
    if isinstance(image, JpegImageFile):
        return of_jpeg(luma_table(image))
    if image.format == "WEBP":
        return lossy_quantiser(path)
    return _of_items(path) if image.format in ("HEIF", "AVIF") else None


def _of_items(path: Path) -> float | None:
    """The mean over what a HEIF's or an AVIF's picture is stored in, one piece or many."""
    said: dict[int, float | None] = {}
    with suppress(*_FAILURES), opened(path, Deadline.after(None)) as container:
        pieces = _largest(container)
        readers = {one.index: reader_of(one.codec_context, still=True) for one in pieces}
        left = container.size
        for packet in container.demux(*pieces):
            read = readers[packet.stream_index]
            if packet.size and packet.stream_index not in said:
                said[packet.stream_index] = read(bytes(packet)) if read else None
            left -= packet.size  # pieces may all lie in the same bytes
            if left < 0 or len(said) == len(pieces):
                break
    known = [one for one in said.values() if one is not None]
    return fmean(known) if known else None


def _largest(container: InputContainer) -> list[VideoStream]:
    """Streams that are alike and cover most: previews, gain maps and further views are less."""
    kinds: defaultdict[tuple[int, int, str | None], list[VideoStream]] = defaultdict(list)
    for stream in container.streams.video:
        if (context := stream.codec_context) is not None:
            kinds[context.width, context.height, context.pix_fmt].append(stream)
    most = max(kinds, key=lambda kind: kind[0] * kind[1] * len(kinds[kind]), default=(0, 0, None))
    return kinds[most]
