"""The document Unmask produces, ``unmask.analysis/1``: frozen records that are also its schema."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

ANALYSIS_SCHEMA: Literal["unmask.analysis/1"] = "unmask.analysis/1"
SCAN_SCHEMA: Literal["unmask.scan/1"] = "unmask.scan/1"

Label = Literal["manipulated", "no-manipulation-found", "inconclusive", "no-face"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Pixels = tuple[float, float, float, float]
Point = tuple[float, float]


class Record(BaseModel):
    """Frozen and closed: fields that it does not know are refused, values made to fit their kind.

    Raises pydantic's ``ValidationError`` for what does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


class Document(Record):
    """What is written as a whole: its field ``schema_id`` is ``schema`` in JSON."""

    model_config = ConfigDict(populate_by_name=True)

    def to_json(self, *, indent: int | None = None) -> str:
        """The document as JSON text."""
        return self.model_dump_json(by_alias=True, indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The record that ``to_json`` wrote; pydantic's ``ValidationError`` if it did not."""
        return cls.model_validate_json(text)


class MediaInfo(Record):
    """Facts about the file. Width and height are those of the displayed (rotated) picture."""

    name: str = Field(description="file name without its folder")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    bytes: int = Field(ge=1)
    kind: Literal["video", "image"]
    container: str = Field(description="FFmpeg or Pillow format name, such as mp4, webm, png")
    codec: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    rotation: Literal[0, 90, 180, 270] = Field(description="clockwise degrees applied for display")
    duration_s: float | None = Field(description="as measured; null for a picture")
    starts_s: float = Field(
        default=0.0,
        ge=0,
        description="when the first picture is shown, where sound comes before it; times count "
        "from the beginning of the sound then, as in players",
    )
    stated_duration_s: float | None = Field(
        default=None, description="what the file's header says; null where it says nothing"
    )
    frame_rate: str | None = Field(description="average rate as a fraction, such as 30000/1001")
    frames_decoded: int = Field(ge=0)
    frames_damaged: int = Field(ge=0, description="packets or frames the decoder had to give up")
    has_audio: bool


class ModelRef(Record):
    """The model package that scored: its name, version and the hash over its files."""

    name: str
    version: str
    sha256: str


class Thresholds(Record):
    """Below ``low``: no manipulation found; from ``high``: manipulated; between: inconclusive."""

    low: Probability
    high: Probability


class AnalysisOptions(Record):
    """Everything that shaped the result beside the file and the model."""

    clips: int = Field(
        ge=1,
        description="windows sampled from the file; more where these told little: see stretches",
    )
    frames_per_clip: int = Field(ge=1)
    min_face_px: int = Field(ge=12, description="shorter side of the smallest face looked for")
    max_faces: int = Field(ge=1, description="faces scored; the largest and most seen come first")
    device: Literal["cpu", "cuda"]
    runtime: Literal["openvino", "onnxruntime"]
    precision: Literal["f32", "bf16", "f16"]
    thresholds: Thresholds
    default_thresholds: bool = Field(description="false where others than the model's were used")
    from_s: float | None = Field(
        None, ge=0, description="where the part of a film begins that alone was asked for; or null"
    )
    to_s: float | None = Field(None, gt=0, description="where it ends; or null")


HIDING = (
    "too-noisy",
    "too-compressed",
    "no-colour",
    "tones-lost",
    "screen-pattern",
    "part-covered",
    "see-through",
)
"""Reasons that hide traces: a face is not cleared for showing none, and keeps what it does show."""


class Verdict(Record):
    """A label, the calibrated probability P(manipulated) where the label has one, and why.

    Reason codes are listed in docs/verdicts.md.
    """

    label: Label
    probability: Probability | None
    reasons: tuple[str, ...]


class FaceFrame(Record):
    """One face in one sampled frame. ``score`` is P(manipulated) from this frame alone."""

    time_s: float
    box: Pixels = Field(description="x0, y0, x1, y1 in pixels of the displayed frame")
    detector_score: Probability
    landmarks: tuple[Point, Point, Point, Point, Point] = Field(
        description="eye on the picture's left, other eye, nose, mouth corners left then right"
    )
    size_px: float = Field(description="shorter side of the box")
    sharpness: float | None = Field(description="mean absolute Laplacian of the aligned crop")
    grain: float | None = Field(None, description="detail of its finest octave, by the next one's")
    chroma: float | None = Field(None, description="how far its colours spread, in grey levels")
    quantiser: float | None = Field(
        None,
        description="how coarsely the frame was coded: H.264's, 0 to 51; what HEVC, VP9, AV1, VP8 "
        "and JPEG have, on that scale, of a picture the coarsest that file and pixels tell; null "
        "for others",
    )
    covered: Probability | None = Field(
        None, description="whether something lies over the face, where the model says it"
    )
    score: Probability | None = Field(description="null where the crop was not scored")


class FaceClip(Record):
    """One face through one stretch of the film."""

    first_s: float
    last_s: float
    score: Probability = Field(
        description="P(manipulated) of a face that is seen here alone; of the temporal network "
        "alone where temporal_score is null, as older versions wrote it"
    )
    temporal_score: Probability | None = Field(
        None, description="P(manipulated) by the temporal network alone, which may have no say"
    )
    stretch: int = Field(0, ge=0, description="which of the sampled stretches it lies in")
    counted: bool = Field(
        True, description="whether enough of its frames were fit to be judged to count"
    )


class Face(Record):
    """One face through the file."""

    id: int = Field(ge=0)
    first_s: float
    last_s: float
    verdict: Verdict
    best_box: Pixels = Field(description="the box of the frame that shows the face best")
    frames: tuple[FaceFrame, ...]
    clips: tuple[FaceClip, ...]
    traces: tuple[tuple[float, ...], ...] | None = Field(
        None,
        description="what stays in its place in most frames, by rows of the aligned crop: how far "
        "each place stands out, with what does so in every face; where it lies, not how much it is "
        "(that is the probability); null where frames are not laid over each other",
    )

    @property
    def judged(self) -> bool:
        """Whether there was enough to look at; where there was not, no score of it counts."""
        return self.verdict.probability is not None

    @property
    def stretches(self) -> tuple[FaceClip, ...]:
        """The clips that counted, but for those of older versions, which scored them otherwise."""
        return tuple(
            clip for clip in self.clips if clip.counted and clip.temporal_score is not None
        )


class Notice(Record):
    """Something the reader should know that did not stop the analysis."""

    code: str
    message: str


class Analysis(Document):
    """The whole result for one input."""

    schema_id: Literal["unmask.analysis/1"] = Field(default=ANALYSIS_SCHEMA, alias="schema")
    unmask: str = Field(description="version of Unmask")
    judging: int = Field(
        0,
        ge=0,
        description="number of the way of judging, which is raised whenever the same file, model "
        "and options may come to another result; 0 in documents from before it was counted",
    )
    media: MediaInfo
    model: ModelRef
    options: AnalysisOptions
    verdict: Verdict
    faces: tuple[Face, ...]
    warnings: tuple[Notice, ...]
    stretches: tuple[tuple[float, float], ...] | None = Field(
        None,
        description="of a video, the times of the first and the last frame of each stretch that "
        "was looked at, with faces or without; null in a picture and in documents from before",
    )
    timings_s: dict[str, float] = Field(description="wall time per stage; differs between runs")

    def __hash__(self) -> int:  # without the timings: of frozen records alone a dict has no hash
        return hash((self.media, self.model, self.options, self.verdict))
