"""Write constraints.txt: the versions of everything Unmask needs, as installed where this runs.

    .venv/bin/python tools/write_constraints.py

Only what pyproject.toml asks for, and what that needs, is listed, grouped by the extra that brings
it; what else lies in the environment is not. The extra ``cuda`` is left out, as its distribution
and ``onnxruntime`` exclude each other, and ``timm``, which no test installs.
"""

from __future__ import annotations

import argparse
import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

EXTRAS = (
    "onnxruntime",
    "demo",
    "data",
    "train",
    "evaluate",
    "int8",
    "web",
    "links",
    "cluster",
    "browser",
    "report",
    "provenance",
    "profile",
    "test",
    "lint",
)
# Versions without a wheel for a system: pip takes another there.
LACKING = {"c2pa-python": "sys_platform != 'win32'"}
TARGET = Path(__file__).parents[1] / "constraints.txt"
HEADER = """\
# The versions that Unmask is tested with, for Python 3.11 on Linux. Written by
# tools/write_constraints.py. Use: pip install -c constraints.txt .
"""


def needed(name: str, extras: frozenset[str], found: set[tuple[str, frozenset[str]]]) -> None:
    """Add to ``found`` what the distribution needs here, and what that needs."""
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        key = (_normal(requirement.name), frozenset(requirement.extras))
        if key not in found:
            found.add(key)
            needed(requirement.name, key[1], found)


def main() -> None:
    """Write the file."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    listed = {"unmask"}
    text = HEADER
    for extra in ("", *EXTRAS):
        found: set[tuple[str, frozenset[str]]] = set()
        needed("unmask", frozenset({extra} - {""}), found)
        new = sorted({name for name, _ in found} - listed)
        listed.update(new)
        text += f"\n# {extra or 'the base install'}\n"
        text += "".join(f"{_line(name)}\n" for name in new)
    TARGET.write_text(text, encoding="utf-8")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _line(name: str) -> str:
    where = f"; {LACKING[name]}" if name in LACKING else ""
    return f"{name}=={_public_version(name)}{where}"


def _public_version(name: str) -> str:
    """Without what tells one build of a version from another, such as torch's ``+cpu``."""
    try:
        return metadata.version(name).split("+")[0]
    except metadata.PackageNotFoundError as error:
        raise SystemExit(
            f"{name} is not installed: this needs all extras but 'cuda' and 'timm'"
        ) from error


if __name__ == "__main__":
    main()
