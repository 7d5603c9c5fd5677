"""Scores through time as a drawing: a line for each face, bands for the thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from unmask.core.analysis import Face, Thresholds
from unmask.core.language import _, local
from unmask.evidence.document import Surface
from unmask.evidence.pictures import face_colour, face_dash

_WIDTH, _NARROW, _HEIGHT = 720.0, 330.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 10.0, 34.0
_TICK = 72.0  # of the width, for a time to be read beside the next
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
_FINE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)

# What each part looks like on paper. On a page a class of the same name, with "t-" before it,
# takes its colour from the style sheet.
_PAPER = {
    "manipulated": 'fill="#f6ddc9"',
    "between": 'fill="#f1efe6"',
    "clear": 'fill="#dbe9f3"',
    "grid": 'stroke="#c8c8c4" stroke-width="0.6"',
    "limit": 'stroke="#55554f" stroke-width="1" stroke-dasharray="5 3"',
    "words": 'fill="#33332f" font-size="11"',
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """The plot of some faces of one video. ``end_s`` is where the axis ends.

    ``stretches`` are the times of the first and the last frame of each that was looked at: lines
    are drawn within them and never between, where nobody looked.
    """

    faces: tuple[Face, ...]
    end_s: float
    thresholds: Thresholds
    stretches: tuple[tuple[float, float], ...]

    def svg(self, surface: Surface) -> str:
        """The drawing: for white paper, or coloured by the style sheet of a page or a phone's."""
        return _Drawing(self, surface).text()


class _Drawing:
    def __init__(self, timeline: Timeline, surface: Surface) -> None:
        self._line = timeline
        self._page = surface != "paper"
        self._width = _NARROW if surface == "phone" else _WIDTH

    def text(self) -> str:
        parts = [*self._bands(), *self._axes()]
        for face in self._line.faces:
            parts += self._face(face)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width:g} {_HEIGHT:g}" '
            f'width="{self._width:g}" height="{_HEIGHT:g}" '
            f'font-family="{"inherit" if self._page else "Libertinus Serif"}">'
            f"{''.join(parts)}</svg>"
        )

    def _look(self, name: str) -> str:
        return f'class="t-{name}"' if self._page else _PAPER[name]

    def _bands(self) -> Iterator[str]:
        low, high = self._line.thresholds.low, self._line.thresholds.high
        for name, bottom, top in (
            ("clear", 0.0, low),
            ("between", low, high),
            ("manipulated", high, 1.0),
        ):
            yield (
                f'<rect x="{_LEFT:g}" y="{_y(top):.1f}" width="{self._width - _LEFT - _RIGHT:g}" '
                f'height="{_y(bottom) - _y(top):.1f}" {self._look(name)}/>'
            )
        for at in sorted({low, high}):
            yield self._rule(_LEFT, _y(at), self._width - _RIGHT, _y(at), "limit")

    def _axes(self) -> Iterator[str]:
        for at in (0.0, 0.25, 0.5, 0.75, 1.0):
            yield self._rule(_LEFT, _y(at), self._width - _RIGHT, _y(at), "grid")
            yield self._words(_LEFT - 6, _y(at) + 4, local(f"{at:.2f}"), "end")
        ticks = list(_ticks(self._line.end_s, self._width))
        for at in ticks:
            x = self._x(at)
            yield self._rule(x, _y(0), x, _y(0) + 5, "grid")
            anchor = "middle" if x < self._width - 30 else "end"
            yield self._words(x, _y(0) + 18, _time(at, ticks), anchor)
        yield self._words(self._width - _RIGHT, _HEIGHT - 3, _("time in the file"), "end")

    def _rule(self, x1: float, y1: float, x2: float, y2: float, name: str) -> str:
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        return f"<line {place} {self._look(name)}/>"

    def _words(self, x: float, y: float, words: str, anchor: str) -> str:
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {self._look("words")}>'
            f"{escape(words, quote=False)}</text>"
        )

    def _face(self, face: Face) -> Iterator[str]:
        colour, dash = face_colour(face.id), face_dash(face.id)
        broken = f' stroke-dasharray="{dash}"' if dash else ""
        for clip in face.stretches:
            y, x = _y(clip.score), self._x(clip.first_s)
            yield (
                f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{max(self._x(clip.last_s), x + 2):.1f}" '
                f'y2="{y:.1f}" stroke="{colour}" stroke-width="5" stroke-opacity="0.45"/>'
            )
        scored = [(frame.time_s, frame.score) for frame in face.frames if frame.score is not None]
        points = [(time_s, self._x(time_s), _y(score)) for time_s, score in scored]
        for first, last in self._line.stretches:
            run = [f"{x:.1f},{y:.1f}" for time_s, x, y in points if first <= time_s <= last]
            if len(run) > 1:
                yield (
                    f'<polyline points="{" ".join(run)}" fill="none" stroke="{colour}" '
                    f'stroke-width="1.3"{broken}/>'
                )
        yield from (_mark(face.id, x, y, colour) for _time_s, x, y in points)

    def _x(self, seconds: float) -> float:
        share = min(1.0, max(0.0, seconds / self._line.end_s)) if self._line.end_s > 0 else 0.0
        return _LEFT + 4 + share * (self._width - _LEFT - _RIGHT - 8)


def _y(score: float) -> float:
    return _TOP + (1.0 - score) * (_HEIGHT - _TOP - _BOTTOM)


def _mark(face: int, x: float, y: float, colour: str) -> str:
    """A shape of its own for each of eight faces: colour alone does not tell them apart."""
    half = 3.2
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{half:g}"',
        f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{2 * half:g}" height="{2 * half:g}"',
        f'<path d="M{x:.1f} {y - 4:.1f}l4 7h-8z"',
        f'<path d="M{x:.1f} {y - 4.4:.1f}l4.4 4.4l-4.4 4.4l-4.4 -4.4z"',
    )
    if _hollow(face):
        return f'{shapes[face % 4]} fill="#ffffff" stroke="{colour}" stroke-width="1.6"/>'
    return f'{shapes[face % 4]} fill="{colour}"/>'


def shape_name(face: int) -> str:
    """The shape that marks a face's frames in the plot."""
    if _hollow(face):
        names = (
            _("hollow circle"),
            _("hollow square"),
            _("hollow triangle"),
            _("hollow diamond"),
        )
    else:
        names = _("circle"), _("square"), _("triangle"), _("diamond")
    return names[face % 4]


def _hollow(face: int) -> bool:
    return face // 4 % 2 == 1


def _ticks(end_s: float, width: float) -> Iterator[float]:
    """Round times from 0 to the end, as many as a drawing of this width has room for."""
    steps = (*_FINE, *_STEPS)
    step = next((step for step in steps if end_s / step <= width // _TICK - 1), steps[-1])
    for index in range(math.floor(end_s / step + 1e-9) + 1):
        yield index * step


def _time(seconds: float, ticks: Sequence[float]) -> str:
    fine = len(ticks) > 1 and ticks[1] - ticks[0] < 1
    minutes, rest = divmod(round(seconds, 3), 60)
    if fine:
        return local(f"{minutes:.0f}:{rest:05.2f}")
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:02.0f}" if hours else f"{minutes}:{rest:02.0f}"
