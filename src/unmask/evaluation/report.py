"""The document of an evaluation, ``unmask.evaluation/1``. docs/evaluation.md says what is what."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from unmask.core.analysis import Record, Thresholds

EVALUATION_SCHEMA: Literal["unmask.evaluation/1"] = "unmask.evaluation/1"
Level = Literal["video", "frame"]


class Figure(Record):
    """A figure and its 95 % interval over source groups; null where it is undefined."""

    value: float | None
    low: float | None
    high: float | None


class Metrics(Record):
    """How well the classes are told apart, at one level: files (``video``) or single frames."""

    level: Level
    real: int = Field(ge=0, description="files or frames that are real and have a score")
    manipulated: int = Field(ge=0)
    groups: int = Field(ge=0, description="source groups that the intervals rest on")
    auc: Figure
    ap: Figure
    eer: Figure
    tpr_at_fpr_1: Figure = Field(description="TPR at an FPR of at most 1 %")
    tpr_at_fpr_5: Figure
    brier: Figure | None = Field(description="null where scores are no probabilities")
    log_loss: Figure | None = Field(description="in nats")
    ece: Figure | None
    ece_if_exact: Figure | None = Field(
        default=None,
        description="what ece would be if each probability were exact, and where 95 % of draws "
        "of its labels lie; given for files with a score, each drawn by itself",
    )


TITLES = {
    "auc": "AUC",
    "ap": "AP",
    "eer": "EER",
    "tpr_at_fpr_1": "TPR at FPR ≤ 1 %",
    "tpr_at_fpr_5": "TPR at FPR ≤ 5 %",
    "brier": "Brier score",
    "log_loss": "Log-loss, nats",
    "ece": "ECE",
    "ece_if_exact": "ECE by chance alone",
}
"""What the figures of :class:`Metrics` are called, in the order in which they are shown."""


class Decisions(Record):
    """What the thresholds make of the files of one class: shares of all its files."""

    label: Literal[0, 1]
    files: int = Field(ge=0)
    correct: Figure = Field(description="real: no manipulation found; manipulated: manipulated")
    wrong: Figure
    abstained: Figure = Field(description="scored, and inconclusive")
    unscored: Figure = Field(description="no face, too poor, unreadable")


class Overall(Record):
    """What the thresholds make of all files, both classes weighing alike. Video level."""

    decided: Figure = Field(description="share called manipulated, or no manipulation found")
    right_of_decided: Figure = Field(description="of those, the share that is right; of all, below")
    right: Figure = Field(description="inconclusive files and those without a score are not right")


class Reason(Record):
    """Why files have no score, by code (docs/verdicts.md, docs/cli.md)."""

    code: str
    real: int
    manipulated: int


class Coverage(Record):
    """How many files have a score, and why the others have none."""

    files: int
    scored: int
    real: int
    real_scored: int
    manipulated: int
    manipulated_scored: int
    reasons: tuple[Reason, ...]


class Slice(Record):
    """The manipulated files of one method or family against all real files. Video level."""

    name: str
    real: int = Field(description="real files with a score, the same for every slice")
    manipulated: int
    unscored: int
    auc: Figure
    eer: Figure
    tpr_at_fpr_5: Figure
    detected: Figure = Field(description="share of all its files that are called manipulated")
    abstained: Figure


class Group(Record):
    """The real files of one group: how many are called manipulated. Video level."""

    attribute: str
    value: str = Field(description="empty where the files do not have the attribute")
    real: int
    false_positives: int
    false_positive_rate: Figure = Field(
        description="of all its real files; Wilson interval, files of one group counting less"
    )
    abstained: int
    unscored: int
    manipulated: int
    detected: int


class SourceScores(Record):
    """The scores of the real files of one source or kind of source."""

    name: str
    scores: tuple[float, ...]
    unscored: int


class Distorted(Record):
    """One distortion at one level, and the same files without. Video level."""

    distortion: str
    level: int = Field(ge=0, le=5, description="0 is without distortion")
    setting: str
    real: int
    manipulated: int
    auc: Figure
    false_positive_rate: Figure = Field(description="of all real files, at the thresholds")
    detected: Figure = Field(description="of all manipulated files")
    unscored: int


class Disagreement(Record):
    """Of the files of one class, which each of two detectors calls manipulated. Video level."""

    label: Literal[0, 1]
    files: int
    here_alone: int = Field(description="called manipulated by the one that is evaluated alone")
    there_alone: int = Field(description="called manipulated by the other alone")
    difference: Figure = Field(
        description="share called manipulated less the other's, interval over source groups"
    )
    p: float = Field(description="McNemar's exact test, two-sided, files independent")
    p_over_groups: float | None = Field(
        default=None, description="two-sided, of no difference, as its interval goes: over groups"
    )
    p_holm: float | None = Field(
        default=None, description="p, corrected for all comparisons (Holm), of the same class"
    )
    p_over_groups_holm: float | None = None


class Comparison(Record):
    """Two detectors on the files that both have scored. Video level."""

    name: str
    sha256: str = Field(default="", description="of the other's file of scores")
    files: int
    left_out: int = Field(description="files that one of them has no score for")
    auc: float | None
    other_auc: float | None
    difference: Figure = Field(description="AUC less the other's, interval over source groups")
    delong_low: float | None = Field(description="95 % interval by DeLong, files independent")
    delong_high: float | None
    z: float | None
    p: float | None = Field(description="DeLong's test, two-sided, files independent")
    p_over_groups: float | None = Field(
        default=None, description="two-sided, of no difference, as its interval goes: over groups"
    )
    p_holm: float | None = Field(
        default=None, description="p, corrected for all comparisons of this evaluation (Holm)"
    )
    p_over_groups_holm: float | None = None
    disagreements: tuple[Disagreement, ...] = Field(
        default=(), description="at the thresholds of each; empty where scores are no probabilities"
    )


class Nuisance(Record):
    """How well what should not matter tells the classes apart. Video level."""

    feature: str = Field(description="'all' is a cross-validated logistic regression on all")
    files: int
    auc: Figure = Field(description="far from 0.5: the set can be solved without looking at faces")


class ReliabilityBin(Record):
    """One bin of the reliability plot."""

    low: float
    high: float
    files: int
    mean: float | None = Field(description="mean P(manipulated) in it")
    share: float | None = Field(description="share manipulated")


class Curve(Record):
    """A ROC curve: FPR and TPR, from (0, 0) to (1, 1); corners only, thinned where many."""

    level: Level
    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


class HistogramBin(Record):
    """Scores from ``low`` up to ``high`` (the last bin includes it). Video level."""

    low: float
    high: float
    real: int
    manipulated: int


class Scorer(Record):
    """What gave the scores."""

    kind: Literal["model", "scores"]
    name: str
    version: str = ""
    sha256: str = Field(default="", description="of the manifest, or of the file of scores")
    graphs: dict[str, str] = Field(default_factory=dict, description="SHA-256 of graphs")
    calibration: dict[str, float] = Field(default_factory=dict)
    options: dict[str, str | int] = Field(default_factory=dict)


class DataSet(Record):
    """What was scored."""

    name: str
    sha256: str = Field(description="of the index or list; empty for a folder")
    layout: str
    split: str = Field(description="empty where the set has none")
    files: int
    grouped_by: str
    groups: int


class Evaluation(Record):
    """The whole document."""

    schema_id: Literal["unmask.evaluation/1"] = Field(default=EVALUATION_SCHEMA, alias="schema")
    unmask: str = Field(description="version of Unmask")
    scorer: Scorer
    data: DataSet
    thresholds: Thresholds
    decided_by: Literal["thresholds", "verdicts"] = Field(
        default="thresholds",
        description="verdicts: those that a file of scores holds, whatever the thresholds stated",
    )
    resamples: int
    seed: int
    coverage: Coverage
    video: Metrics = Field(description="files without a score left out")
    video_unscored_as_errors: Metrics = Field(
        description="files without a score counted as the worst possible score of their class"
    )
    frame: Metrics | None = Field(description="null where single frames have no scores")
    decisions: tuple[Decisions, ...]
    overall: Overall | None = None
    methods: tuple[Slice, ...]
    families: tuple[Slice, ...]
    groups: tuple[Group, ...]
    real_sources: tuple[SourceScores, ...]
    roc: tuple[Curve, ...]
    histogram: tuple[HistogramBin, ...]
    reliability: tuple[ReliabilityBin, ...] = Field(description="empty without probabilities")
    nuisance: tuple[Nuisance, ...]
    robustness: tuple[Distorted, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = Field(description="what a reader must know to read the figures right")

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="null", populate_by_name=True
    )
