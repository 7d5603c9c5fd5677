"""OpenVINO on the CPU."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import properties

from unmask.core.errors import ModelInvalid
from unmask.runtime.session import Device, Feeds, Precision, RuntimeName, SessionOptions


@cache
def _core() -> Any:
    """One Core a process: it owns the thread pools and the plug-ins, which load slowly."""
    return ov.Core()


def cpu_has_bf16() -> bool:
    """Whether OpenVINO's CPU plug-in reports bf16 arithmetic on this machine."""
    capabilities = _core().get_property("CPU", properties.device.capabilities)
    return "BF16" in capabilities


class OpenVinoSession:
    """A compiled graph. Each call takes its own infer request, so threads do not share state."""

    runtime: RuntimeName = "openvino"
    device: Device = "cpu"

    def __init__(self, graph: Path, options: SessionOptions) -> None:
        bf16 = options.precision == "bf16" or (options.precision == "auto" and cpu_has_bf16())
        self.precision: Precision = "bf16" if bf16 else "f32"
        config: dict[Any, Any] = {
            properties.hint.performance_mode: properties.hint.PerformanceMode.LATENCY,
            properties.hint.inference_precision: ov.Type.bf16 if bf16 else ov.Type.f32,
        }
        if options.threads:
            config[properties.inference_num_threads] = options.threads
        if options.cache is not None:
            options.cache.mkdir(parents=True, exist_ok=True)
            config[properties.cache_dir] = str(options.cache)
        try:
            self._compiled = _core().compile_model(str(graph), "CPU", config)
        except RuntimeError as error:
            raise ModelInvalid(f"OpenVINO cannot load {graph.name}: {error}") from error
        self._outputs = [output.get_any_name() for output in self._compiled.outputs]

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """See :class:`unmask.runtime.session.Session`."""
        request = self._compiled.create_infer_request()
        results = request.infer(dict(feeds))
        return {
            name: np.array(results[index], dtype=np.float32, copy=True)
            for index, name in enumerate(self._outputs)
        }
