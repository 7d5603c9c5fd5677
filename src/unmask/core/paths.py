"""Where Unmask keeps things on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from unmask.core.errors import StoreError
from unmask.core.files import expanded


def data_folder() -> Path:
    """History and uploads. ``UNMASK_DATA`` overrides the platform's folder for user data.

    Raises :class:`StoreError` where neither is to be had.
    """
    return _users_own("UNMASK_DATA", platformdirs.user_data_path)


def cache_folder() -> Path:
    """Compiled models, all of which can be made again. ``UNMASK_CACHE`` overrides.

    Raises :class:`StoreError` where neither is to be had.
    """
    return _users_own("UNMASK_CACHE", platformdirs.user_cache_path)


def assets_folder() -> Path:
    """What ships inside the package: detector graphs and model packages."""
    return Path(__file__).resolve().parent.parent / "assets"


def _users_own(variable: str, platforms: Callable[[str], Path]) -> Path:
    """A container may run as a number that has neither HOME nor an account."""
    named = os.environ.get(variable)
    if named:
        return expanded(named)  # a unit file or a list of variables has no shell to expand ~
    try:
        folder = platforms("unmask")
    except RuntimeError:
        folder = Path()
    if not folder.is_absolute():  # older platformdirs answer "~/..." then, which is no home
        raise StoreError(
            "this user has no home folder to keep anything in",
            hint=f"set {variable} to a folder you can write to",
        )
    return folder
