"""``python -m unmask``: the command line where its script is not on the path.

It is also how one command of Unmask starts another.
"""

from __future__ import annotations

import sys

from unmask.cli import main

if __name__ == "__main__":
    sys.exit(main())
