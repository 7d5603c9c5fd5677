"""OpenVINO, imported without reporting to its makers that it was.

``import openvino`` also imports its model converter, which sends an event to Google Analytics and
leaves an identifier in the home folder, without asking. Nothing here needs the converter, so it is
kept out while OpenVINO is imported (OpenVINO then goes on without it, by its own design) and can
be imported by anyone afterwards. A third of the import's time is saved as well.
"""

from __future__ import annotations

import sys

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

__all__ = ["ov", "properties"]
