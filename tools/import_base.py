"""Import every module that works with the base install, in a Python that has nothing else.

    python tools/import_base.py

Fails if one of them needs an extra, or if one brings in torch.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

import unmask
from unmask.core.errors import MissingExtra

# What needs an extra, by design, and what only Alembic can load.
LEFT_OUT = (
    "unmask.bulk",
    "unmask.models",
    "unmask.training",
    "unmask.web",
    "unmask.runtime.onnx_session",
    "unmask.store.migrations",
)


def main() -> int:
    """Import them all and say how many there are."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    names = [
        module.name
        for module in pkgutil.walk_packages(unmask.__path__, "unmask.", onerror=lambda name: None)
        if not module.name.startswith(LEFT_OUT)
    ]
    lacking = []
    for name in names:
        try:
            importlib.import_module(name)
        except MissingExtra as error:  # says so in one line: that is what it should do
            lacking.append(f"{name}: {error.hint}")
    heavy = {"torch", "onnx", "onnxruntime", "skimage", "scipy"} & sys.modules.keys()
    if heavy:
        print(f"imported without being asked for: {', '.join(sorted(heavy))}", file=sys.stderr)
        return 1
    print(f"{len(names) - len(lacking)} modules import with the base install")
    for line in lacking:
        print(f"  and without an extra says so {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
