"""A model package: a folder with ``model.json`` and the files whose hashes it states."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from unmask.core.analysis import ModelRef, Thresholds
from unmask.core.errors import ModelAltered, ModelInvalid, ModelNotFound
from unmask.core.files import is_folder
from unmask.core.paths import assets_folder
from unmask.runtime.graphs import check_enclosed

MANIFEST = "model.json"
_GRAPH = ".onnx"
PACKAGE_SCHEMA: Literal["unmask.model/1"] = "unmask.model/1"
SINCE_FIT = ("evaluations", "calibration", "lower_threshold", "upper_threshold", "int8")
"""Metrics of what was done with a package after its fit; all others are the fit's own."""


# A plain name: a manifest may come from anywhere and must not point out of its folder.
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CropSpec(_Part):
    """How a face becomes the network's input: S×S, the face box scaled by ``margin``."""

    size: int = Field(ge=32, le=512, description="pixels a side")
    margin: float = Field(ge=0.5, le=2.5, description="1.0 is the face box itself")


class ClipSpec(_Part):
    """What the temporal network was fitted on, and how much of it a scan looks at."""

    frames: int = Field(ge=2, le=64)
    step_s: float = Field(gt=0, le=2, description="seconds between two frames of a clip")
    sampled: int | None = Field(
        default=None,
        ge=2,
        le=64,
        description="frames of a window that a scan takes unless told otherwise; None: frames",
    )

    @model_validator(mode="after")
    def _holds_a_clip(self) -> ClipSpec:
        if self.sampled is not None and 2 * self.sampled < self.frames:
            raise ValueError("sampled: half a clip is the least that the temporal network is shown")
        return self


class Calibration(_Part):
    """From logits to P(manipulated): ``sigmoid(scale × logit + offset)``, fitted on validation.

    ``frame`` and ``clip`` calibrate one frame's and one clip's logit; ``face`` calibrates a face's
    pooled logit, ``frame_weight`` × what its frames say together + (1 − ``frame_weight``) × median
    clip logit. Of a face that is seen in one stretch of a film alone ``stretch`` calibrates it,
    where the package has that: what lasts for half a second says less than what lasts through it.
    """

    frame_scale: float = Field(gt=0)
    frame_offset: float
    clip_scale: float = Field(gt=0)
    clip_offset: float
    face_scale: float = Field(gt=0)
    face_offset: float
    stretch_scale: float | None = Field(default=None, gt=0)
    stretch_offset: float | None = None
    frame_weight: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _has_both_of_a_stretch(self) -> Calibration:
        if (self.stretch_scale is None) != (self.stretch_offset is None):
            raise ValueError("stretch_scale and stretch_offset belong together")
        return self

    @model_serializer(mode="wrap")
    def _states_what_there_is(self, plain: SerializerFunctionWrapHandler) -> dict[str, float]:
        """Without the stretch's where there is none: numbers alone, as older versions read them."""
        return {name: value for name, value in plain(self).items() if value is not None}

    def line(self, stretches: int) -> tuple[float, float]:
        """Scale and offset of a face's pooled logit, by how many stretches show the face."""
        if stretches == 1 and self.stretch_scale is not None and self.stretch_offset is not None:
            return self.stretch_scale, self.stretch_offset
        return self.face_scale, self.face_offset


class Pooling(_Part):
    """How a face's frames are put together: by the cells that stand out in most of them.

    The graph then answers with ``cells`` as well, N×s×s as the maps: how far each stands out, as
    logits. Their contrast is the mean weighted by ``softmax(sharpness × cells)`` less the plain
    one.
    """

    share: float = Field(gt=0, lt=1, description="of the frames in which a cell reaches its value")
    sharpness: float = Field(gt=0, description="of the weights: the higher, the fewer cells count")


class DataSource(_Part):
    """One source of training data."""

    name: str
    licence: str
    count: int = Field(ge=0)
    unit: Literal["pictures", "clips"]


class Training(_Part):
    """What made the weights."""

    recipe: str
    seed: int
    seconds: float
    machine: str
    data: tuple[DataSource, ...] = Field(description="of a model it started from, too")
    start: str = Field(default="", description="what the weights started from; empty: not stated")
    methods: tuple[str, ...] = Field(
        default=(), description="data sets' own manipulations that it was fitted on"
    )
    fitted_on: str = Field(
        default="", description="digits of hashes of labelled files, recordings and people"
    )
    held_out: str = Field(default="", description="likewise of those that steps were chosen by")


