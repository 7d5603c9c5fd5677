"""ONNX Runtime, the portable alternative, on the CPU or through CUDA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.runtime.session import Device, Feeds, Precision, RuntimeName, SessionOptions

_QUIET = 3  # errors only: ONNX Runtime logs to stderr behind Python's back


class OnnxSession:
    """An ONNX Runtime session, f32 whatever the options prefer: its CPU kernels have no bf16."""

    runtime: RuntimeName = "onnxruntime"
    precision: Precision = "f32"

    def __init__(self, graph: Path, options: SessionOptions, device: Device) -> None:
        self.device: Device = device
        settings = ort.SessionOptions()
        settings.log_severity_level = _QUIET
        settings.intra_op_num_threads = options.threads
        providers = ["CPUExecutionProvider"]
        if device == "cuda":
            providers.insert(0, "CUDAExecutionProvider")
        try:
            self._session = ort.InferenceSession(str(graph), settings, providers=providers)
        except Exception as error:  # ONNX Runtime's own classes share no public base
            raise ModelInvalid(f"ONNX Runtime cannot load {graph.name}: {error}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """See :class:`unmask.runtime.session.Session`."""
        values = self._session.run(self._outputs, dict(feeds))
        return {
            name: np.asarray(value, dtype=np.float32)
            for name, value in zip(self._outputs, values, strict=True)
        }
