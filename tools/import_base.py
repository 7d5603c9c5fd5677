"""Import every module that works with the base install, in a Python that has nothing else.

    python tools/import_base.py

Fails if one of them needs an extra, or if one brings in torch.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import unmask

# What needs an extra, by design, and what only Alembic can load.
LEFT_OUT = (
    "unmask.models",
    "unmask.training",
    "unmask.runtime.onnx_session",
    "unmask.store.migrations",
)


def main() -> int:
    """Import them all and say how many there are."""
    names = [
        module.name
        for module in pkgutil.walk_packages(unmask.__path__, "unmask.", onerror=lambda name: None)
        if not module.name.startswith(LEFT_OUT)
    ]
    for name in names:
        importlib.import_module(name)
    heavy = {"torch", "onnx", "onnxruntime", "skimage", "scipy"} & sys.modules.keys()
    if heavy:
        print(f"imported without being asked for: {', '.join(sorted(heavy))}", file=sys.stderr)
        return 1
    print(f"{len(names)} modules import with the base install")
    return 0


if __name__ == "__main__":
    sys.exit(main())
