"""Why a verdict came out as it did: stable codes, each with one sentence for people.

The codes go into ``Verdict.reasons`` and are part of ``unmask.analysis/1``: a code keeps its
meaning for ever, a new meaning gets a new code. The sentences may be reworded and translated.
docs/verdicts.md lists every one of them (a test holds the two together).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        # manipulated
        "above-threshold": "The calibrated probability reaches the threshold for manipulated.",
        "frame-artefacts": "The detail of single frames alone reaches that threshold.",
        "lasting-traces": "What stands out of the face stays in its places from frame to frame, "
        "and reaches that threshold alone.",
        "temporal-inconsistency": "The way the face moves alone reaches that threshold.",
        # no-manipulation-found
        "below-threshold": "The calibrated probability lies below the lower threshold.",
        # inconclusive, with a probability
        "between-thresholds": "The calibrated probability lies between the two thresholds.",
        "frames-disagree": "Some frames speak clearly for manipulation, "
        "though the face as a whole does not.",
        "faces-disagree": "A face reaches the threshold for manipulated by itself, but the file "
        "does not once corrected for the number of faces looked at.",
        "too-noisy": "The picture is so noisy that traces of manipulation may not show.",
        "too-compressed": "The film is compressed so strongly that traces of manipulation may not "
        "have outlasted it.",
        "no-colour": "The picture has no colour, in which a part of what manipulation leaves would "
        "show.",
        "tones-lost": "Shades of the face are missing or cut off, as in a GIF or after a filter "
        "for stronger colours or contrast: traces of manipulation may have gone with them.",
        "screen-pattern": "A fine regular pattern lies over the face, as over a photographed "
        "screen: traces of manipulation may not show under it.",
        "part-covered": "Something lies over a part of the face, such as a sticker, a hand or "
        "glasses: what it hides was not seen.",
        # inconclusive, without one: the evidence is too poor
        "face-too-small": "The face has too few pixels to show traces of manipulation.",
        "too-blurred": "The face is too blurred to show traces of manipulation.",
        "written-over": "Letters or a close pattern lie over the face, which the model takes for "
        "traces of manipulation.",
        "pixelated": "The face is pixelated: what it looked like before is gone.",
        "poor-detection": "The detector was not sure enough that this is a face.",
        "face-turned": "The face lies on its side or upside down, and the model knows upright "
        "faces only.",
        "face-cut-off": "Too much of the face lies outside the picture.",
        "too-few-frames": "The face could be judged in too few frames of the video.",
        "main-face-not-judged": "The most prominent face was too poorly visible to be judged, "
        "so the others cannot clear the file.",
        # remarks on a file's verdict
        "some-faces-not-judged": "Other faces were too poorly visible to be judged.",
        "some-faces-inconclusive": "A face of the file is inconclusive by itself.",
        # no-face
        "no-face-found": "No face was found in what was sampled.",
    }
)


def explain(code: str) -> str:
    """The sentence for a reason code; the code itself where a newer version wrote it."""
    return REASONS.get(code, code)
