"""Whether an NVIDIA GPU can be used, asked without loading anything large."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@cache
def cuda_devices() -> int:
    """How many GPUs NVIDIA's driver offers; 0 without the driver.

    ONNX Runtime's own list of providers says what its wheel was built with, not what is there.
    """
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
