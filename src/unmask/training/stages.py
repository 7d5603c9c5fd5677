"""The stages of a detector's fit, as its recipe has them: a table each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unmask.synthesis import ClipKind, Kind

Share = Annotated[float, Field(ge=0, le=1)]
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


class Part(BaseModel):
    """A part of a recipe: a misspelt key is refused, and so is what is no number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FrameStage(Part):
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


class ClipStage(Part):
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


class FaintStage(Part):
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


class CoverStage(Part):
    """Fitting what tells things that lie over a face from what was put in; the network stays."""

    steps: int = Field(ge=1, description="how many batches of pairs are drawn and looked at")
    passes: int = Field(1, ge=1, description="how often it is fitted on each of them")
    pairs: int = Field(12, ge=1, description="pairs in a step, over all processes")
    learning_rate: float = Field(2e-3, gt=0, description="at the start; a cosine to zero")
    share: float = Field(0.7, gt=0, lt=1, description="of pairs over which something is laid")
    least: float = Field(
        0.08, gt=0, le=1, description="of a fake's difference from its original, the least left"
    )
    whole_share: Share = Field(0.6, description="share of fakes that keep all of theirs")


class JointStage(Part):
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


def _check_frequencies(name: str, kinds: Mapping[Any, float]) -> None:
    if not kinds or min(kinds.values()) < 0 or sum(kinds.values()) <= 0:
        raise ValueError(f"{name} must be frequencies of which one is above 0")
