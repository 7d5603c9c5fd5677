"""The options of ``unmask evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unmask.core.analysis import Thresholds
from unmask.core.errors import UsageError
from unmask.evaluation.figures import Drawing
from unmask.evaluation.selecting import Wanted
from unmask.runtime import DeviceChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOptions:
    """As they come from the command line. :class:`UsageError` for what does not go together."""

    model_and_index: tuple[str, ...]
    scores: str | None
    out: str
    root: str | None
    split: Wanted
    groups: str
    group_by: tuple[str, ...]
    against: tuple[str, ...]
    robustness: bool
    distortions: tuple[str, ...]
    robustness_files: int
    low: float | None
    high: float | None
    resamples: int
    seed: int
    device: DeviceChoice
    timeout: float
    fresh: bool

    def __post_init__(self) -> None:
        most = 2 if self.scores is None else 1
        if len(self.model_and_index) > most:
            what = "a model and an index" if most == 2 else "an index beside --scores"
            raise UsageError(f"give at most {what}, not {len(self.model_and_index)} arguments")
        if self.scores is None and self.index is None:
            raise UsageError(
                "name what to evaluate on: an index, a list, or a folder",
                hint="such as: unmask evaluate index.parquet",
            )
        if self.scores is not None and self.distorts:
            raise UsageError("--robustness needs a model: scores cannot be distorted")
        if (self.low is None) != (self.high is None):
            raise UsageError("--low and --high go together")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise UsageError("--low lies above --high")

    @property
    def index(self) -> Path | None:
        """What is evaluated on: the last argument."""
        return Path(self.model_and_index[-1]) if self.model_and_index else None

    @property
    def model(self) -> str | None:
        """The argument before it, None for the model shipped."""
        return self.model_and_index[0] if len(self.model_and_index) > 1 else None

    @property
    def distorts(self) -> bool:
        """Whether robustness is to be measured."""
        return self.robustness or bool(self.distortions)

    @property
    def thresholds(self) -> Thresholds | None:
        """Those asked for."""
        if self.low is None or self.high is None:
            return None
        return Thresholds(low=self.low, high=self.high)

    @property
    def drawing(self) -> Drawing:
        """How intervals are made."""
        return Drawing(self.resamples, self.seed)
