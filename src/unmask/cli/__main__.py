"""``python -m unmask.cli``: how one command of Unmask starts another."""

from __future__ import annotations

import sys

from unmask.cli import main

if __name__ == "__main__":
    sys.exit(main())
