"""What flows between the rooms while a file is analysed: frames, detections, tracks, crops."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture in display orientation.

    ``time`` is when it is shown, in seconds as players count them (a picture's is 0);
    ``image`` is H×W×3, uint8, RGB. ``quantiser`` says how coarsely it was coded: H.264's mean one,
    0 to 51, and what HEVC, VP9, AV1, VP8 and JPEG have on that scale; None for others.
    Of a picture it is the coarsest that its file and its pixels tell. ``opacity`` is H×W, uint8,
    of what is partly transparent: 255 where nothing of the white shows that ``image`` was laid
    over, 0 where nothing else does; None where all of it is opaque.
    """

    time: Fraction
    image: NDArray[np.uint8]
    quantiser: float | None = None
    opacity: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """A window to sample: ``frames`` frames, ``step`` seconds apart, somewhere in a slot.

    The slot is ``[start, stop)`` in seconds. The reader may begin the window anywhere in the slot
    that leaves room for it (it prefers a key frame, which is cheap to reach); it delivers the
    nearest distinct frames at or after each wanted time, fewer if the slot holds fewer. A
    ``spare`` one is read only if it is still wanted when its turn comes.
    """

    start: Fraction
    stop: Fraction
    frames: int
    step: Fraction
    spare: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Consecutive sampled frames of one short stretch of the file, times strictly rising."""

    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face in one frame.

    ``box`` is (x0, y0, x1, y1) in pixels of the displayed frame, x1 and y1 exclusive, and may
    reach beyond the picture; ``score`` is the detector's, 0 to 1; ``landmarks`` is 5×2 float32:
    the eye on the picture's left, the other eye, nose, mouth corners left then right.
    """

    box: tuple[float, float, float, float]
    score: float
    landmarks: NDArray[np.float32]

    @property
    def size(self) -> float:
        """The box's shorter side in pixels."""
        x0, y0, x1, y1 = self.box
        return min(x1 - x0, y1 - y0)


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A detection at a time: one link of a track. ``frame`` indexes the window's frames."""

    frame: int
    time: Fraction
    detection: Detection


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One face followed through one window, times strictly rising, at most one sighting a frame.

    ``face`` numbers the face across windows, from 0, by geometry and a glance at what is about it:
    the same number says "probably the same place in the scene", never "the same person".
    """

    face: int
    window: int
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """An aligned face crop: S×S×3, uint8, RGB, with the matrix that made it.

    ``matrix`` is 2×3 float64 and maps frame pixels to crop pixels. ``sharpness`` is the mean
    absolute Laplacian of the crop's luma (0 for a flat picture, about 2 when blurred, 8 and more
    when crisp), ``grain`` how much more detail its finest octave has than the next (about 0.5,
    2 for noise alone), ``chroma`` how far its colours spread, in grey levels (0 for a grey picture,
    6 and more for nearly all others). ``inside`` is the share of the crop that lies within the
    picture, 0 to 1. ``quantiser`` is the frame's.
    """

    image: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    sharpness: float
    grain: float
    chroma: float
    inside: float
    quantiser: float | None = None


@dataclass(frozen=True, slots=True)
class Covering:
    """Signs that something was laid over a face in a frame, or that it went through a filter.

    ``strokes`` is how often it goes up and down along a row of the face, as letters do (6 at the
    median of portraits, 20 and more under a line of letters); ``steps`` how evenly its detail
    lies over rows and columns, 0 (a mosaic) to about 1. ``gaps`` is the share of grey levels that
    it lacks (0, two thirds with a palette of 64 colours), ``clipped`` of pixels with a colour at
    its darkest or brightest, both 0 to 1; ``pattern`` how far a fine pattern stands out of its
    spectrum (2 to 4, from 5.5 on where a screen was photographed; 0 of too small a face).
    ``see_through`` is the share of its middle, 0 to 1, that what lies beneath shows through;
    ``ring`` in what share of the directions, 0 to 1, one line lies round it, as people draw them.
    """

    strokes: float
    steps: float
    gaps: float
    clipped: float
    pattern: float
    see_through: float = 0.0
    ring: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FrameScores:
    """What one forward pass of the backbone says of N crops.

    ``logits`` N; ``features`` N×D; ``maps`` N×h×w, the contribution of each cell to the logit
    (their mean is the logit less the bias), positive where the evidence speaks for manipulation;
    ``cells`` N×h×w, how far each cell stands out, where the model pools frames by them;
    ``covered`` N in 0…1, whether something lies over the face, where the model says it.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    maps: NDArray[np.float32]
    cells: NDArray[np.float32] | None = None
    covered: NDArray[np.float32] | None = None
