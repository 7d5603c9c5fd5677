"""What the exit code says. docs/cli.md explains each."""

from __future__ import annotations

DONE = 0
FOUND = 1
USAGE = 2
SOME_FAILED = 3
INTERNAL = 70  # EX_SOFTWARE of sysexits.h: 1 must keep its meaning
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
TERMINATED = 143  # 128 + SIGTERM
BROKEN_PIPE = 141  # 128 + SIGPIPE
