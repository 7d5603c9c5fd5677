"""What decodes the files of strangers is not asked for in versions that such a file takes over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
KNOWN = {
    "pillow-heif": "1.6.0",  # libheif 1.23.2 and before: GHSA-g89c-p67h-r497, GHSA-x8r2-mggj-j6wr
    "pillow": "12.2.0",  # libtiff 4.7.1 unmended: CVE-2026-4775
}


@pytest.mark.parametrize("name", KNOWN)
def test_decoders_with_known_holes_are_not_allowed(name: str) -> None:
    asked = [Requirement(one) for one in PROJECT["dependencies"]]
    allowed = next(one.specifier for one in asked if one.name == name)
    assert not allowed.contains(KNOWN[name])
