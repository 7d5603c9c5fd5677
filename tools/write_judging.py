"""Say whether files are judged otherwise since the code that judges has changed.

    .venv/bin/python tools/write_judging.py --same      # every result stays what it was
    .venv/bin/python tools/write_judging.py --raise     # some may differ: JUDGING goes up by one

An earlier result is used again only where it was made by the same way of judging
(``unmask.core.version.JUDGING``). Nobody would think of that number beside a threshold, so
``tests/judging.json`` keeps a digest of each file that shapes results, less its comments and
docstrings, and a test fails where one differs. When in doubt, raise: it costs each user one more
look at a file, and an old answer given for a new one costs more. Without an option, the files
that changed are listed, and the exit code is 1 where there are any.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "unmask"
VERSION = SOURCE / "core" / "version.py"
SEAL = ROOT / "tests" / "judging.json"
ROOMS = ("video", "faces", "clips", "scoring", "verdict", "pipeline", "runtime")
BESIDE = ("core/analysis.py", "core/frames.py", "core/times.py")
NETWORKS = "assets/mtcnn/*.onnx"  # a model package's hash is asked for by itself


def judging_files() -> Iterator[Path]:
    """What shapes a result beside the model: every module of the stages, and the face finder."""
    for room in ROOMS:
        yield from sorted((SOURCE / room).rglob("*.py"))
    yield from (SOURCE / name for name in BESIDE)
    yield from sorted(SOURCE.glob(NETWORKS))


def digest(path: Path) -> str:
    """Twelve hexadecimal digits that change with what the file does, not with what it says."""
    content = path.read_bytes()
    if path.suffix == ".py":
        content = bare(content.decode()).encode()
    return hashlib.sha256(content).hexdigest()[:12]


def bare(code: str) -> str:
    """The code without comments, docstrings, empty lines and spaces at the end of lines."""
    lines = code.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for first, last in _docstrings(ast.parse(code)):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """The lines of each text that is a statement: docstrings, and those below a field."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.end_lineno or node.lineno


def digests() -> dict[str, str]:
    """The digest of each file, by its place under the package."""
    return {path.relative_to(SOURCE).as_posix(): digest(path) for path in judging_files()}


def number() -> int:
    """JUDGING, as the source has it."""
    return int(_stated().group(1))


def _stated() -> re.Match[str]:
    found = re.search(r"^JUDGING = (\d+)$", VERSION.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found


def changed() -> list[str]:
    """The files that are not as they were when the number was last looked at; "" is the number."""
    sealed = json.loads(SEAL.read_text(encoding="utf-8"))
    before, now = sealed["code"], digests()
    differing = {name for name, _ in before.items() ^ now.items()}
    return ([] if sealed["judging"] == number() else [""]) + sorted(differing)


def write() -> None:
    """Keep number and digests: a line for each file, so that two branches rarely collide."""
    text = json.dumps({"judging": number(), "code": digests()}, indent=1)
    SEAL.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Tell, or do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--same", action="store_true", help="every result stays what it was")
    parser.add_argument("--raise", dest="raised", action="store_true", help="some may differ")
    given = parser.parse_args()
    if given.raised:
        text = VERSION.read_text(encoding="utf-8")
        new = f"JUDGING = {number() + 1}"
        VERSION.write_text(text.replace(_stated().group(), new), encoding="utf-8")
    if given.raised or given.same:
        write()
        return
    for name in changed():
        print(name or "core/version.py: JUDGING was changed by hand")
    sys.exit(1 if changed() else 0)


if __name__ == "__main__":
    main()
