"""Pictures as JPEG files, for reports."""

from __future__ import annotations

import io

from PIL import Image as Pillow

from unmask.evidence.heatmap import Image

_QUALITY = 88


def jpeg(picture: Image) -> bytes:
    """H×W×3 uint8 RGB → the bytes of a JPEG file without metadata."""
    buffer = io.BytesIO()
    Pillow.fromarray(picture).save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()
