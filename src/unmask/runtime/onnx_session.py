"""ONNX Runtime, the portable alternative, on the CPU or through CUDA."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid, RuntimeUnavailable
from unmask.runtime.session import (
    Device,
    Feeds,
    Precision,
    RuntimeName,
    SessionOptions,
    Shapes,
    misfit,
)

_QUIET = 4  # fatal only: ONNX Runtime logs to stderr behind Python's back, and raises anyway


class OnnxSession:
    """An ONNX Runtime session, f32 whatever the options prefer: its CPU kernels have no bf16."""

    runtime: RuntimeName = "onnxruntime"
    precision: Precision = "f32"

    def __init__(self, graph: Path, options: SessionOptions, device: Device) -> None:
        self.device: Device = device
        self._graph = graph
        providers = ["CPUExecutionProvider"]
        if device == "cuda":
            providers.insert(0, "CUDAExecutionProvider")
        try:
            self._session = ort.InferenceSession(str(graph), _settings(options), providers)
        except Exception as error:  # ONNX Runtime's own classes share no public base
            raise ModelInvalid(f"ONNX Runtime cannot load {graph}: {error}") from error
        if providers[0] not in self._session.get_providers():
            raise RuntimeUnavailable(
                "ONNX Runtime found the GPU but could not start on it",
                hint="check that CUDA and cuDNN match onnxruntime-gpu, or use --device cpu",
            )
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """See :class:`unmask.runtime.session.Session`."""
        try:
            values = self._session.run(self._outputs, dict(feeds))
        except Exception as error:  # as above
            if (unfit := misfit(self._graph, self._shapes(), feeds)) is not None:
                raise unfit from error
            raise
        return {
            name: np.asarray(value, dtype=np.float32)
            for name, value in zip(self._outputs, values, strict=True)
        }

    def _shapes(self) -> Shapes:
        return {
            one.name: [side if isinstance(side, int) else None for side in one.shape]
            for one in self._session.get_inputs()
        }


def _settings(options: SessionOptions) -> ort.SessionOptions:
    settings = ort.SessionOptions()
    settings.log_severity_level = _QUIET
    threads = options.threads
    if options.streams > 1:
        # Calls run side by side: each gets its share, as all of them together have the cores.
        threads = max(1, (threads or os.cpu_count() or 1) // options.streams)
    settings.intra_op_num_threads = threads
    # Threads that spin while they wait would take the cores from decoding and detection.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return settings
