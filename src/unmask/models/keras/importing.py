"""``unmask models import-keras``: from a saved Keras model to a model package."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError, ModelInvalid, UsageError
from unmask.models.keras.affine import Affine
from unmask.models.keras.card import write_card
from unmask.models.keras.clip_model import ClipModel, read_clip_model
from unmask.models.keras.graphs import Channels, Reading, write_backbone, write_temporal
from unmask.models.xception import FEATURES
from unmask.runtime.package import (
    MANIFEST,
    Calibration,
    ClipSpec,
    CropSpec,
    Manifest,
    ModelPackage,
    Training,
    file_sha256,
)

Scaling = Literal["auto", "xception", "unit", "raw"]

SCALINGS = {
    "xception": Affine.of(1 / 127.5, -1.0),
    "unit": Affine.of(1 / 255),
    "raw": Affine.of(),
}
_USUAL = 3.0  # what a network is fed lies within this of zero
_SMALLEST, _LARGEST = 71, 512
_LONGEST = 64


class ImportOptions(BaseModel):
    """What a Keras file does not say of the model in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9-]*$", description="else the file's")
    version: str = Field("1", pattern=r"^[0-9A-Za-z.]+$", description="of the package")
    licence: str = Field("unstated", min_length=1, description="of the weights")
    scaling: Scaling = Field("auto", description="what is done to 0…255 before the model")
    channels: Channels = Field("rgb", description="bgr where OpenCV read the frames")
    manipulated: int = Field(1, ge=0, le=1, description="the class of the manipulated")
    size: int | None = Field(None, ge=_SMALLEST, le=_LARGEST, description="if left open")
    frames: int | None = Field(None, ge=2, le=_LONGEST, description="if left open")
    step_s: float = Field(0.12, gt=0, le=2, description="seconds between a clip's frames")
    margin: float = Field(1.3, ge=1, le=2.5, description="sides of the face box that a crop shows")


@dataclass(frozen=True, slots=True)
class Imported:
    """The package, and sentences on what was assumed for want of better knowledge."""

    package: ModelPackage
    assumed: tuple[str, ...]


def import_keras(path: Path, out: Path | None, options: ImportOptions) -> Imported:
    """Make a package of the Keras model in ``path``, in ``out`` or a folder of its name here.

    Raises :class:`ModelInvalid` for a model of another kind, naming the layer,
    :class:`UsageError` for options that contradict the file or a folder that is taken, and
    :class:`DataError` where the package cannot be written.
    """
    name = options.name or _slug(path.stem)
    folder = Path(name) if out is None else out
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty", hint="name another: --out DIR")
    try:
        model = read_clip_model(path)
        scaling, how = _scaling(model, options.scaling)
    except ModelInvalid as error:
        raise ModelInvalid(f"{path}: {error.message}", hint=error.hint) from error
    reading = Reading(
        size=_known("size", model.size, options.size, (_SMALLEST, _LARGEST)),
        frames=_known("frames", model.frames, options.frames, (2, _LONGEST)),
        scaling=scaling,
        channels=options.channels,
        manipulated=options.manipulated,
    )
    assumed = (how, *_assumptions(model, options))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as made:
            target = Path(made) / "package"
            target.mkdir()
            _write(path, name, model, reading, options, assumed, target)
            target.rename(folder)
    except OSError as error:
        raise DataError(f"{folder} could not be written: {error.strerror or error}") from error
    package = ModelPackage.load(folder)
    package.verify()
    return Imported(package, assumed)


def options_from(**given: object) -> ImportOptions:
    """Options from a command line. :class:`UsageError` names the one out of range."""
    try:
        return ImportOptions.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]).removesuffix("_s")
        raise UsageError(f"--{place}: {fault['msg']}") from error


