"""What each part of a finished model is worth on files of your own, without fitting anything.

    python tools/dissect.py MODEL LIST.csv [--usual FILE.safetensors]... [--every N]

The files are scanned once as ever, and the crops and what clips scored are kept. Each row
of the table (Markdown) puts a file's score together in another way: as the model does (its frames'
maps laid over each other), by the median and the mean of its frames' logits, without what it takes
off, by the plain mean of the cells, by the LSTM alone, and by the LSTM beside the frames, each
counted by its own spread. With
``--usual``, of a fit's work folder, follow rows with what that fit found to be usual in real crops
in place of the model's own. Where the places are left in, the line is still the one fitted without.
All faces of a file are thrown together, which a verdict does not do; AUC with its 95 % interval
over methods, then family by family. "alike" is the AUC among files of like detail, in quarters:
what is left once coarse and clean files are not compared. "lean" is the rank correlation of real
files' scores with how coarse they are: below zero, clean ones are suspected for being clean.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from family_areas import areas, kinds_of
from numpy.typing import NDArray
from rich.progress import track
from scipy.special import logit
from scipy.stats import spearmanr

from unmask import Analyser
from unmask.core.errors import UnmaskError
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.models.detector import FrameDetector
from unmask.models.expectation import energies
from unmask.models.places import Places
from unmask.models.weights import read_tensors
from unmask.pipeline import ScoredCrop
from unmask.runtime.package import Pooling
from unmask.training.start import start_from
from unmask.verdict import frames_logit

Floats = NDArray[np.float64]
_BATCH = 32


@dataclass
class File:
    """What one scan scored: crops S×S×3, and the clips' logits."""

    label: int
    method: str
    family: str
    crops: list[NDArray[np.uint8]] = field(default_factory=list)
    clips: list[float] = field(default_factory=list)

    def add(self, crop: ScoredCrop, /) -> None:
        """As a sink of evidence."""
        self.crops.append(crop.image)


@dataclass(frozen=True)
class Seen:
    """Of one file's crops: centred cells N×s×s, their means N, energies N×16; of clips logits M."""

    cells: torch.Tensor
    means: Floats
    energies: torch.Tensor
    clips: Floats


def look(detector: FrameDetector, file: File) -> Seen:
    """The network once more, in torch and f32: what the graph does not answer with is wanted."""
    found = []
    crops = np.stack(file.crops)
    with torch.inference_mode():
        for start in range(0, len(crops), _BATCH):
            pixels = torch.from_numpy(crops[start : start + _BATCH]).permute(0, 3, 1, 2).float()
            x = (pixels / 127.5 - 1).contiguous(memory_format=torch.channels_last)
            cells = detector.fit_forward(x)[1]
            means = cells.mean(dim=(1, 2))
            found.append((cells - means[:, None, None], means, energies(pixels)))
    cells, means, each = (torch.cat(parts) for parts in zip(*found, strict=True))
    return Seen(cells, means.double().numpy(), each, np.array(file.clips))


@torch.inference_mode()
def contrasts(detector: FrameDetector, seen: Seen) -> Floats:
    """Of each crop, nothing taken off but what is usual of its places."""
    values: Floats = detector.contrasts_of(seen.cells).double().numpy()
    return values


@torch.inference_mode()
def usual(detector: FrameDetector, seen: Seen) -> Floats:
    """What is expected of each crop."""
    values: Floats = detector.expectation.of(seen.energies).double().numpy()
    return values


@torch.inference_mode()
def together(detector: FrameDetector, seen: Seen, off: Floats, share: float) -> float:
    """What the frames come to, as in a verdict, less ``off`` of each."""
    logits = contrasts(detector, seen) - off
    cells = list(detector.standing_out(seen.cells).numpy())
    pooling = Pooling(share=share, sharpness=detector.sharpness)
    return frames_logit(logits.tolist(), cells, pooling)


