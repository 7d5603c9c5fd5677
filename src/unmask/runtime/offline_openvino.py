"""OpenVINO, imported without reporting to its makers that it was.

``import openvino`` also imports its model converter, which sends an event to Google Analytics and
leaves an identifier in the home folder, without asking. Nothing here needs the converter, so it is
kept out while OpenVINO is imported (OpenVINO then goes on without it, by its own design). A third
of the import's time is saved as well. Whoever needs it in the same process finds it where it always
is, ``openvino.convert_model``: it is imported when it is asked for.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

_REPORTER = "openvino.tools.ovc"

_absent = _REPORTER not in sys.modules
if _absent:
    sys.modules[_REPORTER] = None  # type: ignore[assignment]
try:
    import openvino as ov
    from openvino import properties
finally:
    if _absent:
        del sys.modules[_REPORTER]


def _left_out(name: str) -> Any:
    """``__getattr__`` of OpenVINO."""
    if name == "convert_model":
        with suppress(ImportError):  # where it is not installed OpenVINO lacks it anyway
            from openvino.tools.ovc import convert_model

            return convert_model
    raise AttributeError(f"module 'openvino' has no attribute {name!r}")


if not hasattr(ov, "convert_model"):
    ov.__dict__["__getattr__"] = _left_out

__all__ = ["ov", "properties"]
