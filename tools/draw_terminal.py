"""Run a command and draw what it prints, colours and all, as the picture that the README shows.

    python tools/draw_terminal.py [TARGET.svg] [--width COLUMNS] [-- COMMAND...]

Without arguments: ``unmask scan examples/samples`` into docs/images/scan.svg (``make picture``).
Nothing is touched up: the picture is the command's own output, set in the reader's own fonts.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "images" / "scan.svg"
COMMAND = ["unmask", "scan", "examples/samples", "--no-history"]
_LONGEST_S = 300
# Rich's pictures fetch their font from a server; a reader's own does as well.
_FETCHED = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def printed(command: list[str], width: int) -> str:
    """What the command prints on a terminal of that width, with its escape sequences."""
    colours = {"FORCE_COLOR": "1", "COLUMNS": str(width), "TERM": "xterm-256color"}
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with subprocess.Popen(
        command,
        cwd=ROOT,
        # Aborted, it says what each of its threads was doing.
        env=os.environ | colours | {"PATH": beside, "PYTHONFAULTHANDLER": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            output, errors = process.communicate()
    if process.returncode:
        sys.exit(f"{shlex.join(command)} ended with {process.returncode}:\n{errors}")
    return output


def drawing(command: list[str], output: str, width: int) -> str:
    """The SVG."""
    console = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, highlight=False
    )
    console.print(Text(f"$ {shlex.join(command)}", "bold"))
    console.print(Text.from_ansi(output.rstrip("\n")))
    drawn = console.export_svg(title="unmask", unique_id="terminal")
    return _FETCHED.sub("", drawn)


def main() -> None:
    """Run, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", type=Path, nargs="?", default=TARGET)
    parser.add_argument("--width", type=int, default=92)
    parser.add_argument("command", nargs="*", default=COMMAND)
    arguments = parser.parse_args()
    drawn = drawing(arguments.command, printed(arguments.command, arguments.width), arguments.width)
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    arguments.target.write_text(drawn, encoding="utf-8")
    print(arguments.target)


if __name__ == "__main__":
    main()
