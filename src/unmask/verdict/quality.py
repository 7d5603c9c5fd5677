"""What was seen of a face, and which of it is fit to be judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from unmask.verdict.persistence import Cells

Kind = Literal["video", "image"]


@dataclass(frozen=True, slots=True)
class FrameEvidence:
    """One face in one scored frame.

    ``logit`` is the backbone's, uncalibrated, ``cells`` s×s how far each part of the crop stands
    out, where the package says so (:class:`unmask.runtime.package.Pooling`); ``size_px`` the
    shorter side of the face's box in pixels of the file; ``sharpness``, ``grain``, ``chroma``,
    ``inside`` and ``quantiser`` (0 where nothing is known of it) as in
    :class:`unmask.core.frames.Crop`; ``detector_score`` 0 to 1; ``strokes``, ``steps``,
    ``gaps``, ``clipped``, ``pattern``, ``see_through`` and ``ring`` as in
    :class:`unmask.core.frames.Covering`; ``covered`` 0 to 1, by the model, that something lies over
    the face.
    """

    logit: float
    size_px: float
    sharpness: float
    grain: float
    detector_score: float
    inside: float
    strokes: float = 0.0
    steps: float = 1.0
    covered: float = 0.0
    chroma: float = math.inf
    quantiser: float = 0.0
    gaps: float = 0.0
    clipped: float = 0.0
    pattern: float = 0.0
    see_through: float = 0.0
    ring: float = 0.0
    cells: Cells | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ClipEvidence:
    """The temporal network's logit for one clip, and which of the face's frames it saw.

    ``frames`` indexes :attr:`FaceEvidence.frames`; it must not be empty. ``stretch`` is the number
    of the sampled stretch of the film that holds them, of which a long one has several clips.
    """

    logit: float
    frames: tuple[int, ...]
    stretch: int = 0


@dataclass(frozen=True, slots=True)
class FaceEvidence:
    """Everything the networks said of one face through the file.

    ``turned`` are glances at different moments: whether the face lay on its side or upside down.
    ``sameness`` is how alike all that was seen of it is, as :func:`unmask.faces.sameness` says it.
    """

    frames: tuple[FrameEvidence, ...]
    clips: tuple[ClipEvidence, ...]
    turned: tuple[bool, ...] = ()
    sameness: float = 0.0

    @property
    def prominence(self) -> float:
        """How much of the file shows this face: the sum of its sizes over the frames, in px."""
        return math.fsum(frame.size_px for frame in self.frames)


@dataclass(frozen=True, slots=True)
class QualityFloor:
    """The least a frame must offer to be counted, and the least there must be of such frames.

    ``size_px`` 48: the side of the picture O-Net sees. A smaller face is enlarged even to place
    its landmarks, and a blending seam of two or three pixels on a 256-pixel face is less than
    one pixel wide here.

    ``sharpness`` 1.5: measured on 300 sharp portraits (``benchmarks/quality.py``). The same
    faces shrunk to 48 px and enlarged again keep 1.6 and more at crops of 168 px, 1.8 at 224
    (99 of 100); defocused by a Gaussian of 1/40 of the face's side, 19 of 20 fall to 1.2 to 1.5
    at 168, to 1.2 to 1.6 at 224. JPEG at quality 8 hardly moves them.

    ``grain`` 0.8: where it is more, noise hides traces, and nothing is cleared; what is found in
    spite of it counts. docs/verdicts.md has the shares that were measured.

    ``detector_score`` 0.9: below it a cascade reports many things that are not faces, and a
    manipulation score of something that is no face means nothing.

    ``inside`` 0.6: the share of the crop that the face's own box takes at a margin of 1.3.
    Less than that in the picture, and part of the face itself is missing.

    ``strokes`` 18: of 1,501 portraits and 1,837 frames of a hundred films and pictures none has
    more than 17.3. Lines of letters have 20 to 60, after H.264 at CRF 28 on half the side 13 to 45.

    ``steps`` 0.6: of the same none has less than 0.68. Mosaics have 0, after H.264 at CRF 28 on
    three quarters of the side 0.4 (16 tiles across the face) to 0.6 (32 tiles).

    ``covered`` 0.7: from there on the model takes off its map all that it owes to what lies over
    the face. What that hides was not seen, and nothing is cleared; what is found counts.

    ``chroma`` 3: of 300 sharp portraits 99 in 100 have 6 and more (``benchmarks/quality.py``), in
    grey they have 0. Edited to black and white, ten of thirteen fakes were cleared, and ten of
    twelve real files (docs/verdicts.md): it says nothing.

    ``quantiser`` 33: of films that were saved once more as H.264 at CRF 35 traces are mostly gone,
    at CRF 30 they are not (``tools/recode.py``, docs/verdicts.md); half of the first have 36 and
    more, of the second 31, and none of a hundred development files has 33 in half of its frames.
    Pictures from JPEG's quality 23 downwards: of single frames little is told any more.

    ``gaps`` 0.2: of 300 sharp portraits none has more, of 144 files as they are one, a GIF. In 64
    colours all have 0.49 and more, in 256 nine in ten have 0.2.

    ``clipped`` 0.25: of the portraits 0.7 % have more, of those files none. A filter for stronger
    colours or contrast cuts off as much of six in ten.

    ``pattern`` 5.5: of the portraits and the files none has 4.3. As photographed from a screen all
    have 5.5 and more; coded once more as H.264 at CRF 23, eight in ten.

    ``see_through`` 0.05: chosen, not measured. Films and pictures of people are opaque, and people
    who were cut out are within their faces.

    ``ring`` 0.85: of 790 portraits, among them the sixty likeliest of 4,445, two have more (dark
    hair and beard before white; a cut-out with a white rim), of 355 frames of a hundred films and
    pictures none has more than 0.84. Drawn round 347 of them (ellipses, boxes, by hand; twelve
    colours) 96 in 100 have it, after H.264 at CRF 28 93, on half of the side 90, after both 69; of
    four fifths opacity 64. Either half of the files has about as many.

    ``frames`` 3: in a video, fewer are a passing shadow or a cut as often as a person, and one
    odd frame must not be able to outvote the rest. A picture has one frame and needs one.

    ``dissent`` 0.25: when a quarter of the frames, and no fewer than ``frames``, say clearly
    manipulated, a low median does not clear the face: a face manipulated in one part of the shot
    looks just like that.

    ``sameness`` 0.95: of 47 films of portraits that are panned, enlarged and coded as H.264 (CRF
    23, or CRF 30 at 320 pixels) all have 0.97 and more, of the real development films none has more
    than 0.71.
    """

    size_px: float = 48.0
    sharpness: float = 1.5
    grain: float = 0.8
    detector_score: float = 0.9
    inside: float = 0.6
    strokes: float = 18.0
    steps: float = 0.6
    covered: float = 0.7
    chroma: float = 3.0
    quantiser: float = 33.0
    gaps: float = 0.2
    clipped: float = 0.25
    pattern: float = 5.5
    see_through: float = 0.05
    ring: float = 0.85
    frames: int = 3
    dissent: float = 0.25
    sameness: float = 0.95

    def flaws(self, frame: FrameEvidence) -> Iterator[str]:
        """Reason codes of what makes this frame unfit; none where it may be counted."""
        # Written as "not at least", so that a NaN counts as a flaw.
        if not frame.size_px >= self.size_px:
            yield "face-too-small"
        if not frame.sharpness >= self.sharpness:
            yield "too-blurred"
        if not frame.detector_score >= self.detector_score:
            yield "poor-detection"
        if not frame.inside >= self.inside:
            yield "face-cut-off"
        if not (frame.strokes < self.strokes and frame.ring < self.ring):
            yield "written-over"
        if not frame.steps >= self.steps:
            yield "pixelated"

    def hidden_by(self, frame: FrameEvidence) -> Iterator[str]:
        """Of :data:`unmask.core.analysis.HIDING` what would hide traces in this frame."""
        if not frame.grain < self.grain:
            yield "too-noisy"
        if not frame.quantiser < self.quantiser:
            yield "too-compressed"
        if not frame.chroma >= self.chroma:
            yield "no-colour"
        if not (frame.gaps < self.gaps and frame.clipped < self.clipped):
            yield "tones-lost"
        if not frame.pattern < self.pattern:
            yield "screen-pattern"
        if not frame.covered < self.covered:
            yield "part-covered"
        if not frame.see_through < self.see_through:
            yield "see-through"

    def lies(self, face: FaceEvidence) -> bool:
        """Whether the face is not upright in half of the glances at it."""
        return 2 * sum(face.turned) >= max(1, len(face.turned))

    def still(self, face: FaceEvidence) -> bool:
        """Whether all that was seen of the face is one picture of it."""
        return face.sameness >= self.sameness

    def needed(self, kind: Kind) -> int:
        """How many fit frames a face must have."""
        return 1 if kind == "image" else self.frames


DEFAULT_FLOOR = QualityFloor()
_FEWEST = 6  # frames that are kept, however coarse: of a single stretch all


def finest(frames: Sequence[FrameEvidence]) -> list[FrameEvidence]:
    """Those coded no more coarsely than they are at the mean; six at least, in their order.

    A codec spends its bits on few frames and describes those between by what changes: those keep
    traces, these are drawn anew. Where nothing is known of coding, all.
    """
    coded = sorted(frame.quantiser for frame in frames)
    if len(coded) <= _FEWEST:
        return list(frames)
    most = max(math.fsum(coded) / len(coded), coded[_FEWEST - 1])
    return [frame for frame in frames if frame.quantiser <= most]
