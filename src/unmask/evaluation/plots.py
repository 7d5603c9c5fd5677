"""Small plots as SVG, drawn by hand: no library, no script, readable in print and in the dark.

Colours and line styles come from the page (classes), so that nothing rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from unmask.evaluation.report import (
    Curve,
    Distorted,
    HistogramBin,
    ReliabilityBin,
    SourceScores,
)

_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 12, 12, 40  # left: the label, and ticks such as 0.625
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(slots=True)
class Plot:
    """A plot of ``width``×``height`` with axes over ``x`` and ``y`` ranges."""

    title: str
    xlabel: str
    ylabel: str
    width: int = 360
    height: int = 300
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Data to pixels."""
        wide, high = self.width - _LEFT - _RIGHT, self.height - _TOP - _BOTTOM
        right = _LEFT + (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1) * wide
        down = _TOP + (self.y[1] - y) / ((self.y[1] - self.y[0]) or 1) * high
        return round(right, 2), round(down, 2)

    def line(self, points: Iterable[tuple[float, float]], style: str) -> None:
        """A polyline through data points."""
        placed = " ".join("{},{}".format(*self.at(x, y)) for x, y in points)
        self.parts.append(f'<polyline class="line {style}" points="{placed}"/>')

    def dot(self, x: float, y: float, style: str, hint: str, size: float = 3.5) -> None:
        """A dot with a text that a pointer brings up."""
        cx, cy = self.at(x, y)
        shape = f'<circle class="dot {style}" cx="{cx}" cy="{cy}" r="{size}">'
        self.parts.append(f"{shape}<title>{escape(hint)}</title></circle>")

    def bar(self, low: float, high: float, top: float, style: str, hint: str) -> None:
        """A bar from the floor."""
        (x0, y0), (x1, y1) = self.at(low, self.y[0]), self.at(high, top)
        size = f'x="{x0}" y="{y1}" width="{max(x1 - x0, 0.5):.2f}" height="{max(y0 - y1, 0):.2f}"'
        shape = f'<rect class="bar {style}" {size}>'
        self.parts.append(f"{shape}<title>{escape(hint)}</title></rect>")

    def text(self, x: float, y: float, words: str, anchor: str = "start", style: str = "") -> None:
        """Words at pixels."""
        self.parts.append(
            f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def axes(self, xticks: Sequence[float], yticks: Sequence[float]) -> None:
        """Grid lines with their values, and both labels."""
        for tick in xticks:
            (px, top), (_, bottom) = self.at(tick, self.y[1]), self.at(tick, self.y[0])
            self.parts.append(f'<path class="grid" d="M{px} {top}V{bottom}"/>')
            self.text(px, bottom + 15, f"{tick:g}", "middle", "tick")
        for tick in yticks:
            (left, py), (right, _) = self.at(self.x[0], tick), self.at(self.x[1], tick)
            self.parts.append(f'<path class="grid" d="M{left} {py}H{right}"/>')
            self.text(left - 5, py + 4, f"{tick:g}", "end", "tick")
        middle = _LEFT + (self.width - _LEFT - _RIGHT) / 2
        self.text(middle, self.height - 6, self.xlabel, "middle")
        across = _TOP + (self.height - _TOP - _BOTTOM) / 2
        self.parts.append(
            f'<text transform="translate(12 {across}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.ylabel)}</text>"
        )

    def svg(self) -> str:
        """The whole."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" width="{self.width}" role="img">'
            f"<title>{escape(self.title)}</title>{''.join(self.parts)}</svg>"
        )


def roc_plot(curves: Sequence[Curve]) -> str:
    """TPR over FPR."""
    plot = Plot("ROC curves", "False positive rate", "True positive rate")
    plot.axes(_GRID, _GRID)
    plot.line([(0, 0), (1, 1)], "chance")
    for curve in curves:
        plot.line(zip(curve.fpr, curve.tpr, strict=True), curve.level)
    return plot.svg()


RELIABILITY = (
    "Reliability",
    "Mean P(manipulated) of the bin",
    "Share manipulated",
    "{files} files: mean {mean:.3f}, {share:.0%} manipulated",
)
"""Title, names of the axes, and what a pointer over a dot brings up."""


def reliability_plot(
    bins: Sequence[ReliabilityBin], words: tuple[str, str, str, str] = RELIABILITY
) -> str:
    """Share manipulated over mean probability; a dot's size tells how many files it stands for.

    ``words`` are :data:`RELIABILITY`, perhaps in another language.
    """
    title, xlabel, ylabel, hint = words
    plot = Plot(title, xlabel, ylabel)
    plot.axes(_GRID, _GRID)
    plot.line([(0, 0), (1, 1)], "chance")
    most = max((one.files for one in bins), default=1) or 1
    points = [(one.mean, one.share, one.files) for one in bins]
    known = [(x, y, n) for x, y, n in points if x is not None and y is not None]
    plot.line([(x, y) for x, y, _ in known], "video")
    for x, y, count in known:
        told = hint.format(files=count, mean=x, share=y)
        plot.dot(x, y, "video", told, 2.5 + 5 * (count / most) ** 0.5)
    return plot.svg()


def histogram_plot(bins: Sequence[HistogramBin], label: int) -> str:
    """How many files of a class have which score."""
    counts = [one.manipulated if label else one.real for one in bins]
    most = max(*counts, 1)
    name = "manipulated" if label else "real"
    plot = Plot(f"Scores of {name} files", "Score", f"Files, {name}", height=190)
    plot.x, plot.y = (bins[0].low, bins[-1].high), (0, most)
    plot.axes(_ticks(*plot.x), sorted({0, most // 2, most}))
    for one, count in zip(bins, counts, strict=True):
        if count:
            plot.bar(one.low, one.high, count, name, f"{one.low:g} to {one.high:g}: {count} files")
    return plot.svg()


def sources_plot(sources: Sequence[SourceScores], low: float, high: float) -> str:
    """Every real file's score, a row a source, with the thresholds."""
    row, names = 22, 210
    everything = [score for one in sources for score in one.scores]
    ends = (min(0.0, *everything, 0.0), max(1.0, *everything, 1.0))
    height = _TOP + _BOTTOM + row * len(sources)
    plot = Plot("Scores of real files by source", "Score", "", 720, height, ends)
    plot.y = (0, len(sources))

    def across(score: float) -> float:
        return ends[0] + (names + (720 - _LEFT - _RIGHT - names) * _part(score, ends)) / (
            720 - _LEFT - _RIGHT
        ) * (ends[1] - ends[0])

    for tick in _ticks(*ends):
        px, bottom = plot.at(across(tick), 0)
        plot.parts.append(f'<path class="grid" d="M{px} {_TOP}V{bottom}"/>')
        plot.text(px, bottom + 15, f"{tick:g}", "middle", "tick")
    for threshold in sorted({low, high}):
        px, bottom = plot.at(across(threshold), 0)
        plot.parts.append(f'<path class="threshold" d="M{px} {_TOP}V{bottom}"/>')
    for place, one in enumerate(sources):
        middle = len(sources) - place - 0.5
        py = plot.at(0, middle)[1]
        count = f"{one.name[:32]} ({len(one.scores)})"
        plot.text(4, py + 4, count, style="name")
        for score in one.scores:
            plot.dot(across(score), middle, "real", f"{one.name}: {score:.3f}", 3)
    return plot.svg()


def _part(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / ((ends[1] - ends[0]) or 1)


def robustness_plot(rows: Sequence[Distorted]) -> str:
    """AUC over the level of one distortion, with its interval."""
    name = rows[0].distortion
    plot = Plot(f"AUC under {name}", f"{name}: level", "AUC (video)", 240, 200, (0, 5))
    known = [(one, one.auc.value) for one in rows if one.auc.value is not None]
    lows = [one.auc.low for one, _ in known if one.auc.low is not None]
    plot.y = (min(0.5, *(value for _, value in known), *lows, 0.5), 1.0)
    plot.axes(range(6), _ticks(*plot.y))
    for one, _ in known:
        if one.auc.low is not None and one.auc.high is not None:
            plot.line([(one.level, one.auc.low), (one.level, one.auc.high)], "interval")
    for (one, y0), (other, y1) in pairwise(known):
        plot.line([(one.level, y0), (other.level, y1)], "video")
    for one, value in known:
        plot.dot(one.level, value, "video", f"{one.setting}: AUC {value:.3f}")
    return plot.svg()


def _ticks(low: float, high: float) -> list[float]:
    return [round(low + (high - low) * part, 3) for part in _GRID]
