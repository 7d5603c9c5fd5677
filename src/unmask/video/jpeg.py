"""What a JPEG says of how coarsely it was coded: a picture, or a frame of a film of them."""

from __future__ import annotations

from io import BytesIO

from PIL.JpegImagePlugin import JpegImageFile

from unmask.video.pillow import FAILURES

_LOOKED_AT_BYTES = 2**18  # of a film's frame: metadata of 64 KiB may stand before the table


def luma_table(image: JpegImageFile) -> list[int] | None:
    """The quantisers of its first component, 64 steps, row by row; None where it states none."""
    return image.quantization.get(image.layer[0][3]) if image.layer else None


def luma_table_in(data: bytes) -> list[int] | None:
    """The same of a whole file's bytes, of which only the header is read, if it is no longer."""
    try:
        with JpegImageFile(BytesIO(data[:_LOOKED_AT_BYTES])) as image:
            return luma_table(image)
    except FAILURES:
        return None
