"""One narrow session Protocol, and the one place that binds it to an inference runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from unmask.core.errors import MissingExtra, RuntimeUnavailable

Device = Literal["cpu", "cuda"]
DeviceChoice = Literal["auto", "cpu", "cuda"]
RuntimeName = Literal["openvino", "onnxruntime"]
Precision = Literal["f32", "bf16", "f16"]
PrecisionChoice = Literal["auto", "f32", "bf16"]
Feeds = Mapping[str, NDArray[Any]]


class Session(Protocol):
    """A loaded graph. Safe to call from several threads; inputs may vary along dynamic axes."""

    runtime: RuntimeName
    device: Device
    precision: Precision

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """Every output of the graph by name, float32 arrays owned by the caller."""
        ...


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How graphs are run.

    ``device`` auto takes CUDA when ONNX Runtime offers it, else the CPU. ``runtime`` None takes
    OpenVINO on the CPU and ONNX Runtime on CUDA. ``precision`` auto takes bf16 where the CPU
    has instructions for it (measured tolerance: docs/runtimes.md). ``threads`` 0 leaves the
    number to the runtime. ``cache`` keeps compiled graphs there (OpenVINO only).
    """

    device: DeviceChoice = "auto"
    runtime: RuntimeName | None = None
    precision: PrecisionChoice = "auto"
    threads: int = 0
    cache: Path | None = None


def installed_runtimes() -> tuple[RuntimeName, ...]:
    """The runtimes that can be imported here, preferred first."""
    names: Sequence[RuntimeName] = ("openvino", "onnxruntime")
    return tuple(name for name in names if importlib.util.find_spec(name) is not None)


def open_session(graph: Path, options: SessionOptions = SessionOptions()) -> Session:
    """Load an ONNX file with the runtime that the options and this machine call for.

    Raises :class:`RuntimeUnavailable` when the device is absent and :class:`MissingExtra` when
    the runtime asked for is not installed.
    """
    device, runtime = resolve(options)
    if runtime == "openvino":
        from unmask.runtime.openvino_session import OpenVinoSession

        return OpenVinoSession(graph, options)
    from unmask.runtime.onnx_session import OnnxSession

    return OnnxSession(graph, options, device)


def resolve(options: SessionOptions) -> tuple[Device, RuntimeName]:
    """The device and runtime that ``options`` come to on this machine."""
    installed = installed_runtimes()
    if options.device == "cuda" or (options.device == "auto" and options.runtime != "openvino"):
        if _cuda_present(installed):
            return "cuda", "onnxruntime"
        if options.device == "cuda":
            raise RuntimeUnavailable(
                "no CUDA device is usable through ONNX Runtime here",
                hint="install the extra 'cuda' beside an NVIDIA driver, or use --device cpu",
            )
    runtime = options.runtime or next(iter(installed), None)
    if runtime is None:
        raise RuntimeUnavailable(
            "neither OpenVINO nor ONNX Runtime is installed", hint="pip install openvino"
        )
    if runtime not in installed:
        raise MissingExtra.named(runtime, f"the runtime {runtime}")
    return "cpu", runtime


def _cuda_present(installed: Sequence[str]) -> bool:
    if "onnxruntime" not in installed:
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
