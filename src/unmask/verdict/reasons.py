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
        "above-threshold": "The probability lies in the range that counts as manipulated.",
        "frame-artefacts": "Single frames, seen by themselves, are enough for that.",
        "lasting-traces": "What stands out in the face stays in the same places from frame to "
        "frame, which is enough for that by itself.",
        "temporal-inconsistency": "The way the face moves is enough for that by itself.",
        # no-manipulation-found
        "below-threshold": "The probability lies in the range that counts as no manipulation "
        "found.",
        # inconclusive, with a probability
        "between-thresholds": "The probability lies in the range between, where neither can be "
        "said.",
        "frames-disagree": "Some frames speak clearly for manipulation, "
        "though the face as a whole does not.",
        "faces-disagree": "A face counts as manipulated by itself, but among so many faces one may "
        "stand out by chance.",
        "too-noisy": "The picture is so noisy that traces of manipulation may not show.",
        "too-compressed": "The file was compressed so strongly that traces of manipulation may not "
        "have outlasted it.",
        "no-colour": "The picture has no colour, in which a part of what manipulation leaves would "
        "show.",
        "tones-lost": "Shades of the face are missing or cut off, as in a GIF or after a filter "
        "for stronger colours or contrast: traces of manipulation may have gone with them.",
        "screen-pattern": "A fine regular pattern lies over the face, as over a photographed "
        "screen: traces of manipulation may not show under it.",
        "part-covered": "Something lies over a part of the face, such as a sticker, a hand or "
        "glasses: what it hides was not seen.",
        "see-through": "The face is partly transparent: on another ground than it was looked at "
        "another face may show.",
        # inconclusive, without one: the evidence is too poor
        "face-too-small": "The face has too few pixels to show traces of manipulation.",
        "too-blurred": "The face is too blurred to show traces of manipulation.",
        "written-over": "Letters or a close pattern lie over the face, or a line is drawn round "
        "it, which the model takes for traces of manipulation.",
        "pixelated": "The face is pixelated: what it looked like before is gone.",
        "poor-detection": "It is not sure enough that this is a face.",
        "face-turned": "The face lies on its side or upside down, and the model knows upright "
        "faces only.",
        "face-cut-off": "Too much of the face lies outside the picture.",
        "too-few-frames": "The face could be judged in too few frames of the video.",
        "main-face-not-judged": "The most prominent face was too poorly visible to be judged, "
        "so the others cannot clear the file.",
        # inconclusive, of a file, with a probability
        "main-face-inconclusive": "The most prominent face is inconclusive by itself, so the "
        "others cannot clear the file.",
        "further-films": "The file holds further films (picture tracks), and a player may show "
        "another than the one that was looked at.",
        "viewers-differ": "Programs do not agree on how this file looks, and one way alone was "
        "looked at.",
        # remarks on a face's verdict and its file's
        "still-face": "The face does not move in any frame that was looked at, as in a film of one "
        "photograph: it was judged as a picture, for so many frames say no more than one.",
        # remarks on a file's verdict
        "some-faces-not-judged": "Other faces were too poorly visible to be judged.",
        "some-faces-inconclusive": "A face of the file is inconclusive by itself.",
        # no-face
        "no-face-found": "No face was found in what was looked at.",
    }
)


def explain(code: str) -> str:
    """The sentence for a reason code; the code itself where a newer version wrote it."""
    return REASONS.get(code, code)
