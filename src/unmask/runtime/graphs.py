"""Whether a graph is the whole of itself: the hash of its file then says what it computes."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

from unmask.core.errors import ModelInvalid

# In protobuf's bytes, the key under which ONNX names the file that holds a weight. Numbers may be
# written longer than need be, and are read all the same.
_KEY = b"location"
_ELSEWHERE = re.compile(rb"(?:\x0a|\x8a\x80*\x00)(?:\x08|\x88\x80*\x00)" + _KEY)
# OpenVINO goes by the content, and reads its own XML under any name, weights from the .bin beside.
_XML, _HEAD = b"<net", 4096


def check_enclosed(path: Path) -> None:
    """Raise :class:`ModelInvalid` for a graph that takes weights from other files than its own.

    Nothing is parsed. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as stream:
        if not stream.read(1):
            return  # no runtime loads that
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as graph:
            names_files = graph.find(_KEY) >= 0 and _ELSEWHERE.search(graph) is not None
            if not names_files and graph.find(_XML, 0, _HEAD) < 0:
                return
    raise ModelInvalid(
        f"{path} takes weights from other files, of which the manifest states no hash",
        hint="save it as one ONNX file, with its weights inside",
    )
