"""A recipe: everything that shapes a fit, in one TOML file, refused when a key is misspelt."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unmask.core.errors import DataError
from unmask.models.renderer import Upsampling
from unmask.synthesis import Kind

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrameStage(_Part):
    """Fitting the frame detector on pairs of a real crop and a pseudo-fake made from it."""

    size: int = Field(224, ge=64, le=512, description="crop side; the package's input size")
    margin: float = Field(1.3, ge=1, le=2)
    window: int = Field(
        160,
        description="side of the random part of the crop that is fitted on: same scale, less work",
    )
    whole_share: Share = Field(0.25, description="last share of the steps, fitted on whole crops")
    steps: int = Field(ge=1)
    pairs: int = Field(12, ge=1, description="pairs in a step")
    learning_rate: float = Field(3e-4, gt=0)
    fresh_rate: float = Field(1e-3, gt=0, description="for layers without ImageNet weights")
    warm_up: int = Field(100, ge=0, description="steps in which only the fresh layers move")
    weight_decay: float = Field(0.02, ge=0)
    ema: float = Field(0.998, ge=0, lt=1)
    cells_weight: float = Field(0.5, ge=0, description="weight of the per-cell loss")
    video_share: Share = Field(0.2, description="share of pairs made from video frames")
    kinds: dict[Kind, float] = Field(description="relative frequency of each pseudo-fake")


class ClipStage(_Part):
    """Fitting the temporal detector on features of the finished frame detector."""

    frames: int = Field(8, ge=2, le=64)
    step_s: float = Field(0.12, gt=0)
    clips: int = Field(2000, ge=2, description="clips whose features are drawn, half of them real")
    epochs: int = Field(30, ge=1)
    batch: int = Field(64, ge=2)
    learning_rate: float = Field(1e-3, gt=0)
    hidden: int = Field(128, ge=8)


class DetectorRecipe(_Part):
    """``kind = "detector"``."""

    kind: Literal["detector"]
    name: str
    version: str
    seed: int
    init: Literal["imagenet", "scratch"] = "imagenet"
    frame: FrameStage
    clip: ClipStage


class RendererRecipe(_Part):
    """``kind = "renderer"``: one small autoencoder whose decoder leaves its marks."""

    kind: Literal["renderer"]
    name: str
    seed: int
    upsampling: Upsampling
    side: int = Field(ge=32, le=256, multiple_of=8)
    bottleneck: int = Field(ge=4, le=256)
    critic_weight: float = Field(0.0, ge=0)
    samples: int = Field(ge=1)
    batch: int = Field(16, ge=1)
    learning_rate: float = Field(1e-3, gt=0)


Recipe = DetectorRecipe | RendererRecipe


def read_recipe(path: Path) -> Recipe:
    """Read and validate a recipe; :class:`DataError` names the file and the key at fault."""

    class _Any(BaseModel):
        recipe: Annotated[Recipe, Field(discriminator="kind")]

    try:
        return _Any.model_validate({"recipe": tomllib.loads(path.read_text("utf-8"))}).recipe
    except OSError as error:
        raise DataError(f"cannot read the recipe {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'][2:]) or 'kind'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise DataError(
            f"{path} is not a recipe: {faults}", hint="see recipes/README.md"
        ) from error
