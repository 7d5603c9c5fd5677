"""The verdict on a file, from those on its faces.

A file is as manipulated as its most manipulated face, corrected for how many were looked at. The
uncorrected maximum will not do: up to one in a hundred untouched faces reaches 0.99 by chance (a
likelihood ratio of 99 is met by at most 1/99 of them), and every crowd would be called a fake.

The model. Before looking, a file is as likely to be manipulated as a single face is (that it
shows more people says nothing), and if it is, the manipulated face is any of its n, all equally
likely. Then the likelihood ratio of the file is the mean of those of its faces, and, the prior
odds being the same, so are the odds::

    odds(file) = (odds_1 + … + odds_n) / n

With odds = p / (1 − p) = 1 / (1 − p) − 1 this says: the file's probability of being untouched is
the harmonic mean of its faces'. What follows, and is tested:

- one face: the file's probability is the face's;
- never above the most manipulated face's, and odds never below 1/n of its odds;
- rises with each face's probability; the order of faces does not matter;
- a further face no more manipulated than the file never raises it;
- a face counted twice, because a cut split its track, counts as once if all are counted twice,
  and if m of n faces are manipulated alike the correction is n/m only: it fades as they agree.

Why not the others. Šidák's and Bonferroni's corrections treat faces as independent tests of
which one succeeded: every split track would weaken a true find, and five faces manipulated
together would count no more than one. Multiplying the likelihood ratios of faces assumes that
their errors are independent, while faces of one file share its codec, its light and its filters.

In numbers: a face at 0.99 among five, the others at 0.05, gives 0.952; among two, 0.980; among
ten, 0.909; among a hundred, 0.51. A face at 0.999 among ten gives 0.990.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from unmask.core.analysis import HIDING, Thresholds, Verdict
from unmask.verdict.reasons import REASONS


def correct_for_faces(probabilities: Sequence[float]) -> float:
    """P(a face of the file is manipulated) from each face's P(manipulated), 0 to 1.

    See the module's text. ValueError for an empty sequence.
    """
    if not probabilities:
        raise ValueError("a file without a judged face has no probability")
    lowest, highest = min(probabilities), max(probabilities)
    if highest >= 1.0:
        return highest
    # fsum is exactly rounded: the order of faces cannot show in the last digit.
    untouched = len(probabilities) / math.fsum(1.0 / (1.0 - p) for p in probabilities)
    return min(max(1.0 - untouched, lowest), highest)


def judge_file(
    faces: Sequence[Verdict],
    prominences: Sequence[float],
    thresholds: Thresholds,
    *,
    further_films: bool = False,
    viewers_differ: bool = False,
) -> Verdict:
    """The file's verdict from its faces' verdicts and ``FaceEvidence.prominence``, in one order.

    The label follows :func:`correct_for_faces`, with three cautions. A file of which a face is
    manipulated by itself, and a file of which a face's frames contradict its low median, is never
    ``no-manipulation-found``. Faces too poor to be judged (no probability) are left out of the
    arithmetic; they do not keep a file from being called manipulated, but where the most
    prominent face is among them nothing is cleared: a clean bystander says nothing of it. Nor is
    anything cleared where noise, want of colour or a cover hides traces of the most prominent one,
    or where that one lies between the thresholds by itself: the correction is to keep a crowd from
    being accused by chance, and posters on the wall are not to clear who speaks before them.
    With ``further_films`` in the file nothing is cleared: which one is shown, players decide, and
    one alone was looked at. Nor is anything where ``viewers_differ``.
    """
    if not faces:
        return Verdict(label="no-face", probability=None, reasons=("no-face-found",))
    judged = [face for face in faces if face.probability is not None]
    hidden = [face for face in faces if face.probability is None]
    if not judged:
        return Verdict(label="inconclusive", probability=None, reasons=_reasons(hidden))
    probability = correct_for_faces([p for face in judged if (p := face.probability) is not None])
    main = _most_prominent(faces, prominences)
    remarks = ["some-faces-not-judged"] if hidden else []
    if any("still-face" in face.reasons for face in main):
        remarks.append("still-face")
    if probability >= thresholds.high:
        speaking = [face for face in judged if face.label == "manipulated"]
        return Verdict(
            label="manipulated", probability=probability, reasons=_reasons(speaking, remarks)
        )
    doubts = _doubts(judged, main, probability, thresholds)
    if further_films:
        doubts.append("further-films")
    if viewers_differ:
        doubts.append("viewers-differ")
    if doubts:
        return Verdict(
            label="inconclusive", probability=probability, reasons=_reasons([], doubts + remarks)
        )
    if spoilt := [face for face in main if face.probability is None]:
        reasons = _reasons(spoilt, ["main-face-not-judged"])
        return Verdict(label="inconclusive", probability=None, reasons=reasons)
    if any(face.label == "inconclusive" for face in judged):
        remarks.append("some-faces-inconclusive")
    return Verdict(
        label="no-manipulation-found",
        probability=probability,
        reasons=_reasons([], ["below-threshold", *remarks]),
    )


def _doubts(
    judged: Sequence[Verdict],
    main: Sequence[Verdict],
    probability: float,
    thresholds: Thresholds,
) -> list[str]:
    """What keeps a file below the high threshold from being cleared."""
    doubts = []
    if probability >= thresholds.low:
        doubts.append("between-thresholds")
    elif any("between-thresholds" in face.reasons for face in main):
        doubts.append("main-face-inconclusive")
    if any("frames-disagree" in face.reasons for face in judged):
        doubts.append("frames-disagree")
    doubts += [code for code in HIDING if any(code in face.reasons for face in main)]
    if any(face.label == "manipulated" for face in judged):
        doubts.append("faces-disagree")
    return doubts


def _most_prominent(faces: Sequence[Verdict], prominences: Sequence[float]) -> list[Verdict]:
    """The faces that no other face exceeds in prominence."""
    pairs = zip(faces, prominences, strict=True)
    return [face for face, prominence in pairs if prominence == max(prominences)]


def _reasons(faces: Iterable[Verdict], codes: Iterable[str] = ()) -> tuple[str, ...]:
    """The faces' reasons and ``codes``, each once, in the order of the table."""
    wanted = set(codes).union(*(face.reasons for face in faces))
    return tuple(code for code in REASONS if code in wanted)