def ways(
    seen: Sequence[Seen], own: FrameDetector, others: dict[str, FrameDetector], share: float
) -> dict[str, Any]:
    """Each row's name and the files' scores; NaN where a file has no clip."""
    everywhere = copy.deepcopy(own)
    everywhere.places = Places()
    logits = [contrasts(own, one) - usual(own, one) for one in seen]
    frames = np.array([together(own, one, usual(own, one), share) for one in seen])
    clips = np.array([np.median(one.clips) if len(one.clips) else np.nan for one in seen])
    known = np.isfinite(clips)
    beside = frames / frames[known].std() + clips / clips[known].std()
    nothing = [np.zeros(len(one.cells)) for one in seen]
    rows = {
        "as it is": frames,
        "the median of the frames": [np.median(each) for each in logits],
        "the mean of the frames": [np.mean(each) for each in logits],
        "the places left in": [together(everywhere, one, usual(own, one), share) for one in seen],
        "the expectation left in": [
            together(own, one, none, share) for one, none in zip(seen, nothing, strict=True)
        ],
        "nothing taken off": [
            together(everywhere, one, none, share) for one, none in zip(seen, nothing, strict=True)
        ],
        "the cells' mean, nothing taken off": [np.median(one.means) for one in seen],
        "of files with clips: the frames": np.where(known, frames, np.nan),
        "of files with clips: the LSTM": clips,
        "of files with clips: both": beside,
    }
    for name, other in others.items():
        rows[f"usual by {name}"] = [together(other, one, usual(other, one), share) for one in seen]
    return {name: np.asarray(scores, np.float64) for name, scores in rows.items()}


def main() -> None:
    """Scan, take apart, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("index", type=Path)
    parser.add_argument("--usual", type=Path, action="append", default=[])
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    options = parser.parse_args()
    index = index_list(options.index)
    analyser = Analyser(options.model, device="cpu")
    detector = start_from(str(analyser.package.folder), "xception", [], seed=0).frames
    detector.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    others = {}
    for path in options.usual:
        others[path.stem] = copy.deepcopy(detector)
        others[path.stem].load_state_dict(read_tensors(path), strict=False)
    files, seen = [], []
    for sample in track(index.samples[:: options.every], "scanning"):
        family = sample.attributes.get("family", sample.method)
        file = File(sample.label, sample.method, family)
        with opened(index.root, sample) as path:
            analysis = analyser.analyse(path, evidence=file)
        file.clips = [float(logit(clip.score)) for face in analysis.faces for clip in face.clips]
        if file.crops:
            files.append(file)
            seen.append(look(detector, file))
    if len({file.label for file in files}) < 2:
        parser.error(f"{options.index}: faces are needed in real files and in manipulated ones")
    pooling = analyser.package.manifest.pooling
    report(files, ways(seen, detector, others, pooling.share if pooling else 0.5), seen)


def alike(scores: Floats, labels: NDArray[np.int64], detail: Floats) -> float:
    """The AUC of pairs from the same quarter by ``detail``; NaN where no quarter has both."""
    quarters = np.digitize(detail, np.quantile(detail, [0.25, 0.5, 0.75]))
    found, pairs = 0.0, 0
    for quarter in range(4):
        real = scores[(quarters == quarter) & (labels == 0)]
        fake = scores[(quarters == quarter) & (labels == 1)]
        found += float((fake[:, None] > real).sum() + 0.5 * (fake[:, None] == real).sum())
        pairs += len(real) * len(fake)
    return found / pairs if pairs else float("nan")


def report(files: Sequence[File], rows: dict[str, Floats], seen: Sequence[Seen]) -> None:
    """The table."""
    labels = np.array([file.label for file in files])
    families = np.array([file.family for file in files])
    groups = np.array([file.method for file in files])
    detail = np.array([float(one.energies.mean()) for one in seen])
    kinds = kinds_of(labels, families)
    print(f"| {len(files)} files | all | {' | '.join(kinds)} | alike | lean |")
    print("|---|" + "---|" * (len(kinds) + 3))
    for name, scores in rows.items():
        known = np.isfinite(scores)
        real = known & (labels == 0)
        lean = spearmanr(scores[real], -detail[real])[0]
        print(
            f"| {name} | {' | '.join(areas(scores, labels, families, groups))} "
            f"| {alike(scores[known], labels[known], detail[known]):.3f} | {lean:+.2f} |"
        )


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
