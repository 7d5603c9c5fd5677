"""Pictures of high dynamic range (PQ, HLG), as cameras write them into HEIF, programs into AVIF
and PNG, brought to the ordinary one. Gain maps need nothing: the picture under one is ordinary.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.core.deadline import Deadline
from unmask.core.errors import InputError
from unmask.video import orientation, tone
from unmask.video.container import opened, picture_stream
from unmask.video.png_colours import code_points

_FAILURES = (InputError, av.error.FFmpegError)  # Pillow has read the picture without FFmpeg
_TAGS_AT, _MOST_TAGS = 128, 100  # of an ICC profile


def high_transfer(path: Path, image: Image.Image) -> int | None:
    """``tone.PQ`` or ``tone.HLG`` where the file says so, else None.

    HEIF and AVIF say it in their header, PNG in a chunk of its own, and a profile of ICC 4.4 says
    it beside curves that would only make the picture dark.
    """
    if image.format == "HEIF":
        said = image.info.get("nclx_profile") or {}
        transfer = said.get("transfer_characteristics")
    elif image.format == "AVIF":
        transfer = _transfer_of_avif(path)
    else:
        said = code_points(path) if image.format == "PNG" else None
        transfer = None if said is None else said.transfer
    if transfer not in (tone.PQ, tone.HLG):
        transfer = _of_profile(image.info.get("icc_profile"))
    return transfer if transfer in (tone.PQ, tone.HLG) else None


def ordinary(path: Path, image: Image.Image, transfer: int, code: int) -> NDArray[np.uint8]:
    """H×W×3 uint8 of a loaded picture, turned by an EXIF code.

    By all its bits, where it is a HEIF or an AVIF in one piece: of eight, neighbouring steps are
    too far apart.
    """
    signal = _of_heif(path) if image.format == "HEIF" else None
    if image.format == "AVIF":
        signal = _of_avif(path, image.size)
    if signal is None:
        signal = np.asarray(image.convert("RGB"), np.uint16) * 257
    shown = tone.to_ordinary(signal, transfer)
    return np.ascontiguousarray(orientation.displayed(shown, code))


def _of_heif(path: Path) -> NDArray[np.uint16]:
    from pillow_heif import open_heif

    picture = open_heif(path, convert_hdr_to_8bit=False)
    values = np.asarray(picture)
    values = np.repeat(values[..., None], 3, axis=2) if values.ndim == 2 else values[..., :3]
    return values if values.dtype == np.uint16 else values.astype(np.uint16) * 257


def _of_avif(path: Path, size: tuple[int, int]) -> NDArray[np.uint16] | None:
    """None where FFmpeg cannot read it, or gives another size, as of one stored in tiles."""
    with suppress(*_FAILURES), opened(path, Deadline.after(None)) as container:
        frame = next(container.decode(picture_stream(container, path)), None)
        if frame is not None and (frame.width, frame.height) == size:
            return np.asarray(frame.to_ndarray(format="rgb48le"), np.uint16)
    return None


def _transfer_of_avif(path: Path) -> int | None:
    with suppress(*_FAILURES), opened(path, Deadline.after(None)) as container:
        return picture_stream(container, path).codec_context.color_trc
    return None


def _of_profile(data: object) -> int | None:
    if not isinstance(data, bytes) or len(data) < _TAGS_AT + 4:
        return None
    (count,) = struct.unpack_from(">I", data, _TAGS_AT)
    listed = data[_TAGS_AT + 4 : _TAGS_AT + 4 + 12 * min(count, _MOST_TAGS)]
    for name, begins, _ in struct.iter_unpack(">4sII", listed[: len(listed) // 12 * 12]):
        if name == b"cicp":
            return _second(data[begins + 8 : begins + 12])
    return None


def _second(code_points: bytes) -> int | None:
    """Primaries, transfer, matrix and range, a byte each (ITU-T H.273)."""
    return code_points[1] if len(code_points) == 4 else None
