"""Loading weights from safetensors; never from a pickle."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from unmask.core.errors import MissingExtra, ModelInvalid
from unmask.models.xception import Xception

_CLASSIFIER = ("fc.", "last_linear.", "head.")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, as float32."""
    try:
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingExtra.named("train", "reading weights") from error
    try:
        return {name: value.to(torch.float32) for name, value in load_file(path).items()}
    except Exception as error:  # safetensors raises its own class without a public base
        raise ModelInvalid(f"{path} is not a safetensors file: {error}") from error


def load_trunk(trunk: Xception, path: Path) -> list[str]:
    """Load timm's ``legacy_xception`` names into ``trunk``; returns the names left fresh.

    A classifier's weights in the file are ignored. Names the trunk does not know are refused:
    they say that the file holds another network.
    """
    tensors = {
        name: value
        for name, value in read_tensors(path).items()
        if not name.startswith(_CLASSIFIER)
    }
    report = trunk.load_state_dict(tensors, strict=False)
    if report.unexpected_keys:
        raise ModelInvalid(
            f"{path} holds weights of another network: {', '.join(report.unexpected_keys[:3])}"
        )
    return [name for name in report.missing_keys if not name.endswith("num_batches_tracked")]


def write_tensors(module: nn.Module, path: Path) -> None:
    """The module's state as safetensors."""
    from safetensors.torch import save_file

    state = {name: value.detach().contiguous().cpu() for name, value in module.state_dict().items()}
    save_file(state, path)