def _slug(stem: str) -> str:
    """A file's name as the name of a package."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "keras-model"


def _known(what: str, own: int | None, said: int | None, limits: tuple[int, int]) -> int:
    """The number that the model's input has, or the option where it has none."""
    if own is None and said is None:
        raise UsageError(f"the model's input leaves its {what} open", hint=f"say --{what} N")
    if own is not None and said is not None and own != said:
        raise UsageError(f"--{what} {said} contradicts the model, whose input has {own}")
    value = own if own is not None else said
    assert value is not None
    if not limits[0] <= value <= limits[1]:
        raise ModelInvalid(
            f"the model's input has {value} for its {what}; {limits[0]} to {limits[1]} can be read"
        )
    return value


def _scaling(model: ClipModel, choice: Scaling) -> tuple[Affine, str]:
    """What is done to pixels before the model, and the sentence that says so."""
    if choice != "auto":
        return SCALINGS[choice], f"pixels are scaled as told: {choice}"
    if model.before is None:
        return SCALINGS["xception"], (
            "the file does not say how pixels were scaled: x/127.5 - 1 is assumed, as Keras's"
            " xception.preprocess_input does (--scaling unit or raw if it was otherwise)"
        )
    low, high = model.before.reach(255)
    if max(abs(low), abs(high)) > _USUAL:
        raise ModelInvalid(
            f"the model scales its input by {model.before}, which turns 0…255 into"
            f" {low:g}…{high:g}: it was given pixels scaled beforehand",
            hint="say how: --scaling unit for x/255, xception for x/127.5 - 1, or raw",
        )
    return SCALINGS["raw"], f"the model scales 0…255 itself: {model.before}"


def _assumptions(model: ClipModel, options: ImportOptions) -> list[str]:
    other = "untouched" if options.manipulated == 1 else "manipulated"
    first = "manipulated" if options.manipulated == 1 else "untouched"
    if model.outputs == 2:
        classes = f"class {options.manipulated} is taken for 'manipulated'"
    else:
        classes = f"an answer of 1 is taken for '{first}', 0 for '{other}'"
    return [
        f"{classes} (--manipulated {1 - options.manipulated} if it is the other way round)",
        f"frames are taken as {options.channels.upper()} (--channels)",
        f"frames of a clip are taken {options.step_s:g} s apart (--step), and crops show"
        f" {options.margin:g} sides of the face box (--margin): the file says neither",
        "nothing is calibrated: scores are the Keras model's own, both thresholds are 0.5"
        " (unmask calibrate)",
    ]


def _write(
    path: Path,
    name: str,
    model: ClipModel,
    reading: Reading,
    options: ImportOptions,
    assumed: tuple[str, ...],
    folder: Path,
) -> None:
    """Both graphs, the card, and the manifest last."""
    cells = write_backbone(model, reading, folder / "backbone.onnx")
    write_temporal(model, reading, folder / "temporal.onnx")
    sha256 = file_sha256(path)
    origin = f"{path.name}, SHA-256 {sha256}"
    write_card(folder / "README.md", name, model, reading, origin, assumed)
    files = ("backbone.onnx", "temporal.onnx", "README.md")
    manifest = Manifest(
        name=name,
        version=options.version,
        architecture=model.summary,
        licence=options.licence,
        feature_size=FEATURES,
        map_size=cells,
        crop=CropSpec(size=reading.size, margin=options.margin),
        clip=ClipSpec(frames=reading.frames, step_s=options.step_s),
        calibration=_NEUTRAL,
        thresholds=Thresholds(low=0.5, high=0.5),
        training=Training(
            recipe=f"none: imported from Keras {model.keras}",
            seed=0,
            seconds=0.0,
            machine="unstated",
            data=(),
        ),
        metrics={
            "imported from Keras": {
                "file": path.name,
                "sha256": sha256,
                "pixels": assumed[0],
                "channels": options.channels,
                "manipulated class": options.manipulated,
            }
        },
        files={file: file_sha256(folder / file) for file in files},
    )
    text = manifest.model_dump_json(by_alias=True, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


# A clip's score is Keras's own; a face's is that of its mean clip, frames having no say in it.
_NEUTRAL = Calibration(
    frame_scale=1.0,
    frame_offset=0.0,
    clip_scale=1.0,
    clip_offset=0.0,
    face_scale=1.0,
    face_offset=0.0,
    frame_weight=0.0,
)
