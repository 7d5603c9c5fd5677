"""What the processor can do, as far as the choice of arithmetic depends on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FACTS = Path("/proc/cpuinfo")


@cache
def has_bf16_matrix_units() -> bool:
    """Whether the kernel lists AMX for bf16 (x86, Linux); False where it cannot be told.

    A processor with AVX-512's bf16 instructions but no AMX multiplies bf16 more slowly than f32
    (docs/performance.md), though OpenVINO reports bf16 for both.
    """
    try:
        text = _FACTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return "amx_bf16" in flags.split()
