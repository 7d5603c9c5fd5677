"""Whether the oldest versions that pyproject.toml allows still do: what scans, in a folder apart.

    .venv/bin/python tools/lowest.py FOLDER [tests/cli ...]

makes an environment in FOLDER with each distribution that Unmask itself asks for as old as allowed
and what those need as new as may be (``uv`` resolves so), and runs the tests named there, all that
need no torch unless some are. A bound that fails is raised in pyproject.toml to the oldest version
that passes. torch is left out, and with it the extras that need it: another version of it is a
download of gigabytes. Takes half an hour on two cores, so ``make check`` leaves it out.

Warnings are no errors here: old versions warn of what newer ones of others will do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("test", "browser", "links")  # and by way of them all but what needs torch or a GPU
TESTS = ("-q", "-W", "default", "-m", "not slow", "-p", "no:cacheprovider", "-n", "auto")


def main() -> int:
    """Make the environment, say what is in it, run the tests; the exit status is theirs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the environment is made")
    parser.add_argument("tests", nargs="*", default=["tests"], help="what to run [tests]")
    asked = parser.parse_args()
    tools, lowest = asked.folder / "tools", asked.folder / "lowest"
    for place in (tools, lowest):
        _run(sys.executable, "-m", "venv", place)
    _run(_python(tools), "-m", "pip", "install", "--quiet", "uv")
    wanted = [word for extra in EXTRAS for word in ("--extra", extra)]
    _run(
        *(_python(tools), "-m", "uv", "pip", "install", "--python", _python(lowest)),
        *("--resolution", "lowest-direct", "-r", ROOT / "pyproject.toml", *wanted),
    )
    _run(_python(lowest), "-m", "pip", "install", "--quiet", "--no-deps", "-e", ROOT)
    return subprocess.run(
        [_python(lowest), "-m", "pytest", *TESTS, *asked.tests], cwd=ROOT, check=False
    ).returncode


def _python(environment: Path) -> Path:
    return environment.absolute() / "bin" / "python"


def _run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True)


if __name__ == "__main__":
    sys.exit(main())
