"""Where everything lies on the timeline, in units of an SVG that stretches with the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from unmask.core.analysis import Analysis, Face, FaceFrame
from unmask.evidence import face_colour, face_dash
from unmask.evidence.looked import stretches_of

WIDTH = 1000.0
HEIGHT = 200.0
_PAD = 6.0
_DENSE = 0.3  # share of the film sampled from which time is shown to scale
_GAP = 0.012  # between windows that are not to scale, as a share of the width
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Curve:
    """The scores of one face: ``line`` and ``points`` are path data, ``clips`` x0, x1, y each."""

    face: int
    colour: str
    dash: str
    square: bool
    line: str
    points: str
    clips: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """When a face is in the picture, scored or not: ``spans`` are x0, x1 of each stretch."""

    face: int
    colour: str
    dash: str
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A time under the plot, ``x`` as a share of the width from 0 to 1."""

    time_s: float
    x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """``knots`` are (seconds, x) between which x is linear; ``windows`` x0, x1 of what was seen.

    ``to_scale`` says whether x is proportional to time throughout.
    """

    knots: tuple[tuple[float, float], ...]
    windows: tuple[tuple[float, float], ...]
    curves: tuple[Curve, ...]
    sightings: tuple[Sighting, ...]
    ticks: tuple[Tick, ...]
    low: float
    high: float
    times: tuple[float, ...]
    to_scale: bool
    duration_s: float


def timeline_of(analysis: Analysis) -> Timeline | None:
    """The timeline of a video with faces; None for a picture or where there is nothing to plot.

    A face that could not be judged has its frames in ``times``, its sightings, and no curve.
    """
    duration = analysis.media.duration_s
    times = sorted({frame.time_s for face in analysis.faces for frame in face.frames})
    if analysis.media.kind != "video" or not times:
        return None
    duration = max(duration or 0.0, times[-1], 0.001)
    windows = stretches_of(analysis)
    share = sum(last - first for first, last in windows) / duration
    to_scale = share >= _DENSE or len(windows) == 1
    knots = ((0.0, 0.0), (duration, WIDTH)) if to_scale else tuple(_even(windows, duration))
    thresholds = analysis.options.thresholds
    return Timeline(
        knots=knots,
        windows=tuple((place(knots, first), place(knots, last)) for first, last in windows),
        curves=tuple(_curve(face, knots, windows) for face in analysis.faces if face.judged),
        sightings=tuple(_sighting(face, knots, windows) for face in analysis.faces),
        ticks=tuple(_ticks(windows, knots, duration, to_scale=to_scale)),
        low=height(thresholds.low),
        high=height(thresholds.high),
        times=tuple(times),
        to_scale=to_scale,
        duration_s=duration,
    )


def height(score: float) -> float:
    """The y of a probability; 1 is at the top."""
    return round(_PAD + (1.0 - score) * (HEIGHT - 2 * _PAD), 2)


def place(knots: Sequence[tuple[float, float]], time_s: float) -> float:
    """The x of a time; of the nearest end for one outside."""
    time_s = min(max(time_s, knots[0][0]), knots[-1][0])
    for (t0, x0), (t1, x1) in pairwise(knots):
        if time_s <= t1:
            return round(x0 + (x1 - x0) * (time_s - t0) / max(t1 - t0, 1e-9), 2)
    return knots[-1][1]


def square(face: int) -> bool:
    """Whether a face's points are squares: four faces in turn, after four that have circles."""
    return face // 4 % 2 == 1


def _even(windows: Sequence[tuple[float, float]], duration: float) -> Iterable[tuple[float, float]]:
    """Every window as wide as every other, with the film between them in narrow gaps."""
    width = WIDTH * (1 - _GAP * (len(windows) + 1)) / len(windows)
    if windows[0][0] > 0:
        yield 0.0, 0.0
    for number, (first, last) in enumerate(windows):
        start = WIDTH * _GAP + number * (width + WIDTH * _GAP)
        yield first, round(start, 2)
        yield max(last, first + 1e-3), round(start + width, 2)
    if duration > windows[-1][1] + 1e-3:
        yield duration, WIDTH


def _curve(
    face: Face, knots: Sequence[tuple[float, float]], windows: Sequence[tuple[float, float]]
) -> Curve:
    scored = [frame for frame in face.frames if frame.score is not None]
    at = [(place(knots, frame.time_s), height(frame.score or 0.0)) for frame in scored]
    line = ""
    for index, (x, y) in enumerate(at):
        goes_on = index > 0 and _together(scored[index - 1], scored[index], windows)
        line += f"{'L' if goes_on else 'M'}{x:g} {y:g}"
    clips = tuple(
        (place(knots, clip.first_s), place(knots, clip.last_s), height(clip.score))
        for clip in face.stretches
    )
    points = "".join(f"M{x:g} {y:g}h.01" for x, y in at)
    look = (face_colour(face.id), face_dash(face.id), square(face.id))
    return Curve(face.id, *look, line, points, clips)


def _sighting(
    face: Face, knots: Sequence[tuple[float, float]], windows: Sequence[tuple[float, float]]
) -> Sighting:
    spans = []
    for first, last in windows:
        seen = [frame.time_s for frame in face.frames if first <= frame.time_s <= last]
        if seen:
            spans.append((place(knots, seen[0]), place(knots, seen[-1])))
    return Sighting(face.id, face_colour(face.id), face_dash(face.id), tuple(spans))


def _together(one: FaceFrame, other: FaceFrame, windows: Sequence[tuple[float, float]]) -> bool:
    return any(first <= one.time_s and other.time_s <= last for first, last in windows)


def _ticks(
    windows: Sequence[tuple[float, float]],
    knots: Sequence[tuple[float, float]],
    duration: float,
    *,
    to_scale: bool,
) -> Iterable[Tick]:
    if to_scale:
        for number in range(_TICKS):
            yield Tick(duration * number / (_TICKS - 1), number / (_TICKS - 1))
        return
    every = -(-len(windows) // _TICKS)
    for first, _ in windows[::every]:
        yield Tick(first, place(knots, first) / WIDTH)
