"""What a fit starts from: ``--init``, or the recipe's ``init``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from unmask.core.errors import DataError, ModelInvalid, ModelNotFound
from unmask.models.backbones import TIMM, TimmTrunk, hub_weights, make_trunk
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.models.keras.start import read_keras_trunk
from unmask.models.package_weights import load_frame_weights, read_temporal
from unmask.models.weights import load_detector, load_trunk, read_tensors
from unmask.runtime.package import Manifest, ModelPackage, file_sha256, find_package
from unmask.training.recipe import DetectorRecipe

log = logging.getLogger(__name__)
_IMAGENET = "weights/xception-imagenet*.safetensors"


@dataclass(frozen=True, slots=True)
class Start:
    """Networks to go on from. ``fresh`` names parameters without weights; they move first.

    ``temporal`` is None where nothing but the frame detector is given. ``origin`` says whose
    weights they are, with their hashes and no folder; ``before`` what a model package whose they
    are says of itself.
    """

    frames: FrameDetector
    fresh: frozenset[str]
    temporal: TemporalDetector | None = None
    origin: str = "scratch"
    before: Manifest | None = None


def start_from(init: str, backbone: str, data: Sequence[Path], *, seed: int) -> Start:
    """Networks as ``init`` says.

    ``scratch``; ``imagenet``, a file ``weights/xception-imagenet*.safetensors`` in one of the data
    folders; ``timm:NAME``, weights of timm's hub; the path of a ``.safetensors`` or of a Keras
    Xception (``.h5``, ``.keras``); a model package, by folder or name. Raises
    :class:`ModelInvalid` for weights of another network, :class:`ModelNotFound` for none.
    """
    torch.manual_seed(seed)
    detector = FrameDetector(make_trunk(backbone))
    everything = [name for name, _ in detector.named_parameters()]
    temporal, before = None, None
    path, origin = Path(init), init
    if init == "scratch":
        fresh = everything
    elif init == "imagenet":
        file = imagenet_weights(data)
        fresh, origin = _from_file(detector, file), _hashed(file)
    elif init.startswith(TIMM):
        fresh = _from_hub(detector, init.removeprefix(TIMM))
    elif path.is_file():
        fresh, origin = _from_file(detector, path), _hashed(path)
    else:
        package = ModelPackage.load(path) if path.is_dir() else _package(init)
        fresh = load_frame_weights(detector, package.folder)
        temporal = read_temporal(package.folder)
        origin, before = _graphs(package), package.manifest
    return Start(detector, frozenset(fresh) & frozenset(everything), temporal, origin, before)


def check_start(start: Start, recipe: DetectorRecipe) -> None:
    """Whether a package's networks are what the recipe says, and what of them does not go along.

    :class:`ModelInvalid` where its LSTM is of another size; what a fit can undo is remarked on.
    """
    before = start.before
    if before is None:
        return
    name, crop, served = f"{before.name} {before.version}", before.crop, recipe.served
    if start.temporal is not None and start.temporal.hidden != recipe.clip.hidden:
        units = start.temporal.hidden
        raise ModelInvalid(
            f"the LSTM of {name} has {units} units in each direction, the recipe wants "
            f"{recipe.clip.hidden}",
            hint=f"say hidden = {units} in [clip]: from a package both networks go on",
        )
    if (crop.size, crop.margin) != (served.size, served.margin):
        log.warning(
            "%s was fitted on crops of %d pixels that show %g face boxes; the recipe's are of %d "
            "and show %g: what it has learnt was learnt at its own scale",
            name, crop.size, crop.margin, served.size, served.margin,
        )  # fmt: skip
    if before.covers and recipe.covers is None:
        log.warning(
            "%s tells what lies over a face, by features that a fit changes; the recipe has no "
            "[covers] to fit that anew, and what comes out will call stickers, logos and masks "
            "manipulation more often",
            name,
        )


def _hashed(path: Path) -> str:
    return f"{path.name} (SHA-256 {file_sha256(path)[:12]})"


def _graphs(package: ModelPackage) -> str:
    """By its graphs: calibrating a package changes its manifest, and no weight."""
    manifest = package.manifest
    both = ", ".join(manifest.files[name][:12] for name in ("backbone.onnx", "temporal.onnx"))
    return f"{manifest.name} {manifest.version} (SHA-256 of its graphs {both})"


def _from_file(detector: FrameDetector, path: Path) -> list[str]:
    if path.suffix in (".h5", ".hdf5", ".keras"):
        return load_detector(detector, read_keras_trunk(path), str(path))
    return load_detector(detector, read_tensors(path), str(path))


def _from_hub(detector: FrameDetector, name: str) -> list[str]:
    trunk = detector.trunk.net if isinstance(detector.trunk, TimmTrunk) else detector.trunk
    prefix = "trunk.net." if trunk is not detector.trunk else "trunk."
    missing = load_trunk(trunk, hub_weights(name), f"timm:{name}")
    heads = [each for each, _ in detector.named_parameters() if not each.startswith("trunk.")]
    return [prefix + each for each in missing] + heads


def imagenet_weights(data: Sequence[Path]) -> Path:
    """The file in one of the data folders; :class:`DataError` where none has one."""
    found = sorted(path for root in data for path in root.glob(_IMAGENET))
    if not found:
        folders = ", ".join(map(str, data))
        raise DataError(
            f"ImageNet weights are asked for, and no {_IMAGENET} is in {folders}",
            hint="give a detector's fit --init FILE.safetensors or --init scratch, a renderer none",
        )
    return found[0]


def _package(name: str) -> ModelPackage:
    try:
        return find_package(name)
    except ModelNotFound as error:
        raise ModelNotFound(
            f"--init {name}: no such file, model package or name",
            hint="scratch, imagenet, timm:NAME, a .safetensors or .h5 file, or a model package",
        ) from error
