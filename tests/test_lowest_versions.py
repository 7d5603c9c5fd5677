"""What decodes the files of strangers is not asked for in versions that such a file takes over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
KNOWN = {
    "pillow-heif": "1.6.0",  # libheif 1.23.2 and before: GHSA-g89c-p67h-r497, GHSA-x8r2-mggj-j6wr
    "pillow": "12.2.0",  # libtiff 4.7.1 unmended: CVE-2026-4775
}


@pytest.mark.parametrize("name", KNOWN)
def test_decoders_with_known_holes_are_not_allowed(name: str) -> None:
    assert not _allowed(name).contains(KNOWN[name])


def test_no_pyav_is_allowed_whose_times_are_no_fractions() -> None:
    """Whoever installed without our constraints got 19, and every scan ended with a TypeError."""
    assert not _allowed("av").contains("19.0.2")


def _allowed(name: str) -> SpecifierSet:
    asked = [Requirement(one) for one in PROJECT["dependencies"]]
    return next(one.specifier for one in asked if one.name == name)
