"""What somebody who has to decide can do after a verdict."""

from __future__ import annotations

from unmask.core.analysis import Analysis
from unmask.core.language import _
from unmask.evidence.looked import MUCH_UNSEEN_S, longest_unseen, span


def next_step(analysis: Analysis) -> str:
    """The next step in the language written in, by the verdict's label and reasons."""
    verdict = analysis.verdict
    if verdict.label == "manipulated":
        return _(
            "Do not decide by this alone. Look closely at the frames that score highest, find "
            "where the file was first published, and ask whoever published it."
        )
    if verdict.label == "no-manipulation-found":
        return " ".join(filter(None, (_closer(analysis), _open_question())))
    if verdict.label == "no-face":
        return _(
            "If a face is to be seen, hand in the part or the detail that shows it; if it lies on "
            "its side or upside down, turn the file upright first."
        )
    return _after_doubt(analysis)


def _open_question() -> str:
    return _(
        "Leave the question open: check who published it first, when and where it was made, "
        "and whether sound and caption belong to it."
    )


def _closer(analysis: Analysis) -> str:
    if longest_unseen(analysis) < MUCH_UNSEEN_S:
        return ""
    return _(
        "If it is one scene that is in doubt, analyse that part of the film alone (from, to): "
        "much of it went unseen."
    )


def _after_doubt(analysis: Analysis) -> str:
    verdict = analysis.verdict
    if "face-turned" in verdict.reasons:
        return _(
            "Turn the file upright, as it was filmed, and hand it in once more. If it is upright, "
            "this is a mistake of the program: hand in another part or picture of the same face."
        )
    if before := _before_edits(set(verdict.reasons)):
        return before
    if "no-colour" in verdict.reasons:
        return _("Find a copy in colour. Until then, decide by other evidence.")
    if verdict.probability is None or {"too-noisy", "too-compressed"} & set(verdict.reasons):
        return _(
            "Find a better copy, best the original: larger, sharper, longer or less compressed. "
            "Until then, decide by other evidence."
        )
    if analysis.media.kind == "video":
        return _look_again(analysis)
    return _(
        "Hand in a better copy or, if there is one, the film that it is from: one picture says "
        "little. Otherwise decide by other evidence."
    )


def _before_edits(reasons: set[str]) -> str:
    """What to look for where a file was edited; nothing where it was not."""
    if {"written-over", "pixelated", "part-covered"} & reasons:
        return _(
            "Find the file as it was before somebody edited it, or hand in the part that shows "
            "the face without what was laid over it."
        )
    if "see-through" in reasons:
        return _(
            "Take a picture of the screen where it was shown, or save it over the same ground "
            "without transparency, and hand that in."
        )
    if "viewers-differ" in reasons:
        return _("Take a picture of the screen where it was shown, and hand that in.")
    if {"tones-lost", "screen-pattern"} & reasons:
        return _(
            "Find the film or picture that this was made of, as it was before it was edited, "
            "turned into a GIF or photographed. Until then, decide by other evidence."
        )
    return ""


def _look_again(analysis: Analysis) -> str:
    if _is_too_short(analysis):
        said = _(
            "It is too short for more stretches: hand in a longer part of the film, or a better "
            "copy. Otherwise decide by other evidence."
        )
    else:
        said = _(
            "Look at more of it: analyse it again with more stretches, or hand in a better copy. "
            "Otherwise decide by other evidence."
        )
    at = _strongest(analysis) if "frames-disagree" in analysis.verdict.reasons else None
    if at is None:
        return said
    there = _(
        "The stretch that speaks most for manipulation lies around %(time)s: watch it, and analyse "
        "that part alone (from, to).",
        time=span(at),
    )
    return f"{there} {said}"


def _strongest(analysis: Analysis) -> float | None:
    """The middle of the stretch that speaks most against a face; None where there is but one."""
    if len(analysis.stretches or ()) < 2:
        return None
    told = [clip for face in analysis.faces if face.judged for clip in face.stretches]
    best = max(told, key=lambda clip: clip.score, default=None)
    return None if best is None else (best.first_s + best.last_s) / 2


def _is_too_short(analysis: Analysis) -> bool:
    """Whether fewer stretches fitted in than were asked for: of more the same would be seen."""
    seen = len(analysis.stretches or ())
    broken = any(notice.code == "incomplete" for notice in analysis.warnings)
    return 0 < seen < analysis.options.clips and not broken
