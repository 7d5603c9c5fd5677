"""Draw how good the model that ships is, from what its package records of its evaluations.

    python tools/draw_model.py [TARGET.svg]

A bar for untouched files and for each family of fakes: what share was called manipulated, was left
open, could not be judged, was passed. The README shows it; a test holds it against the package.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from unmask.evaluation.report import Decisions, Evaluation, Figure
from unmask.runtime import find_package

TARGET = Path(__file__).parents[1] / "docs" / "images" / "model.svg"
_PARTS = (
    ("called manipulated", "#b3261e", "#ffffff"),
    ("inconclusive", "#666b74", "#ffffff"),
    ("not judged", "#d5d8dd", "#1c1d20"),
    ("no manipulation found", "#1f6f54", "#ffffff"),
)
_NAMES = {
    "lipsync": "Lip-sync",
    "reenactment": "Reenactment",
    "faceswap": "Face swaps",
    "diffusion": "Wholly generated video",
}
_WIDTH, _LEFT, _ROW, _TOP = 860, 270, 34, 64
_LEAST = 0.05  # a share narrower than this has no room for its number


class Row(NamedTuple):
    """One bar: its name, whether a group begins with it, and its four shares in 0…1."""

    name: str
    begins: str
    shares: tuple[float, float, float, float]


def _value(figure: Figure) -> float:
    return figure.value or 0.0


def rows(made: Evaluation, real: Evaluation) -> Iterator[Row]:
    """Of the held-out pseudo-fakes and of real tools' files."""
    untouched = real.decisions[0]
    yield _untouched(f"Untouched ({untouched.files})", "Real tools' clips and pictures", untouched)
    for family in sorted(real.families, key=lambda one: -_value(one.auc)):
        found, left = _value(family.detected), _value(family.abstained)
        unscored = family.unscored / (family.manipulated + family.unscored)
        name = f"{_NAMES[family.name]} ({family.manipulated + family.unscored})"
        yield Row(name, "", (found, left, unscored, 1 - found - left - unscored))
    untouched, fakes = made.decisions
    yield _untouched(
        f"Untouched ({untouched.files:,})", "Pictures of people it was not fitted on", untouched
    )
    shares = (fakes.correct, fakes.abstained, fakes.unscored, fakes.wrong)
    found, left, unscored, passed = (_value(one) for one in shares)
    yield Row(f"Pseudo-fakes of ours ({fakes.files:,})", "", (found, left, unscored, passed))


def _untouched(name: str, begins: str, said: Decisions) -> Row:
    shares = (said.wrong, said.abstained, said.unscored, said.correct)
    accused, left, unscored, cleared = (_value(one) for one in shares)
    return Row(name, begins, (accused, left, unscored, cleared))


def drawing(given: Sequence[Row]) -> str:
    """The SVG, on paper of its own, so that it reads in the dark as well."""
    parts, y = [], _TOP
    x = 20.0
    for words, colour, _ in _PARTS:
        parts.append(f'<rect x="{x}" y="18" width="14" height="14" rx="3" fill="{colour}"/>')
        parts.append(f'<text x="{x + 20}" y="30">{words}</text>')
        x += 50 + 7.4 * len(words)
    for row in given:
        if row.begins:
            y += 8 if y > _TOP else 0
            parts.append(f'<text x="20" y="{y + 14}" class="head">{escape(row.begins)}</text>')
            y += 26
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 17}" text-anchor="end">{row.name}</text>')
        left = float(_LEFT)
        for share, (words, colour, ink) in zip(row.shares, _PARTS, strict=True):
            wide = share * (_WIDTH - _LEFT - 20)
            if wide <= 0:
                continue
            hint = f"<title>{row.name}: {share:.0%} {words}</title>"
            box = f'x="{left:.1f}" y="{y}" width="{wide:.1f}" height="24"'
            parts.append(f'<rect {box} fill="{colour}" stroke="#fff">{hint}</rect>')
            if share >= _LEAST:
                middle = f'x="{left + wide / 2:.1f}" y="{y + 17}" text-anchor="middle"'
                parts.append(f'<text {middle} fill="{ink}">{share:.0%}</text>')
            left += wide
        y += _ROW
    title = "What the model that ships says of untouched and of manipulated files"
    told = "; ".join(
        f"{row.name}: "
        + ", ".join(
            f"{share:.0%} {part[0]}" for share, part in zip(row.shares, _PARTS, strict=True)
        )
        for row in given
    )
    style = (
        "text{font:14px system-ui,sans-serif}.head{font-weight:600}text:not([fill]){fill:#1c1d20}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 6}" width="{_WIDTH}" '
        f'role="img"><title>{title}</title><desc>{escape(told)}</desc><style>{style}</style>'
        f'<rect width="{_WIDTH}" height="{y + 6}" rx="10" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def shipped() -> str:
    """Of the package that ships."""
    recorded = find_package("xception-lstm").manifest.metrics["evaluations"]
    made, real = (Evaluation.model_validate(one, strict=False) for one in recorded)
    return drawing(list(rows(made, real)))


def main() -> None:
    """Draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", type=Path, nargs="?", default=TARGET)
    arguments = parser.parse_args()
    arguments.target.write_text(shipped(), encoding="utf-8")
    print(arguments.target)


if __name__ == "__main__":
    main()
