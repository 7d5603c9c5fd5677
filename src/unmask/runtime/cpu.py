"""What the processor can do, as far as the choice of arithmetic depends on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FACTS = Path("/proc/cpuinfo")


@cache
def multiplies_bf16_faster() -> bool:
    """Whether bf16 beats f32 here: x86 on Linux; False where it cannot be told.

    It does with AMX, and with AVX-512's bf16 instructions on AMD's processors (Zen 4 and later). An
    Intel processor with those and no AMX multiplies bf16 more slowly than f32, though OpenVINO
    reports bf16 for all of them: docs/performance.md has the figures.
    """
    try:
        text = _FACTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    flags = facts.get("flags", "").split()
    own = facts.get("vendor_id") == "AuthenticAMD" and "avx512_bf16" in flags
    return own or "amx_bf16" in flags
