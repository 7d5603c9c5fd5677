"""Whom and which recording a file's name tells of, in the sets that others are made from.

Readers of several layouts use these, so that the same person has the same name in all of them.
"""

from __future__ import annotations

import re

Told = tuple[tuple[str, ...], str]
"""Identities and source, as in :class:`unmask.datasets.sample.Sample`; empty where nothing fits."""

ACTED = re.compile(r"^(\d\d)(?:_(\d\d))?__(.+?)(?:__([0-9A-Z]{8}))?$")
"""DeepFakeDetection: target, donor if it is a fake, scene, and eight letters of a fake."""

_PAIR = re.compile(r"^(\d{3})(?:_(\d{3}))?$")
_CELEBS = re.compile(r"^(id\d+)(?:_(id\d+))?_(\d+)")


def of_faceforensics(name: str) -> Told:
    """``071``, and ``071_054``: the face of 054 on the recording 071."""
    pair = _PAIR.match(name)
    if pair is None:
        return (), ""
    return tuple(f"ff:{one}" for one in pair.groups() if one), f"ff:{pair[1]}"


def of_dfd(name: str) -> Told:
    """``01__walk``, and ``01_02__walk__ABCDEFGH``: the face of 02 on 01's recording."""
    acted = ACTED.match(name)
    if acted is None:
        return (), ""
    people = tuple(f"dfd:{one}" for one in acted.groups()[:2] if one)
    return people, f"dfd:{acted[1]}__{acted[3]}"


def of_celeb_df(name: str) -> Told:
    """``id0_0002``, and ``id0_id1_0002``: the face of 1 on the second recording of 0."""
    celebs = _CELEBS.match(name)
    if celebs is None:
        return (), ""
    people = tuple(f"celeb-df:{one}" for one in celebs.groups()[:2] if one)
    return people, f"celeb-df:{celebs[1]}_{celebs[3]}"
