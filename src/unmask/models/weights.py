"""Loading weights from safetensors; never from a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from unmask.core.errors import ModelInvalid
from unmask.core.extras import needing
from unmask.core.files import whole

_CLASSIFIER = ("fc.", "last_linear.", "head.")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, as float32."""
    with needing("train", "reading weights"):
        from safetensors.torch import load_file
    try:
        return {name: value.to(torch.float32) for name, value in load_file(path).items()}
    except Exception as error:  # safetensors raises its own class without a public base
        raise ModelInvalid(f"{path} is not a safetensors file: {error}") from error


def load_trunk(trunk: nn.Module, tensors: Mapping[str, Tensor], origin: str) -> list[str]:
    """Load a backbone's weights into ``trunk``; returns the names left fresh.

    For Xception the names are those of timm's ``legacy_xception``. A classifier's weights are
    ignored. Names or shapes the trunk does not know are refused as :class:`ModelInvalid`, which
    names ``origin``: they say that it holds another network.
    """
    wanted = {k: v.float() for k, v in tensors.items() if not k.startswith(_CLASSIFIER)}
    return _load(trunk, wanted, origin)


def load_detector(detector: nn.Module, tensors: Mapping[str, Tensor], origin: str) -> list[str]:
    """Load a whole frame detector's weights, or its backbone's alone; returns the names left fresh.

    Raises as :func:`load_trunk`.
    """
    if any(name.startswith("trunk.") for name in tensors):
        return _load(detector, dict(tensors), origin)
    fresh = load_trunk(detector.get_submodule("trunk"), tensors, origin)
    heads = [name for name, _ in detector.named_parameters() if not name.startswith("trunk.")]
    return [f"trunk.{name}" for name in fresh] + heads


def _load(module: nn.Module, tensors: dict[str, Tensor], origin: str) -> list[str]:
    try:
        report = module.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise ModelInvalid(f"{origin} holds weights of other shapes: {error}") from error
    known = len(module.state_dict()) - len(report.missing_keys)
    if report.unexpected_keys or not known:
        strange = ", ".join(report.unexpected_keys[:3]) or "none that this backbone has"
        raise ModelInvalid(f"{origin} holds weights of another network: {strange}")
    return [name for name in report.missing_keys if not name.endswith("num_batches_tracked")]


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Named tensors as safetensors, whole or not at all."""
    from safetensors.torch import save

    state = {name: value.detach().contiguous().cpu() for name, value in tensors.items()}
    write_bytes(save(state), path)


def write_bytes(data: bytes, path: Path) -> None:
    """Write beside ``path``, then rename: a reader sees the old file or the new one."""
    with whole(path, alone=True) as part:
        part.write_bytes(data)
