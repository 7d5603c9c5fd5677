"""Commands, one file each; ``main`` is the console script ``unmask``."""

from unmask.cli.app import main

__all__ = ["main"]
