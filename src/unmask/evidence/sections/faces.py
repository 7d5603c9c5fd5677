"""The timeline, and each face with its pictures and its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unmask.core.analysis import Analysis, Face, FaceFrame
from unmask.core.language import _, ngettext
from unmask.core.wording import LABELS
from unmask.evidence.document import (
    Block,
    Bullets,
    Facts,
    Figure,
    Gallery,
    Paragraph,
    Plot,
    Section,
    Table,
)
from unmask.evidence.figure import about_face, how_numbered
from unmask.evidence.format import clock, number, precise, probability, score, whole
from unmask.evidence.heatmap import overlay, traces_of
from unmask.evidence.jpeg import jpeg
from unmask.evidence.likelihood import Likelihood
from unmask.evidence.looked import shown_in, stretches_of
from unmask.evidence.pictures import KeyFace
from unmask.evidence.report import Report
from unmask.evidence.timeline import Timeline, shape_name
from unmask.evidence.where import where
from unmask.evidence.words import HEAT_LEGEND

_TOGETHER = 8  # faces in one plot that can still be told apart
# What a report shows in full, so that a crowd does not make it a thousand pages: the CSV and the
# JSON have everything.
_ROWS, _ROWS_IN_ALL, _FEWEST_ROWS = 200, 2000, 8
_FACES = 60


def timeline_section(report: Report) -> Section | None:
    """The plot of the judged faces, in groups that can be told apart; None for a picture."""
    analysis = report.analysis
    faces = [
        face
        for face in analysis.faces
        if face.judged and any(one.score is not None for one in face.frames)
    ]
    if analysis.media.kind == "image" or not faces:
        return None
    groups = [faces[i : i + _TOGETHER] for i in range(0, len(faces), _TOGETHER)]
    plots: list[Block] = [_plot(analysis, tuple(group)) for group in groups]
    text = Paragraph(
        _(
            "Each mark is P(manipulated) from one frame alone, each pale bar what one stretch "
            "would come to if it were all there is. The bands are the thresholds: above, "
            "manipulated; below, no manipulation found; between, inconclusive. A face's verdict "
            "rests on all its frames and stretches together, so single marks may lie in another "
            "band."
        )
        + _unplotted(analysis.faces),
        style="small",
    )
    return Section(_("Timeline"), (*plots, text))


def _unplotted(faces: tuple[Face, ...]) -> str:
    hidden = [str(face.id) for face in faces if not face.judged]
    if not hidden:
        return ""
    if len(hidden) == 1:
        return " " + _("Face %(n)s could not be judged and is left out.", n=hidden[0])
    return " " + _("Faces %(n)s could not be judged and are left out.", n=", ".join(hidden))


def _plot(analysis: Analysis, faces: tuple[Face, ...]) -> Plot:
    last = max(face.last_s for face in faces)
    end = max(analysis.media.duration_s or 0.0, last) or 1.0
    names = ", ".join(
        _("face %(n)s (%(shape)s)", n=face.id, shape=shape_name(face.id)) for face in faces
    )
    alt = " ".join([_("Scores through time."), *map(_in_words, faces)])
    timeline = Timeline(faces, end, analysis.options.thresholds, stretches_of(analysis))
    return Plot(timeline.svg, alt, _("Scores of %(names)s.", names=names))


def _in_words(face: Face) -> str:
    scores = [frame.score for frame in face.frames if frame.score is not None]
    return _(
        "Face %(n)s: %(frames)s from %(start)s to %(end)s, scores from %(least)s to %(most)s.",
        n=face.id,
        frames=ngettext("%(num)s frame", "%(num)s frames", len(scores)),
        start=clock(face.first_s),
        end=clock(face.last_s),
        least=probability(min(scores)),
        most=probability(max(scores)),
    )


def key_frame_section(report: Report) -> Section | None:
    """Whole frames with boxes, and the same under the evidence; None without pictures or note."""
    pictures, analysis = report.pictures, report.analysis
    blocks: list[Block] = []
    if pictures.note:
        blocks.append(Paragraph(pictures.note, style="warning"))
    figures: list[Figure] = []
    counted = {face.id for face in analysis.faces if face.judged}
    for frame in pictures.frames:
        at = "" if analysis.media.kind == "image" else _(" at %(time)s", time=clock(frame.time_s))
        shown = [one for one in pictures.faces if one.time_s == frame.time_s]
        boxed = [
            str(face.id)
            for face in analysis.faces
            if any(one.time_s == frame.time_s for one in face.frames)
        ]
        figures.append(
            Figure(
                jpeg(frame.with_boxes(analysis)),
                _("The frame%(at)s with boxes around the faces found.", at=at),
                _framed(at, boxed),
            )
        )
        evident = [one for one in shown if one.evidence is not None and one.face in counted]
        if evident:
            figures.append(
                Figure(
                    jpeg(frame.with_heat(evident)),
                    _("The same frame%(at)s coloured by the evidence.", at=at),
                    _("The same%(at)s, with the evidence over it", at=at),
                )
            )
    if figures:
        blocks += [Gallery(tuple(figures), 2), Paragraph(_(HEAT_LEGEND), style="small")]
    return Section(_("Key frames"), tuple(blocks)) if blocks else None


def _framed(at: str, boxed: Sequence[str]) -> str:
    if not boxed:
        return _("Frame%(at)s", at=at)
    if len(boxed) == 1:
        return _("Frame%(at)s, face %(n)s", at=at, n=boxed[0])
    return _("Frame%(at)s, faces %(n)s", at=at, n=", ".join(boxed))


def face_sections(report: Report) -> Iterator[Section]:
    """A heading, and a part for each face."""
    if not report.analysis.faces:
        return
    yield Section(
        _("Faces"),
        (
            Paragraph(
                f"{_looked_at(report.analysis.faces)} {how_numbered(report.analysis)}".strip()
            ),
        ),
    )
    shown, others = report.analysis.faces[:_FACES], report.analysis.faces[_FACES:]
    rows = min(_ROWS, max(_FEWEST_ROWS, _ROWS_IN_ALL // len(shown)))
    for face in shown:
        yield Section(_("Face %(n)s", n=face.id), tuple(_face(report, face, rows)), 3)
    if others:
        yield Section(_("Other faces"), (_in_brief(others),), 3)


def _looked_at(faces: tuple[Face, ...]) -> str:
    judged = sum(face.judged for face in faces)
    if judged == len(faces):
        return ngettext(
            "%(num)s face was looked at and judged.",
            "%(num)s faces were looked at and judged.",
            len(faces),
        )
    return ngettext(
        "%(num)s face was looked at, of which %(judged)s could be judged.",
        "%(num)s faces were looked at, of which %(judged)s could be judged.",
        len(faces),
        judged=whole(judged),
    )


def _in_brief(faces: tuple[Face, ...]) -> Table:
    rows = tuple(
        (
            str(face.id),
            _(LABELS[face.verdict.label]),
            probability(face.verdict.probability),
            _("%(start)s to %(end)s", start=clock(face.first_s), end=clock(face.last_s)),
            whole(len(face.frames)),
        )
        for face in faces
    )
    return Table(
        (_("Face"), _("Verdict"), _("P(manipulated)"), _("Seen"), _("Frames")),
        rows,
        frozenset({0, 2, 4}),
        caption=_(
            "Faces beyond the first sixty, in brief; the CSV and the JSON have them in full."
        ),
    )


def _face(report: Report, face: Face, rows: int) -> Iterator[Block]:
    yield Facts(tuple(_facts(report, face)))
    yield Bullets(tuple(report.explain(code) for code in face.verdict.reasons))
    if says := about_face(face):
        yield Paragraph(says)
    views = report.pictures.of_face(face.id)
    figures = list(_lasting(face, views))
    for one in views:
        figures += _views(face, one, in_time=report.analysis.media.kind == "video")
    if figures:
        yield Gallery(tuple(figures), 4)
    if face.stretches and face.judged:
        yield _stretches(face, rows)
    yield _frames(face, rows)


def _lasting(face: Face, views: Sequence[KeyFace]) -> Iterator[Figure]:
    """What lasts through the frames, over the picture of the face that scored highest."""
    lasting = traces_of(face)
    if lasting is None or not views:
        return
    best = max(views, key=lambda one: -1.0 if one.score is None else one.score)
    yield Figure(
        jpeg(overlay(best.crop, lasting)),
        _(
            "Face %(n)s in grey, coloured by what stays in its place from frame to frame.",
            n=face.id,
        )
        + f" {where(face)}",
        _("what lasts through the frames: the number of the face rests on this"),
    )


def _views(face: Face, one: KeyFace, *, in_time: bool) -> Iterator[Figure]:
    """The face as the network saw it and, if it was judged, where the evidence lies."""
    at = _(" at %(time)s", time=clock(one.time_s)) if in_time else ""
    when = f"{clock(one.time_s)}, " if in_time else ""
    alt = _("Face %(n)s%(at)s.", n=one.face, at=at)
    yield Figure(jpeg(one.crop), alt, when + _("as examined"))
    if face.judged and (heat := one.heat()) is not None:
        alt = _("Face %(n)s%(at)s in grey, coloured by the evidence.", n=one.face, at=at)
        caption = when + _("evidence, score %(score)s", score=score(face, one.score))
        yield Figure(jpeg(heat), alt, caption)


def _facts(report: Report, face: Face) -> Iterator[tuple[str, str]]:
    found = face.verdict.probability
    likelihood = Likelihood.of_verdict(face.verdict, report.reference)
    yield _("Verdict"), _(LABELS[face.verdict.label])
    if found is None or likelihood is None:
        yield _("P(manipulated)"), _("none: nothing usable was measured")
    else:
        yield _("P(manipulated)"), f"{probability(found)} ({precise(found)})"
        yield _("Likelihood ratio"), f"{likelihood.in_figures()}: {_(likelihood.verbal)}"
    if report.analysis.media.kind == "video":
        times = _("from %(start)s to %(end)s", start=clock(face.first_s), end=clock(face.last_s))
        yield _("Seen"), ", ".join(filter(None, (times, shown_in(face, report.analysis))))
    sizes = [frame.size_px for frame in face.frames]
    yield _("Frames"), ngettext("%(num)s frame", "%(num)s frames", len(face.frames))
    yield (
        _("Size"),
        _(
            "%(least)s to %(most)s pixels, shorter side",
            least=number(min(sizes), 0),
            most=number(max(sizes), 0),
        ),
    )


def _stretches(face: Face, most: int) -> Table:
    rows = tuple(
        (clock(one.first_s), clock(one.last_s), score(face, one.score)) for one in face.stretches
    )
    return Table(
        (_("From"), _("To"), _("P(manipulated)")),
        rows[:most],
        frozenset({0, 1, 2}),
        caption=_("Face %(n)s: what each stretch would come to if it were all there is.", n=face.id)
        + _left_out(len(rows), most),
    )


def _frames(face: Face, most: int) -> Table:
    return Table(
        (
            _("Time"),
            _("Box: left, top, right, bottom"),
            _("Size"),
            _("Sharpness"),
            _("Grain"),
            _("Detector"),
            _("Score"),
        ),
        tuple(_frame(face, frame) for frame in face.frames[:most]),
        frozenset({0, 1, 2, 3, 4, 5, 6}),
        caption=_("Face %(n)s: every sampled frame that shows it.", n=face.id)
        + _left_out(len(face.frames), most),
    )


def _left_out(count: int, most: int) -> str:
    if count <= most:
        return ""
    return " " + _(
        "The first %(n)s of %(all)s; the CSV and the JSON have them all.", n=most, all=whole(count)
    )


def _frame(face: Face, frame: FaceFrame) -> tuple[str, ...]:
    return (
        clock(frame.time_s),
        ", ".join(f"{value:.0f}" for value in frame.box),
        number(frame.size_px, 0),
        "–" if frame.sharpness is None else number(frame.sharpness, 1),
        "–" if frame.grain is None else number(frame.grain, 2),
        number(frame.detector_score, 3),
        score(face, frame.score),
    )
