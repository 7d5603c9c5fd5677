"""Where Unmask keeps things on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """History and uploads. ``UNMASK_DATA`` overrides the platform's folder for user data."""
    return Path(os.environ.get("UNMASK_DATA") or platformdirs.user_data_path("unmask"))


def cache_folder() -> Path:
    """Compiled models, all of which can be made again. ``UNMASK_CACHE`` overrides."""
    return Path(os.environ.get("UNMASK_CACHE") or platformdirs.user_cache_path("unmask"))


def assets_folder() -> Path:
    """What ships inside the package: detector graphs and model packages."""
    return Path(__file__).resolve().parent.parent / "assets"
