"""Unmask tells whether a face in a video or picture has been manipulated, and on what evidence.

``unmask.analyse(path) -> Analysis`` is the whole Python API that most callers need; see
docs/python.md. Importing this module is cheap: nothing heavy loads before the first analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unmask.core.version import __version__

__all__ = ["Analyser", "Analysis", "UnmaskError", "__version__", "analyse"]

if TYPE_CHECKING:
    from unmask.core.analysis import Analysis
    from unmask.core.errors import UnmaskError
    from unmask.pipeline import Analyser, analyse

_HOMES = {
    "Analysis": "unmask.core.analysis",
    "UnmaskError": "unmask.core.errors",
    "Analyser": "unmask.pipeline",
    "analyse": "unmask.pipeline",
}


if not TYPE_CHECKING:  # whose checkers would take any name for one of ours, misspelt ones too

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module 'unmask' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
