"""Networks as they are exported, and faces to try them on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.data import astronaut

from unmask.clips import align

torch = pytest.importorskip("torch", reason="the extra 'train' is not installed")

SIZE = 112
_LANDMARKS = np.array(
    [[208.5, 100.2], [246.5, 102.4], [229.0, 125.0], [208.9, 142.1], [241.8, 143.6]], np.float32
)


@pytest.fixture(scope="session")
def crops() -> NDArray[np.uint8]:
    """One face, six times: looser and darker each time."""
    made = []
    for step in range(6):
        crop = align(astronaut(), _LANDMARKS, size=SIZE, margin=1.1 + 0.1 * step).image
        made.append((crop * (1 - 0.1 * step)).astype(np.uint8))
    return np.stack(made)


@pytest.fixture(scope="session")
def networks(crops: NDArray[np.uint8]) -> tuple[Any, Any]:
    """Random networks whose batch norms have seen faces, as those of a fitted one have."""
    from unmask.models.detector import FrameDetector, TemporalDetector

    torch.manual_seed(3)
    frames = FrameDetector()
    x = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
    norms = [each for each in frames.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 0.88  # as twenty passes would tell them
    with torch.no_grad():
        frames.train()(x)
    temporal = TemporalDetector(24)
    temporal.mean.normal_()
    temporal.scale.uniform_(0.5, 2)
    return frames.eval(), temporal.eval()


@pytest.fixture(scope="session")
def package(networks: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both graphs, exported."""
    from unmask.models.export import export_backbone, export_temporal

    folder = tmp_path_factory.mktemp("exported")
    export_backbone(networks[0], folder / "backbone.onnx", size=SIZE)
    export_temporal(networks[1], folder / "temporal.onnx", frames=5)
    return folder


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """For many small computations of torch, which threads only hold up."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
