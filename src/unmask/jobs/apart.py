"""Children that Ctrl-C at the terminal does not reach: who started them ends them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


def apart() -> dict[str, Any]:
    """What :class:`subprocess.Popen` is to be given, which on Windows leaves a session out."""
    given: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        given = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return given
