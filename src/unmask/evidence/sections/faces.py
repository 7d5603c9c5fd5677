"""The timeline, and each face with its pictures and its frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unmask.core.analysis import Analysis, Face, FaceFrame
from unmask.core.wording import LABELS, probability
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
from unmask.evidence.heatmap import overlay, traces_of
from unmask.evidence.jpeg import jpeg
from unmask.evidence.likelihood import Likelihood
from unmask.evidence.pictures import KeyFace
from unmask.evidence.report import Report
from unmask.evidence.sections.format import clock, plural, score
from unmask.evidence.timeline import Timeline, shape_name
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
        "Each mark is P(manipulated) from one frame alone, each pale bar that of the temporal "
        "network over one stretch. The bands are the thresholds: above, manipulated; below, no "
        "manipulation found; between, inconclusive. A face's verdict rests on all its frames and "
        "stretches together, so single marks may lie in another band." + _unplotted(analysis.faces),
        style="small",
    )
    return Section("Timeline", (*plots, text))


def _unplotted(faces: tuple[Face, ...]) -> str:
    hidden = [str(face.id) for face in faces if not face.judged]
    if not hidden:
        return ""
    if len(hidden) == 1:
        return f" Face {hidden[0]} could not be judged and is left out."
    return f" Faces {', '.join(hidden)} could not be judged and are left out."


def _plot(analysis: Analysis, faces: tuple[Face, ...]) -> Plot:
    last = max(face.last_s for face in faces)
    end = max(analysis.media.duration_s or 0.0, last) or 1.0
    names = ", ".join(f"face {face.id} ({shape_name(face.id)})" for face in faces)
    alt = "Scores through time. " + " ".join(_in_words(face) for face in faces)
    return Plot(Timeline(faces, end, analysis.options.thresholds).svg, alt, f"Scores of {names}.")


def _in_words(face: Face) -> str:
    scores = [frame.score for frame in face.frames if frame.score is not None]
    least, most = probability(min(scores)), probability(max(scores))
    return (
        f"Face {face.id}: {plural(len(scores), 'frame')} from {clock(face.first_s)} to "
        f"{clock(face.last_s)}, scores from {least} to {most}."
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
        at = "" if analysis.media.kind == "image" else f" at {clock(frame.time_s)}"
        shown = [one for one in pictures.faces if one.time_s == frame.time_s]
        boxed = [
            str(face.id)
            for face in analysis.faces
            if any(one.time_s == frame.time_s for one in face.frames)
        ]
        figures.append(
            Figure(
                jpeg(frame.with_boxes(analysis)),
                f"The frame{at} with boxes around the faces found.",
                f"Frame{at}, {'face' if len(boxed) == 1 else 'faces'} {', '.join(boxed)}"
                if boxed
                else f"Frame{at}",
            )
        )
        evident = [one for one in shown if one.map is not None and one.face in counted]
        if evident:
            figures.append(
                Figure(
                    jpeg(frame.with_heat(evident)),
                    f"The same frame{at} coloured by the evidence.",
                    f"The same{at}, with the evidence over it",
                )
            )
    if figures:
        blocks += [Gallery(tuple(figures), 2), Paragraph(HEAT_LEGEND, style="small")]
    return Section("Key frames", tuple(blocks)) if blocks else None


def face_sections(report: Report) -> Iterator[Section]:
    """A heading, and a part for each face."""
    if not report.analysis.faces:
        return
    yield Section(
        "Faces",
        (
            Paragraph(
                f"{_looked_at(report.analysis.faces)} Faces are numbered by where they appear in "
                "the scene; the same number does not say that it is the same person."
            ),
        ),
    )
    shown, others = report.analysis.faces[:_FACES], report.analysis.faces[_FACES:]
    rows = min(_ROWS, max(_FEWEST_ROWS, _ROWS_IN_ALL // len(shown)))
    for face in shown:
        yield Section(f"Face {face.id}", tuple(_face(report, face, rows)), 3)
    if others:
        yield Section("Other faces", (_in_brief(others),), 3)


def _looked_at(faces: tuple[Face, ...]) -> str:
    judged = sum(face.judged for face in faces)
    looked_at = f"{plural(len(faces), 'face was', 'faces were')} looked at"
    if judged == len(faces):
        return f"{looked_at} and judged."
    return f"{looked_at}, of which {judged:,} could be judged."


def _in_brief(faces: tuple[Face, ...]) -> Table:
    rows = tuple(
        (
            str(face.id),
            LABELS[face.verdict.label],
            probability(face.verdict.probability),
            f"{clock(face.first_s)} to {clock(face.last_s)}",
            f"{len(face.frames):,}",
        )
        for face in faces
    )
    return Table(
        ("Face", "Verdict", "P(manipulated)", "Seen", "Frames"),
        rows,
        frozenset({0, 2, 4}),
        caption="Faces beyond the first sixty, in brief; the CSV and the JSON have them in full.",
    )


def _face(report: Report, face: Face, rows: int) -> Iterator[Block]:
    yield Facts(tuple(_facts(report, face)))
    yield Bullets(tuple(report.explain(code) for code in face.verdict.reasons))
    views = report.pictures.of_face(face.id)
    figures = list(_lasting(face, views))
    for one in views:
        figures += _views(face, one, in_time=report.analysis.media.kind == "video")
    if figures:
        yield Gallery(tuple(figures), 4)
    if face.clips and face.judged:
        yield _stretches(face, rows)
    yield _frames(face, rows)


def _lasting(face: Face, views: Sequence[KeyFace]) -> Iterator[Figure]:
    """What lasts through the frames, over the picture of the face that scored highest."""
    lasting = traces_of(face)
    if lasting is None or not views or not face.judged:
        return
    best = max(views, key=lambda one: -1.0 if one.score is None else one.score)
    yield Figure(
        jpeg(overlay(best.crop, lasting)),
        f"Face {face.id} in grey, coloured by what stays in its place from frame to frame.",
        "what lasts through the frames: the verdict rests on this",
    )


def _views(face: Face, one: KeyFace, *, in_time: bool) -> Iterator[Figure]:
    """The face as the network saw it and, if it was judged, where the evidence lies."""
    at = f" at {clock(one.time_s)}" if in_time else ""
    when = f"{clock(one.time_s)}, " if in_time else ""
    yield Figure(jpeg(one.crop), f"Face {one.face}{at}.", f"{when}as examined")
    if face.judged and (heat := one.heat()) is not None:
        alt = f"Face {one.face}{at} in grey, coloured by the evidence."
        yield Figure(jpeg(heat), alt, f"evidence, score {score(face, one.score)}")


def _facts(report: Report, face: Face) -> Iterator[tuple[str, str]]:
    number = face.verdict.probability
    likelihood = Likelihood.of_verdict(face.verdict, report.reference)
    yield "Verdict", LABELS[face.verdict.label]
    if number is None or likelihood is None:
        yield "P(manipulated)", "none: nothing usable was measured"
    else:
        yield "P(manipulated)", f"{probability(number)} ({number:.4f})"
        yield "Likelihood ratio", f"{likelihood.in_figures()}: {likelihood.verbal}"
    if report.analysis.media.kind == "video":
        yield "Seen", f"from {clock(face.first_s)} to {clock(face.last_s)}"
    sizes = [frame.size_px for frame in face.frames]
    yield "Frames", plural(len(face.frames), "frame")
    yield "Size", f"{min(sizes):.0f} to {max(sizes):.0f} pixels, shorter side"


def _stretches(face: Face, most: int) -> Table:
    rows = tuple(
        (clock(one.first_s), clock(one.last_s), score(face, one.score)) for one in face.clips
    )
    return Table(
        ("From", "To", "P(manipulated)"),
        rows[:most],
        frozenset({0, 1, 2}),
        caption=f"Face {face.id}: tracks through time, judged by the temporal network."
        + _left_out(len(rows), most),
    )


def _frames(face: Face, most: int) -> Table:
    return Table(
        (
            "Time",
            "Box: left, top, right, bottom",
            "Size",
            "Sharpness",
            "Grain",
            "Detector",
            "Score",
        ),
        tuple(_frame(face, frame) for frame in face.frames[:most]),
        frozenset({0, 1, 2, 3, 4, 5, 6}),
        caption=f"Face {face.id}: every sampled frame that shows it."
        + _left_out(len(face.frames), most),
    )


def _left_out(count: int, most: int) -> str:
    if count <= most:
        return ""
    return f" The first {most} of {count:,}; the CSV and the JSON have them all."


def _frame(face: Face, frame: FaceFrame) -> tuple[str, ...]:
    return (
        clock(frame.time_s),
        ", ".join(f"{value:.0f}" for value in frame.box),
        f"{frame.size_px:.0f}",
        "–" if frame.sharpness is None else f"{frame.sharpness:.1f}",
        "–" if frame.grain is None else f"{frame.grain:.2f}",
        f"{frame.detector_score:.3f}",
        score(face, frame.score),
    )
