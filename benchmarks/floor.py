"""The least that a crop's way through the backbone can take on one core, and what it takes.

    python benchmarks/floor.py [--model NAME|DIR]

Counts the multiplications of the graph, measures how fast one core multiplies matrices (the best
of NumPy's sgemm), and times one crop on one core, in f32 and, where there is one, other arithmetic.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np

from unmask.runtime import SessionOptions, find_package, open_session, resolve
from unmask.runtime.offline_openvino import ov

SIDE = 2048


def least(work: Callable[[], object], repeats: int = 8) -> float:
    """CPU seconds of the fastest call."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def operations(path: str, size: int) -> float:
    """Multiplications and additions for one crop, in units of 10⁹."""
    graph = ov.Core().read_model(path)
    graph.reshape({0: [1, size, size, 3]})
    total = 0
    for node in graph.get_ordered_ops():
        if node.get_type_name() not in ("Convolution", "GroupConvolution", "MatMul"):
            continue
        out = node.output(0).get_shape()
        weights = node.input(1).get_partial_shape().to_shape()
        # A weight is used once for each place of the output that it serves.
        places = int(np.prod(out[2:])) if len(out) > 2 else 1
        total += 2 * int(np.prod(weights)) * places
    return total / 1e9


def main() -> None:
    """Count, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model")
    package = find_package(parser.parse_args().model)
    size = package.manifest.crop.size
    work = operations(str(package.backbone), size)
    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    peak = 2 * SIDE**3 / least(lambda: matrix @ matrix) / 1e9
    print(f"{work:.1f} GFLOP a crop of {size} pixels; sgemm on one core: {peak:.0f} GFLOP/s")
    print(f"floor in f32: {1e3 * work / peak:.0f} ms of one core a crop")
    crop = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    for precision in ("f32", "bf16"):
        options = SessionOptions(device="cpu", precision=precision, threads=1)
        if resolve(SessionOptions(device="cpu")).runtime != "openvino" and precision == "bf16":
            continue
        session = open_session(package.backbone, options)
        seconds = least(lambda session=session: session.run({"crops": crop}))
        print(f"{precision}: {1e3 * seconds:.0f} ms, {work / seconds:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
