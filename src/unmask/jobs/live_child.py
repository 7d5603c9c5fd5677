"""The camera's frames in a process of their own.

    python -m unmask.jobs.live_child MODEL MEMORY  < frames  > faces

Each frame is four bytes with its length, big end first, and a JPEG; each answer a line of JSON.
Frames are never written anywhere. Ends when standard input does.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from dataclasses import asdict
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from unmask.core.errors import UnmaskError
from unmask.jobs.limits import Limits
from unmask.pipeline import Analyser
from unmask.pipeline.live import LiveView, open_live

LONGEST = 2 * 2**20
_SIDE = 1920
_CPU_S = 24 * 3600


def main() -> None:
    """Answer one frame after the other."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Limits(memory=int(sys.argv[2]), cpu_s=_CPU_S).apply()
    try:
        view = open_live(Analyser(sys.argv[1]))
    except UnmaskError as error:
        _say(answers, {"error": error.as_dict()})
        return
    _say(answers, {"ready": True})
    while (frame := _next(sys.stdin.buffer)) is not None:
        _say(answers, _answer(view, frame))


def _answer(view: LiveView, frame: bytes) -> dict[str, object]:
    start = time.monotonic()
    try:
        with Image.open(io.BytesIO(frame), formats=["JPEG"]) as picture:
            if max(picture.size) > _SIDE:
                return {"error": {"code": "too-large", "message": "the frame is too large"}}
            image = np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return {"error": {"code": "not-media", "message": "the frame is no JPEG"}}
    faces = view.look(image, start)
    height, width = image.shape[:2]
    return {
        "width": width,
        "height": height,
        "ms": round(1000 * (time.monotonic() - start)),
        "looks": view.looks,
        "faces": [asdict(face) for face in faces],
    }


def _next(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    length = int.from_bytes(head, "big")
    if length > LONGEST:
        return None
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _say(stream: BinaryIO, words: dict[str, object]) -> None:
    stream.write(json.dumps(words).encode() + b"\n")
    stream.flush()


if __name__ == "__main__":
    main()
