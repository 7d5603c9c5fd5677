"""What the finished frame detector says of clips: drawn once, kept in parts."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from unmask.models.detector import FrameDetector, FrameGraph
from unmask.models.weights import write_bytes
from unmask.training.faults import fitting, writing
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.sequences import CropClip, DrawnClips
from unmask.training.side import Side
from unmask.training.stopping import Stopped, leave_signals_to_parent, listening

log = logging.getLogger(__name__)
_PART = 25  # pairs of clips kept at once


@dataclass(frozen=True, slots=True, eq=False)
class ClipFeatures:
    """Features B×T×D float32, labels B; the frames' logits B×T and cells B×T×s×s beside them."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    frame_logits: NDArray[np.float32]
    cells: NDArray[np.float32]
    kinds: tuple[str, ...]
    origins: tuple[str, ...]


def clip_features(
    recipe: DetectorRecipe, detector: FrameDetector, side: Side, clips: int, salt: int, run: Run
) -> ClipFeatures:
    """Features of ``clips`` drawn clips, half of them real.

    Pair ``n`` of clips depends on the seed, ``salt`` and ``n`` alone. Parts that are kept already
    are not drawn again, unless the detector has changed; processes share the parts.
    """
    seal = weights_digest(recipe, detector, side)
    folder = run.work / f"{recipe.stem}-features-{salt}-{seal}"
    starts = range(0, clips // 2, _PART)
    parts = [folder / f"{number:04d}.npz" for number in range(len(starts))]
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    own = range(run.fabric.global_rank, len(parts), run.fabric.world_size)
    todo = [
        (parts[number], range(starts[number], min(starts[number] + _PART, clips // 2)))
        for number in own
        if not parts[number].exists()
    ]
    with fitting("features"), listening() as stop:
        drawn = _drawn(side, recipe, salt, [index for _, pairs in todo for index in pairs], run)
        for part, pairs in todo:
            some = [clip for both in islice(drawn, len(pairs)) for clip in both]
            _write(_scored(some, detector, run.fabric), part)
            log.info("features of clips %d to %d of %d", 2 * pairs.start, 2 * pairs.stop, clips)
            if stop.made:
                raise Stopped("features: stopped and saved; the same command goes on from there")
    run.fabric.barrier()
    return _joined([_read(part) for part in parts])


def _drawn(
    side: Side, recipe: DetectorRecipe, salt: int, numbers: Sequence[int], run: Run
) -> Iterator[tuple[CropClip, CropClip]]:
    """In order, by ``run.workers`` processes."""
    loader: DataLoader[tuple[CropClip, CropClip]] = DataLoader(
        DrawnClips(side, recipe, salt, numbers),
        batch_size=1,
        collate_fn=_only,
        num_workers=run.workers if numbers else 0,
        worker_init_fn=leave_signals_to_parent,
    )
    return iter(loader)


def _only(batch: list[tuple[CropClip, CropClip]]) -> tuple[CropClip, CropClip]:
    return batch[0]


def _scored(drawn: Sequence[CropClip], detector: FrameDetector, fabric: Fabric) -> ClipFeatures:
    scored = [score_crops(detector, clip.crops, fabric) for clip in drawn]
    return ClipFeatures(
        np.stack([features for features, _, _ in scored]),
        np.array([clip.label for clip in drawn], dtype=np.int64),
        np.stack([logits for _, logits, _ in scored]),
        np.stack([cells for _, _, cells in scored]),
        tuple(clip.kind for clip in drawn),
        tuple(clip.origin for clip in drawn),
    )


def score_crops(
    detector: FrameDetector, crops: NDArray[np.uint8], fabric: Fabric
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """T×S×S×3 uint8 → features T×D, logits T, cells T×s×s, as the exported graph gives them."""
    graph = FrameGraph(detector).eval()
    with torch.inference_mode(), fabric.autocast():
        features, logits, _maps, cells = graph(torch.from_numpy(crops).to(fabric.device))[:4]
    return (
        features.float().cpu().numpy(),
        logits.float().cpu().numpy(),
        cells.float().cpu().numpy(),
    )


def weights_digest(recipe: DetectorRecipe, detector: FrameDetector, side: Side) -> str:
    """Twelve digits that change with the weights, the recipe's clips or the data."""
    digest = hashlib.sha256(recipe.clip.model_dump_json().encode())
    digest.update(repr(recipe.served.margin).encode())
    digest.update(repr(sorted(side.counts().items())).encode())
    for name, value in sorted(detector.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]


def _write(found: ClipFeatures, path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer,
        features=found.features,
        labels=found.labels,
        frame_logits=found.frame_logits,
        cells=found.cells,
        kinds=np.array(found.kinds),
        origins=np.array(found.origins),
    )
    with writing(path):
        write_bytes(buffer.getvalue(), path)


def _read(path: Path) -> ClipFeatures:
    with np.load(path, allow_pickle=False) as stored:
        return ClipFeatures(
            stored["features"],
            stored["labels"],
            stored["frame_logits"],
            stored["cells"],
            tuple(map(str, stored["kinds"])),
            tuple(map(str, stored["origins"])),
        )


def _joined(parts: Sequence[ClipFeatures]) -> ClipFeatures:
    return ClipFeatures(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.frame_logits for part in parts]),
        np.concatenate([part.cells for part in parts]),
        tuple(kind for part in parts for kind in part.kinds),
        tuple(origin for part in parts for origin in part.origins),
    )
