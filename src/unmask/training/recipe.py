"""A recipe: everything that shapes a fit, in one TOML file, refused when a key is misspelt."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from unmask.core.errors import DataError
from unmask.models.renderer import Upsampling
from unmask.training.material import LOOSE
from unmask.training.stages import (
    ClipStage,
    CoverStage,
    FaintStage,
    FrameStage,
    JointStage,
    Part,
    Share,
)

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**63)]  # torch takes no larger one


class DetectorRecipe(Part):
    """``kind = "detector"``."""

    kind: Literal["detector"]
    name: Name = Field(description="of the model; the file's own name")
    version: str = Field(pattern=r"^[0-9A-Za-z.]+$", description="of the model")
    seed: Seed = Field(description="of everything drawn")
    backbone: str = Field(
        "xception", pattern=r"^(xception|debug|timm:[\w./-]+)$", description="or timm:NAME"
    )
    licence: str = Field("unstated", min_length=1, description="of the weights; for the card")
    init: str = Field("imagenet", description="what the weights start from: see docs/training.md")
    precision: Literal["bf16", "f32"] = Field("bf16", description="of the arithmetic, weights f32")
    renderers: tuple[str, ...] = Field(
        (), description="recipes of the renderers whose reconstructions go into fakes"
    )
    shown: float | None = Field(
        None,
        ge=0.5,
        le=2,
        description="of the face box, sides that the package's crops show; none: frame.margin",
    )
    frame: FrameStage = Field(description="a table: the frame stage")
    faint: FaintStage | None = Field(None, description="a table: the faint stage, if wanted")
    covers: CoverStage | None = Field(None, description="a table: the cover stage, if wanted")
    clip: ClipStage = Field(description="a table: the clip stage")
    joint: JointStage | None = Field(None, description="a table: the joint stage, if wanted")

    @property
    def stem(self) -> str:
        """Of its files in the work folder."""
        return f"{self.name}-{self.version}-{self.seed}"

    @model_validator(mode="after")
    def _shows_what_is_kept(self) -> Self:
        if self.shown is not None and self.shown > self.frame.margin:
            raise ValueError("shown must be at most frame.margin")
        return self

    @property
    def served(self) -> FrameStage:
        """The frame stage with crops as the package cuts them: for what comes after the fit."""
        return self.frame.model_copy(update={"margin": self.shown or self.frame.margin})

    @property
    def loose(self) -> float:
        """Sides of the face box that are kept of pictures and frames: what its crops can show."""
        return LOOSE * self.frame.margin


class RendererRecipe(Part):
    """``kind = "renderer"``: one small autoencoder whose decoder leaves its marks."""

    kind: Literal["renderer"]
    name: Name = Field(description="the file's own name")
    seed: Seed = Field(description="of everything drawn")
    upsampling: Upsampling = Field(description="how its decoder enlarges")
    side: int = Field(ge=32, le=256, multiple_of=8, description="of what it draws, in pixels")
    bottleneck: int = Field(ge=4, le=256, description="channels where the side is smallest")
    halvings: Literal[2, 3] = Field(3, description="of the side, down to a quarter or an eighth")
    width: int = Field(32, ge=4, le=128, description="channels at half the side")
    patch: int | None = Field(
        None, ge=32, multiple_of=8, description="side of random parts it is fitted on; none: all"
    )
    critic_weight: float = Field(0.0, ge=0, description="weight of its critic; 0: none")
    perception: float = Field(
        0.0, ge=0, description="weight of unlikeness to an ImageNet network; 0: pixels alone count"
    )
    samples: int = Field(ge=1, description="faces it is shown in all")
    batch: int = Field(16, ge=1, description="faces in a step")
    learning_rate: float = Field(1e-3, gt=0, description="at the start; a cosine to zero")

    @property
    def stem(self) -> str:
        """Of its files in the work folder."""
        return self.name

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.patch is not None and self.patch > self.side:
            raise ValueError("patch must be at most side")
        return self


class AnimatorRecipe(Part):
    """``kind = "animator"``: one small network that moves a still to other landmarks."""

    kind: Literal["animator"]
    name: Name = Field(description="the file's own name")
    seed: Seed = Field(description="of everything drawn")
    upsampling: Upsampling = Field(description="how its decoder enlarges")
    side: int = Field(ge=32, le=256, multiple_of=16, description="of what it draws, in pixels")
    width: int = Field(ge=4, le=128, description="channels at half the side")
    critic_weight: float = Field(0.0, ge=0, description="weight of its critic; 0: none")
    samples: int = Field(ge=1, description="pairs of pictures it is shown in all")
    batch: int = Field(8, ge=1, description="pairs in a step")
    learning_rate: float = Field(1e-3, gt=0, description="at the start; a cosine to zero")
    film_share: Share = Field(
        0.5, description="share of pairs that are two frames of a film; the others are bent stills"
    )
    frames: int = Field(8, ge=2, le=64, description="of the windows of films it is fitted on")
    step_s: float = Field(0.12, gt=0, le=2, description="seconds between those frames")
    clips: int = Field(300, ge=1, description="portraits it drives through a clip")

    @property
    def stem(self) -> str:
        """Of its files in the work folder."""
        return self.name


Drawer = RendererRecipe | AnimatorRecipe
Recipe = DetectorRecipe | RendererRecipe | AnimatorRecipe


_FAULTS = {
    "extra_forbidden": "there is no such key or table; is it misspelt?",
    "missing": "it is missing",
    "union_tag_not_found": "it is missing: detector, renderer or animator",
}
"""What pydantic says in words of its own."""


def read_recipe(path: Path) -> Recipe:
    """Read and validate a recipe; :class:`DataError` names the file and the key at fault."""

    class _Any(BaseModel):
        recipe: Annotated[Recipe, Field(discriminator="kind")]

    try:
        return _Any.model_validate({"recipe": tomllib.loads(path.read_text("utf-8-sig"))}).recipe
    except OSError as error:
        raise DataError(
            f"cannot read the recipe {path}: {error.strerror}",
            hint="it is a TOML file; docs/training.md has one to begin with, recipes/ has others",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not TOML: {error}", hint="recipes/ has some to begin with"
        ) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'][2:]) or 'kind'}: "
            f"{_FAULTS.get(fault['type'], fault['msg'])}"
            for fault in error.errors()
        )
        raise DataError(
            f"{path} is not a recipe: {faults}", hint="see recipes/README.md"
        ) from error


def renderer_recipes(recipe: DetectorRecipe, folder: Path) -> list[Drawer]:
    """Those that a detector's recipe names, relative to its own folder."""
    found = [(folder / name, read_recipe(folder / name)) for name in recipe.renderers]
    for path, one in found:
        if isinstance(one, DetectorRecipe):
            raise DataError(f"{path} is the recipe of a {one.kind}, not of a renderer")
    drawers = [one for _, one in found if not isinstance(one, DetectorRecipe)]
    if recipe.frame.kinds.get("animate", 0) and not any(
        isinstance(one, AnimatorRecipe) for one in drawers
    ):
        raise DataError(
            f"{recipe.name} asks for the kind 'animate', and its renderers hold no animator",
            hint="add recipes/renderer-animator.toml to its renderers",
        )
    return drawers
