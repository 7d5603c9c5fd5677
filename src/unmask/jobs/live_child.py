"""The camera's frames in a process of their own.

    python -m unmask.jobs.live_child OPTIONS MEMORY  < frames  > faces

OPTIONS are :class:`unmask.jobs.options.JobOptions` as JSON. Each frame is four bytes with its
length, big end first, and a JPEG; each answer a line of JSON. Frames are never written anywhere.
Ends when standard input does.
"""

from __future__ import annotations

import io
import json
import sys
import time
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from unmask.core.errors import UnmaskError
from unmask.jobs.limits import Limits
from unmask.jobs.options import JobOptions
from unmask.jobs.streams import own_stdout
from unmask.pipeline.live import LiveFace, LiveView, open_live

LONGEST = 2 * 2**20
_SIDE = 1920
_CPU_S = 24 * 3600
_END, _TRAILER = b"\xff\xd9", 64  # of a JPEG, and bytes that may follow it
_NO_JPEG: dict[str, object] = {"error": {"code": "not-media", "message": "the frame is no JPEG"}}


def main() -> None:
    """Answer one frame after the other."""
    answers = own_stdout()
    Limits(memory=int(sys.argv[2]), cpu_s=_CPU_S).apply()
    try:
        view = open_live(JobOptions.model_validate_json(sys.argv[1]).analyser())
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
            size = picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return _NO_JPEG
    if max(size) > _SIDE:
        return {"error": {"code": "too-large", "message": "the frame is too large"}}
    image = _decoded(frame)
    if image is None:
        return _NO_JPEG
    faces = view.look(image, start)
    height, width = image.shape[:2]
    return {
        "width": width,
        "height": height,
        "ms": round(1000 * (time.monotonic() - start)),
        "looks": view.looks,
        "faces": [_told(face) for face in faces],
        "left_out": view.left_out,
    }


def _told(face: LiveFace) -> dict[str, object]:
    verdict = face.verdict and face.verdict.model_dump(mode="json")
    return {"id": face.id, "box": face.box, "verdict": verdict}


def _decoded(frame: bytes) -> NDArray[np.uint8] | None:
    """H×W×3, RGB; by OpenCV, which takes a third of Pillow's time for the same pixels."""
    if _END not in frame[-_TRAILER:]:  # cut short: OpenCV would fill it up with grey
        return None
    how = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(frame, np.uint8), how)
    return (
        None
        if image is None
        else cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    )


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
