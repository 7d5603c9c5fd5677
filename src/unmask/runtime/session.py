"""One narrow session Protocol, and the one place that binds it to an inference runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from numpy.typing import NDArray

from unmask.core.errors import MissingExtra, ModelInvalid, RuntimeUnavailable, UsageError
from unmask.runtime.cpu import multiplies_bf16_faster
from unmask.runtime.cuda import cuda_devices

Device = Literal["cpu", "cuda"]
DeviceChoice = Literal["auto", "cpu", "cuda"]
RuntimeName = Literal["openvino", "onnxruntime"]
Precision = Literal["f32", "bf16", "f16"]
PrecisionChoice = Literal["auto", "f32", "bf16"]
Feeds = Mapping[str, NDArray[Any]]
Shapes = Mapping[str, Sequence[int | None]]
"""Of a graph's inputs by name, None for a side that may be any."""


class Session(Protocol):
    """A loaded graph. Safe to call from several threads; inputs may vary along dynamic axes."""

    runtime: RuntimeName
    device: Device
    precision: Precision

    def run(self, feeds: Feeds) -> dict[str, NDArray[Any]]:
        """Every output of the graph by name, float32 arrays owned by the caller.

        Raises :class:`ModelInvalid` for inputs of a shape that the graph does not take.
        """
        ...


def misfit(graph: Path, inputs: Shapes, feeds: Feeds) -> ModelInvalid | None:
    """What to raise where the graph does not take these; None where it does by their shapes."""
    for name, shape in inputs.items():
        given = feeds[name].shape if name in feeds else ()
        same = (want in (None, have) for want, have in zip(shape, given, strict=False))
        if len(shape) != len(given) or not all(same):
            wanted = "×".join("N" if side is None else str(side) for side in shape)
            return ModelInvalid(
                f"{graph} takes {name} of {wanted}, not of {'×'.join(map(str, given))}",
                hint="see that the sizes in model.json are those that it was made for",
            )
    return None


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How graphs are run. :class:`UsageError` for a choice that there is not.

    ``device`` auto takes CUDA when ONNX Runtime offers it, else the CPU. ``runtime`` None takes
    OpenVINO on the CPU and ONNX Runtime on CUDA. ``precision`` auto takes bf16 where the CPU
    multiplies it faster than f32 (AMX, or AMD's AVX-512; docs/performance.md). ``threads``
    0 leaves the number to the runtime. ``streams`` is how many calls from different threads run
    side by side, each on its share of the cores. ``cache`` keeps compiled graphs in
    :func:`unmask.core.paths.cache_folder` (OpenVINO only).
    """

    device: DeviceChoice = "auto"
    runtime: RuntimeName | None = None
    precision: PrecisionChoice = "auto"
    threads: int = 0
    streams: int = 1
    cache: bool = True

    def __post_init__(self) -> None:
        _check("device", self.device, get_args(DeviceChoice))
        _check("runtime", self.runtime, (*get_args(RuntimeName), None))
        _check("precision", self.precision, get_args(PrecisionChoice))


def _check(name: str, value: object, choices: Sequence[object]) -> None:
    if value not in choices:
        known = ", ".join(map(repr, choices))
        raise UsageError(f"{name} must be one of {known}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What options come to on this machine."""

    device: Device
    runtime: RuntimeName
    precision: Precision


def installed_runtimes() -> tuple[RuntimeName, ...]:
    """The runtimes that can be imported here, preferred first."""
    names: Sequence[RuntimeName] = ("openvino", "onnxruntime")
    return tuple(name for name in names if importlib.util.find_spec(name) is not None)


def open_session(graph: Path, options: SessionOptions = SessionOptions()) -> Session:
    """Load an ONNX file with the runtime that the options and this machine call for.

    Raises :class:`ModelInvalid` for a file that is no graph, :class:`RuntimeUnavailable` when the
    device is absent or the runtime does not start, and :class:`MissingExtra` when the runtime
    asked for is not installed.
    """
    resolved = resolve(options)
    with _starting(resolved.runtime):
        if resolved.runtime == "openvino":
            from unmask.runtime.openvino_session import OpenVinoSession

            return OpenVinoSession(graph, options, resolved.precision)
        from unmask.runtime.onnx_session import OnnxSession

        return OnnxSession(graph, options, resolved.device)


def resolve(options: SessionOptions) -> Resolved:
    """The device, runtime and arithmetic that ``options`` come to, before a graph is loaded.

    Raises as :func:`open_session` does.
    """
    device, runtime = _device_and_runtime(options)
    with _starting(runtime):
        bf16 = _has_bf16(runtime)
    if options.precision == "bf16" and not bf16:
        raise RuntimeUnavailable(
            f"{runtime} has no bf16 arithmetic on this machine", hint="use f32, or auto"
        )
    wanted = options.precision == "bf16" or (
        options.precision == "auto" and multiplies_bf16_faster()
    )
    return Resolved(device, runtime, "bf16" if bf16 and wanted else "f32")


@contextmanager
def _starting(runtime: RuntimeName) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise RuntimeUnavailable(
            f"{runtime} is installed but does not start: {error}",
            hint=f"pip install --force-reinstall {runtime}",
        ) from error


def _has_bf16(runtime: RuntimeName) -> bool:
    if runtime != "openvino":
        return False
    from unmask.runtime.openvino_session import cpu_has_bf16

    return cpu_has_bf16()


def _device_and_runtime(options: SessionOptions) -> tuple[Device, RuntimeName]:
    if options.device == "cuda" and options.runtime == "openvino":
        raise UsageError("OpenVINO runs on the CPU here", hint="leave the runtime out for CUDA")
    installed = installed_runtimes()
    if options.device == "cuda" or (options.device == "auto" and options.runtime != "openvino"):
        if _cuda_usable(installed):
            return "cuda", "onnxruntime"
        if options.device == "cuda":
            raise RuntimeUnavailable(
                "no CUDA device is usable through ONNX Runtime here",
                hint="install the extra 'cuda' beside an NVIDIA driver, or use --device cpu",
            )
    if options.runtime is None:
        if not installed:
            raise RuntimeUnavailable(
                "neither OpenVINO nor ONNX Runtime is installed", hint="pip install openvino"
            )
        return "cpu", installed[0]
    if options.runtime not in installed:
        raise _missing(options.runtime)
    return "cpu", options.runtime


def _missing(runtime: RuntimeName) -> RuntimeUnavailable | MissingExtra:
    if runtime == "onnxruntime":
        return MissingExtra.named("onnxruntime", "the runtime onnxruntime")
    return RuntimeUnavailable("OpenVINO is not installed", hint="pip install openvino")


def _cuda_usable(installed: Sequence[str]) -> bool:
    # The driver is asked first: importing ONNX Runtime takes a quarter of a second.
    if cuda_devices() == 0 or "onnxruntime" not in installed:
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
