"""Which extras of the installation are there, read from its own metadata."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import metadata

_REQUIREMENT = re.compile(r'^([\w.-]+)(?:\[([\w,-]+)\])?.*;.*extra == ["\']([\w-]+)["\']')
_ELSEWHERE = re.compile(r';.*sys_platform == ["\'](?!' + re.escape(sys.platform) + r'["\'])')


def extras() -> dict[str, str]:
    """For each extra ``installed``, or what it lacks and the command that installs it."""
    return {name: _state(name, needs) for name, needs in _requirements().items()}


def _requirements() -> dict[str, list[str]]:
    """Distributions by extra, each once, less those that only another system needs.

    An extra may name other extras of Unmask itself.
    """
    found: dict[str, list[str]] = {}
    for line in metadata.requires("unmask") or ():
        match = _REQUIREMENT.match(line)
        if match is None or _ELSEWHERE.search(line):
            continue
        name, others, extra = match.groups()
        needs = found.setdefault(extra, [])
        if name == "unmask":
            needs += [need for other in others.split(",") for need in found.get(other, ())]
        else:
            needs.append(name)
    return {extra: list(dict.fromkeys(needs)) for extra, needs in found.items()}


def _state(extra: str, needs: Iterable[str]) -> str:
    missing = [name for name in needs if not _installed(name)]
    if not missing:
        return "installed"
    return f'not installed (lacks {", ".join(missing)}): pip install "unmask[{extra}]"'


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