class Manifest(_Part):
    """``model.json``."""

    schema_id: Literal["unmask.model/1"] = Field(default=PACKAGE_SCHEMA, alias="schema")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    architecture: str
    licence: str
    feature_size: int = Field(ge=1)
    map_size: int = Field(ge=1, description="cells a side of the evidence map")
    crop: CropSpec
    clip: ClipSpec
    pooling: Pooling | None = Field(
        default=None, description="without it, the median of the frames' logits"
    )
    covers: bool = Field(
        default=False, description="whether its graph says that something lies over a face"
    )
    calibration: Calibration
    thresholds: Thresholds
    training: Training
    metrics: dict[str, Any] = Field(description="as printed by the evaluation that is named in it")
    files: dict[FileName, Sha256] = Field(description="file name → SHA-256")

    model_config = ConfigDict(populate_by_name=True)

    @model_validator(mode="after")
    def _has_graphs(self) -> Manifest:
        missing = {"backbone.onnx", "temporal.onnx"} - self.files.keys()
        if missing:
            raise ValueError(f"files lacks {', '.join(sorted(missing))}")
        if self.thresholds.low > self.thresholds.high:
            raise ValueError("thresholds.low lies above thresholds.high")
        return self


class ModelPackage:
    """A package on disk whose manifest parses; :meth:`verify` checks the files' hashes.

    ``sha256`` is that of ``model.json`` as it was read; "" of a manifest that is not written yet.
    """

    def __init__(self, folder: Path, manifest: Manifest, sha256: str = "") -> None:
        self.folder = folder
        self.manifest = manifest
        self._sha256 = sha256

    @classmethod
    def load(cls, folder: Path) -> ModelPackage:
        """Read ``folder/model.json``, or raise :class:`ModelNotFound` or :class:`ModelInvalid`."""
        path = folder / MANIFEST
        try:
            text = path.read_bytes()
        except OSError as error:
            raise ModelNotFound(
                f"no model package at {folder}: {error.strerror or error}",
                hint="'unmask models' lists the packages that are installed",
            ) from error
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise ModelInvalid(
                f"{path} is not a manifest of {PACKAGE_SCHEMA}: {_first_flaw(error)}",
                hint="a package made by another version of Unmask needs that version",
            ) from error
        # Its graphs may be opened when the working directory is another one.
        return cls(folder.absolute(), manifest, hashlib.sha256(text).hexdigest())

    @property
    def backbone(self) -> Path:
        """The graph from crops to features, frame logits and evidence maps."""
        return self.folder / "backbone.onnx"

    @property
    def temporal(self) -> Path:
        """The graph from the features of a clip to its logit."""
        return self.folder / "temporal.onnx"

    @property
    def card(self) -> str:
        """The model card in Markdown, or "" where the package has none."""
        path = self.folder / "README.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def reference(self) -> ModelRef:
        """Name, version and the manifest's hash: it holds the calibration and every file's hash.

        Of the manifest that is in use, though another may have taken its place on disk.
        """
        return ModelRef(name=self.manifest.name, version=self.manifest.version, sha256=self._sha256)

    def verify(self) -> None:
        """Hash every file. :class:`ModelAltered` names the first that differs or is absent.

        :class:`ModelInvalid` for a graph with weights in files of which the manifest knows nothing.
        """
        for name, expected in self.manifest.files.items():
            path = self.folder / name
            try:
                same = file_sha256(path) == expected
                if same and path.suffix == _GRAPH:
                    check_enclosed(path)
            except OSError as error:
                raise self._altered(f"{path} cannot be read: {error.strerror}") from error
            if not same:
                raise self._altered(
                    f"{path} is not the file that {self.manifest.name} was published with"
                )

    def _altered(self, message: str) -> ModelAltered:
        return ModelAltered(message, hint="install Unmask or the model package again")


def _first_flaw(error: ValidationError) -> str:
    """One line of pydantic's many."""
    flaw = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in flaw["loc"])
    return f"{place}: {flaw['msg']}" if place else flaw["msg"]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces, as 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def shipped_packages() -> tuple[ModelPackage, ...]:
    """The packages inside the installation, by folder name."""
    folders = sorted(path.parent for path in (assets_folder() / "models").glob(f"*/{MANIFEST}"))
    return tuple(ModelPackage.load(folder) for folder in folders)


def find_package(name: str | None = None) -> ModelPackage:
    """The shipped package of that name, or the one in that folder, or the default for None."""
    shipped = shipped_packages()
    if name is None:
        if not shipped:
            raise ModelNotFound(
                "this installation ships no model package", hint="name one with --model DIR"
            )
        return shipped[-1]
    for package in shipped:
        if name in (package.manifest.name, package.folder.name):
            return package
    # What has a slash in it can only be a folder: loading says why it is none.
    if is_folder(name) or Path(name).name != name:
        return ModelPackage.load(Path(name))
    known = ", ".join(package.manifest.name for package in shipped) or "none"
    raise ModelNotFound(f"no model package named {name!r}", hint=f"shipped: {known}; or a folder")
