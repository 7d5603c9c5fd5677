"""A recipe: everything that shapes a fit, in one TOML file, refused when a key is misspelt."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from unmask.core.errors import DataError
from unmask.models.renderer import Upsampling
from unmask.synthesis import ClipKind, Kind
from unmask.training.material import LOOSE

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
MASK_SIDE = 28  # masks travel small, and windows are cut at their pixels
_FILM_KINDS: dict[ClipKind, float] = {
    "framewise": 0.20,
    "steady": 0.20,
    "animated-still": 0.15,
    "mouth-out-of-step": 0.15,
    "jitter": 0.10,
    "wander": 0.10,
    "driven-still": 0.10,
}
_STILL_KINDS: dict[ClipKind, float] = {
    "framewise": 0.20,
    "steady": 0.20,
    "animated-still": 0.20,
    "jitter": 0.10,
    "wander": 0.10,
    "driven-still": 0.20,
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FrameStage(_Part):
    """Fitting the frame detector on pairs of a real crop and a fake made from it."""

    size: int = Field(224, ge=64, le=512, description="crop side; the package's input size")
    margin: float = Field(1.3, ge=1, le=2, description="sides of the face box that a crop shows")
    window: int = Field(
        160,
        ge=32,
        description="side of the random part of the crop that is fitted on: same scale, less work",
    )
    whole_share: Share = Field(0.25, description="last share of the steps, fitted on whole crops")
    steps: int = Field(
        ge=0, description="how long it is fitted; 0: what it starts from is fitted already"
    )
    pairs: int = Field(12, ge=1, description="pairs in a step, over all processes")
    learning_rate: float = Field(3e-4, gt=0, description="for layers that start from weights")
    fresh_rate: float = Field(1e-3, gt=0, description="for layers without weights to start from")
    warm_up: int = Field(100, ge=0, description="steps in which only the fresh layers move")
    weight_decay: float = Field(0.02, ge=0, description="of AdamW")
    clip_gradient: float = Field(5.0, gt=0, description="largest norm of a step's gradient")
    sharpness: float = Field(0.0, ge=0, description="radius of sharpness-aware steps; 0: plain")
    ema: float = Field(0.998, ge=0, lt=1, description="decay of the weights' moving average")
    cells_weight: float = Field(0.5, ge=0, description="weight of the per-cell loss")
    averaged_share: Share = Field(
        0.5, description="first share of the steps, judged by the cells' mean, not their contrast"
    )
    video_share: Share = Field(0.2, description="share of pseudo-fakes made from video frames")
    strangers: Share = Field(
        0.0, description="share of pairs whose face is two people's mixed, or one's bent"
    )
    labelled_share: Share = Field(
        0.5, description="share of pairs from a data set's own fakes, where it has any"
    )
    kinds: dict[Kind, float] = Field(description="relative frequency of each pseudo-fake")
    degradation: Share = Field(
        1.0, description="how often what happens to files happens, as a share of what is usual"
    )
    recoded_share: Share | None = Field(
        None, description="share of pairs coded once more: saved twice, or sent by a chat app"
    )
    expected_crops: int = Field(
        4000,
        ge=0,
        description="real crops by which is learnt what is usual in them; 0: nothing is taken off",
    )
    validate_every: int = Field(500, ge=1, description="steps between two validations")
    validation_pairs: int = Field(40, ge=2, description="held-out pairs of each kind")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.size % MASK_SIDE:
            raise ValueError(f"size must be a multiple of {MASK_SIDE}")
        unit = self.size // MASK_SIDE
        if self.window > self.size or self.window % unit:
            raise ValueError(f"window must be a multiple of {unit}, and at most size")
        _check_frequencies("kinds", self.kinds)
        return self


class ClipStage(_Part):
    """Fitting the temporal detector on features of the finished frame detector."""

    frames: int = Field(8, ge=2, le=64, description="of a clip")
    step_s: float = Field(0.12, gt=0, le=2, description="seconds between frames")
    clips: int = Field(2000, ge=6, description="clips whose features are drawn, half of them real")
    epochs: int = Field(30, ge=1, description="the best of them is kept")
    batch: int = Field(64, ge=2, description="clips in a step")
    learning_rate: float = Field(1e-3, gt=0, description="at the start; a cosine to zero")
    hidden: int = Field(128, ge=8, description="units of the LSTM, in each direction")
    sampled: int | None = Field(
        None, ge=2, le=64, description="frames of a window that a scan takes; unless given, frames"
    )
    share: float = Field(
        0.7, gt=0, lt=1, description="of a face's frames, in which a place must stand out to count"
    )
    say: Share = Field(
        0.7, description="the most that its logit may count beside the frames'; 0: it has no say"
    )
    labelled_share: Share = Field(
        0.5, description="share of clips from a data set's own, where it has any"
    )
    recoded_share: Share = Field(
        0.2, description="share of clips coded once more: saved twice, or sent by a chat app"
    )
    film_kinds: dict[ClipKind, float] = Field(
        _FILM_KINDS, description="relative frequency of each fake made of a film"
    )
    still_kinds: dict[ClipKind, float] = Field(
        _STILL_KINDS, description="the same of portraits; a still has no mouth to be out of step"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, kinds in (("film_kinds", self.film_kinds), ("still_kinds", self.still_kinds)):
            _check_frequencies(name, kinds)
            if not any(share for kind, share in kinds.items() if kind != "driven-still"):
                raise ValueError(f"{name} must name a kind that needs no animator")
        if "mouth-out-of-step" in self.still_kinds:
            raise ValueError("still_kinds: a still has no other moment to take a mouth from")
        return self


class FaintStage(_Part):
    """Fitting the later blocks on with traces made faint, and going a part of the way there."""

    steps: int = Field(ge=1, description="how long they are fitted")
    pairs: int = Field(24, ge=1, description="pairs in a step, over all processes")
    learning_rate: float = Field(1e-4, gt=0, description="at the start; a cosine to zero")
    kept_blocks: int = Field(
        7, ge=0, description="leading blocks of an Xception that stay as they are; 0: none"
    )
    least: float = Field(
        0.08, gt=0, le=1, description="of a fake's difference from its original, the least left"
    )
    whole_share: Share = Field(0.2, description="share of fakes that keep all of theirs")
    part: float = Field(
        0.2, gt=0, le=1, description="of the way, in weight space, to what was fitted"
    )
    ema: float = Field(0.99, ge=0, lt=1, description="decay of the weights' moving average")
    clip_gradient: float = Field(1.0, gt=0, description="largest norm of a step's gradient")


class CoverStage(_Part):
    """Fitting what tells things that lie over a face from what was put in; the network stays."""

    steps: int = Field(ge=1, description="how long it is fitted")
    pairs: int = Field(12, ge=1, description="pairs in a step, over all processes")
    learning_rate: float = Field(2e-3, gt=0, description="at the start; a cosine to zero")
    share: float = Field(0.7, gt=0, lt=1, description="of pairs over which something is laid")
    least: float = Field(
        0.08, gt=0, le=1, description="of a fake's difference from its original, the least left"
    )
    whole_share: Share = Field(0.6, description="share of fakes that keep all of theirs")


class JointStage(_Part):
    """Fitting both networks further together, on crops; batch norms keep their statistics."""

    steps: int = Field(ge=1, description="how long both are fitted")
    clips: int = Field(
        4, ge=1, description="real clips in a step, over all processes, and as many fakes"
    )
    learning_rate: float = Field(2e-5, gt=0, description="of all layers, after a warm-up")
    frame_weight: float = Field(0.5, ge=0, description="weight of the single frames' loss")
    clip_gradient: float = Field(1.0, gt=0, description="largest norm of a step's gradient")
    validate_every: int = Field(100, ge=1, description="steps between two validations")
    validation_clips: int = Field(40, ge=2, description="held-out clips, half of them real")


class DetectorRecipe(_Part):
    """``kind = "detector"``."""

    kind: Literal["detector"]
    name: Name = Field(description="of the model; the file's own name")
    version: str = Field(pattern=r"^[0-9A-Za-z.]+$", description="of the model")
    seed: int = Field(ge=0, description="of everything drawn")
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


class RendererRecipe(_Part):
    """``kind = "renderer"``: one small autoencoder whose decoder leaves its marks."""

    kind: Literal["renderer"]
    name: Name = Field(description="the file's own name")
    seed: int = Field(ge=0, description="of everything drawn")
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


class AnimatorRecipe(_Part):
    """``kind = "animator"``: one small network that moves a still to other landmarks."""

    kind: Literal["animator"]
    name: Name = Field(description="the file's own name")
    seed: int = Field(ge=0, description="of everything drawn")
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


def read_recipe(path: Path) -> Recipe:
    """Read and validate a recipe; :class:`DataError` names the file and the key at fault."""

    class _Any(BaseModel):
        recipe: Annotated[Recipe, Field(discriminator="kind")]

    try:
        return _Any.model_validate({"recipe": tomllib.loads(path.read_text("utf-8"))}).recipe
    except OSError as error:
        raise DataError(f"cannot read the recipe {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'][2:]) or 'kind'}: {fault['msg']}"
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


def _check_frequencies(name: str, kinds: Mapping[Any, float]) -> None:
    if not kinds or min(kinds.values()) < 0 or sum(kinds.values()) <= 0:
        raise ValueError(f"{name} must be frequencies of which one is above 0")
