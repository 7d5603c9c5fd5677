"""OpenVINO on the CPU."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.runtime.compiled_cache import own_folder
from unmask.runtime.forking import HEIRS
from unmask.runtime.offline_openvino import ov, properties
from unmask.runtime.session import (
    Device,
    Feeds,
    Precision,
    RuntimeName,
    SessionOptions,
    Shapes,
    misfit,
)

_MAKING = threading.Lock()


def _core() -> Any:
    """One Core a process: it owns the thread pools and the plug-ins, which load slowly."""
    with _MAKING:  # graphs are loaded side by side, and a cached function may run twice
        return _made()


@cache
def _made() -> Any:
    # The first call of this makes a table, and lets go of Python's lock over it: a second thread
    # that comes by then waits for the table with the lock that the first one needs, for ever.
    # Two threads that begin with inference, as for a report's heat maps, meet there.
    ov.Type.f32.to_dtype()
    return ov.Core()


def cpu_has_bf16() -> bool:
    """Whether OpenVINO's CPU plug-in reports bf16 arithmetic on this machine."""
    capabilities = _core().get_property("CPU", properties.device.capabilities)
    return "BF16" in capabilities


class OpenVinoSession:
    """A compiled graph. Calls take an idle infer request or make one, so threads share no state."""

    runtime: RuntimeName = "openvino"
    device: Device = "cpu"

    def __init__(self, graph: Path, options: SessionOptions, precision: Precision) -> None:
        self.precision: Precision = precision
        self._graph = graph
        HEIRS.check()
        try:
            self._compiled = _compiled(graph, options, precision)
        except RuntimeError as error:
            raise ModelInvalid(f"OpenVINO cannot load {graph}: {error}") from error
        # Folding graphs together leaves a tensor with the names of all whose place it takes.
        self._outputs = [tuple(output.get_names()) for output in self._compiled.outputs]
        self._idle: list[Any] = []
        HEIRS.add(self)

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """See :class:`unmask.runtime.session.Session`."""
        # list.pop and list.append are atomic: no lock is needed, at worst one request too many. To
        # ask first whether there is one would not be: another thread may take it in between.
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        try:
            results = request.infer(dict(feeds), share_inputs=True, share_outputs=True)
        except RuntimeError as error:
            if (unfit := misfit(self._graph, self._shapes(), feeds)) is not None:
                raise unfit from error
            raise
        answer: dict[str, NDArray[Any]] = {}
        for index, names in enumerate(self._outputs):
            values = np.array(results[index], dtype=np.float32, copy=True)
            answer.update(dict.fromkeys(names, values))
        self._idle.append(request)
        return answer

    def _shapes(self) -> Shapes:
        return {
            port.any_name: [None if side.is_dynamic else side.get_length() for side in shape]
            for port in self._compiled.inputs
            if (shape := port.partial_shape).rank.is_static
        }


def _compiled(graph: Path, options: SessionOptions, precision: Precision) -> Any:
    config = _config(options, precision)
    if options.cache:
        with own_folder(graph) as folder, suppress(RuntimeError):
            # Without a folder, or where keeping fails (a full disk, a file system that knows no
            # permissions), the graph is compiled below: a cache only saves time.
            if folder is not None:
                kept = config | {properties.cache_dir: str(folder)}
                return _core().compile_model(str(graph), "CPU", kept)
    return _core().compile_model(str(graph), "CPU", config)


def _config(options: SessionOptions, precision: Precision) -> dict[Any, Any]:
    hint = properties.hint
    config: dict[Any, Any] = {
        hint.performance_mode: hint.PerformanceMode.LATENCY,
        hint.inference_precision: ov.Type.bf16 if precision == "bf16" else ov.Type.f32,
    }
    if options.streams > 1:
        config[hint.performance_mode] = hint.PerformanceMode.THROUGHPUT
        config[properties.num_streams] = options.streams
    if options.threads:
        config[properties.inference_num_threads] = options.threads
    return config
