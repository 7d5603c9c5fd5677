"""The sentences of a report that do not depend on the file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unmask.core.analysis import Analysis

MEANS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "manipulated": (
            "The face shows traces that this model knows from manipulated ones, clearly enough to "
            "count as manipulated.",
            "Not who did it, nor with what intent. Beauty filters, heavy retouching, upscaling, "
            "and whatever is laid over a face, such as a sticker, a logo or a mask, can leave the "
            "same traces.",
        ),
        "no-manipulation-found": (
            "This model looked, had enough to look at, and found few or none of the traces that it "
            "knows.",
            "Not that the file is genuine. A method that the model has never met, a manipulated "
            "film filmed from a screen, or an untouched face with a false voice or a false "
            "caption all end here.",
        ),
        "inconclusive": (
            "The probability is too uncertain, the evidence contradicts itself, or there is too "
            "little of it; the reasons say which.",
            "Not “half manipulated”. Without a probability it says nothing in either direction.",
        ),
        "no-face": (
            "No face was found in the frames that were looked at, so nothing was judged.",
            "Not that there is none: a face may be turned away, tiny, too dark, covered, or seen "
            "only between those frames. Nor that the file is genuine.",
        ),
    }
)

NO_FACE_IN_PICTURE = (
    "No face was found in the picture, so nothing was judged.",
    "Not that there is none: a face may be turned away, tiny, too dark or covered. Nor that the "
    "picture is genuine.",
)

_OF_FILMS = (
    "It looked at the frames listed here and at no others. A manipulation that is shorter than the "
    "gaps between them can be missed."
)

LIMITATIONS: tuple[str, ...] = (
    "The result speaks of traces of the kinds of manipulation in the model's training data. A "
    "method it has never met may leave none of them.",
    "It judges faces. It does not judge sound, captions, the background, or whether the scene is "
    "what it is said to be. It identifies nobody. Drawings, paintings and masks are judged as if "
    "they were faces.",
    _OF_FILMS,
    "Strong compression, small or blurred faces, filters and re-filming weaken the traces or "
    "imitate them.",
    "The probability holds for files that resemble those of the calibration. On material from "
    "elsewhere every detector of this kind does worse than on its own validation data.",
    "Heat maps show which regions moved the network's score. They are not a map of what was "
    "altered.",
    "This report is the output of a program, not the finding of an expert. It should not be the "
    "only ground for a decision about a person.",
)

HOW_TO_READ = (
    "AUC: of a real and a manipulated file picked at random, how often the manipulated one has the "
    "higher score; 0.5 is guessing, 1 never wrong. Equal error rate: the share of errors where as "
    "many real files are accused as manipulated ones are passed. Found at 1 % false alarms: the "
    "share of the manipulated files found where one real file in a hundred is accused. The "
    "interval says how far chance could have moved a figure; few files make it wide."
)

HEAT_LEGEND = (
    "Orange speaks for manipulation, blue against it; what is not coloured says nothing. The "
    "scale is the same in every picture, so weak evidence looks weak. Colour shows what the model "
    "goes by, not how far a manipulation reaches: a face that was swapped as a whole is coloured "
    "in its middle alone."
)


def means(analysis: Analysis) -> tuple[str, str]:
    """What the verdict means, and what it does not, in English."""
    label = analysis.verdict.label
    if label == "no-face" and analysis.media.kind == "image":
        return NO_FACE_IN_PICTURE
    return MEANS[label]


def limitations(analysis: Analysis) -> tuple[str, ...]:
    """Those of :data:`LIMITATIONS` that hold of a film, or of a picture, in English."""
    if analysis.media.kind == "image":
        return tuple(text for text in LIMITATIONS if text != _OF_FILMS)
    return LIMITATIONS
