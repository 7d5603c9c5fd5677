"""``tools/held_out.py``: without a fit it says so, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_unfitted_work_folder_is_named(faces: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "out", tmp_path / "work"
    tool = [sys.executable, str(ROOT / "tools" / "held_out.py"), str(faces), str(out)]
    recipe = ["--recipe", str(ROOT / "recipes" / "debug.toml"), "--work", str(work)]
    done = subprocess.run([*tool, *recipe], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{work / 'debug-renderer.safetensors'} is absent: fit" in done.stderr
    assert "Traceback" not in done.stderr
    assert not work.exists()
