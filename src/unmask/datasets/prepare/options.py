"""What shapes prepared crops, and nothing else does."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from unmask.core.analysis import Record
from unmask.core.errors import UsageError


class PrepareOptions(Record):
    """Crops are loose: what is fitted on them still moves, turns and cuts them."""

    max_frames: int = Field(
        default=32, ge=1, le=10_000, description="of one video, over all its clips"
    )
    clips: int = Field(default=4, ge=1, le=1000, description="windows spread over a video")
    step_s: float = Field(
        default=0.12, gt=0, le=60, description="seconds between frames of a window"
    )
    size: int = Field(default=288, ge=32, le=2048, description="side of a crop in pixels")
    margin: float = Field(
        default=1.7, ge=1, le=4, description="sides of the face box that a crop shows"
    )
    min_face: int = Field(
        default=40, ge=12, le=2048, description="smallest face looked for, in pixels"
    )
    max_faces: int = Field(
        default=1, ge=1, le=100, description="faces kept of a video, most prominent"
    )
    format: Literal["png", "jpeg"] = Field(
        default="png", description="png adds no coding of its own"
    )
    quality: int = Field(default=95, ge=1, le=100, description="of JPEG")
    per_shard: int = Field(default=64, ge=1, le=100_000, description="samples in a shard")
    timeout_s: float = Field(default=300, gt=0, description="that one sample may take")

    @property
    def frames_per_clip(self) -> int:
        """At least one, and never more in all than ``max_frames``."""
        return max(1, self.max_frames // self.clips)

    @classmethod
    def of(cls, **values: Any) -> PrepareOptions:
        """Validate; :class:`UsageError` names the option at fault."""
        try:
            return cls(**values)
        except ValidationError as error:
            faults = "; ".join(
                f"{option_of(str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors()
            )
            raise UsageError(faults, hint="see: unmask data prepare --help") from error


def option_of(field: str) -> str:
    """How the command line calls a field: ``step_s`` is ``--step``."""
    return f"--{field.removesuffix('_s').replace('_', '-')}"
