"""One row of an index: a file (or folder of frames), its label, and what it is related to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["video", "image", "frames-folder"]
Split = Literal["train", "val", "test", ""]
KINDS: tuple[Kind, ...] = get_args(Kind)
SPLITS: tuple[Split, ...] = get_args(Split)
REAL = 0
MANIPULATED = 1
UNKNOWN = "unknown"  # the method of a manipulated file of which nobody says it
INSIDE = "::"
"""Stands in a path between an archive and the folder of frames inside it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """``label`` 1 is manipulated, whatever the data set's own lists call 1.

    ``path`` is relative to the index's root, with forward slashes; ``a.tar.gz::b/c`` is the folder
    ``b/c`` inside an archive. ``identities`` are all people who are seen or whose face was used,
    ``source`` is the recording whose picture the file shows: samples of one source differ in
    method or compression only. Both are prefixed by the set they come from, as in ``ff:071``, so
    that sets made from one another can be compared; empty where the release does not tell.
    ``method`` is empty for what is not manipulated, ``split`` where the release has none.
    """

    path: str
    label: int
    dataset: str = ""
    method: str = ""
    split: Split = ""
    identities: tuple[str, ...] = ()
    source: str = ""
    compression: str = ""
    kind: Kind = "video"
    attributes: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
