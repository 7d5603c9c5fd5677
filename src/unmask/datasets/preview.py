"""A contact sheet of pseudo-fakes: what a network will be shown, for people to look at first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from unmask.core.errors import DataError
from unmask.datasets.portraits import Portrait
from unmask.synthesis import (
    CLIP_KINDS,
    KINDS,
    Degradation,
    Face,
    Kind,
    Recoding,
    draw_degradation,
    forge,
    forge_clip,
)

Picture = NDArray[np.uint8]
_TILE, _GAP, _MARGIN, _LINE = 176, 6, 150, 22
_COLUMNS = 6
_HEADINGS = (
    "real",
    "pseudo-fake",
    "where",
    "difference, 4 fold",
    "real, degraded",
    "fake, degraded",
)
# A film saved by a camera, and what becomes of it: alike for real and fake.
_RECODED = {"coded twice": Recoding(1.0, 32), "by a chat app": Recoding(0.45, 34)}
_INSERTED_ALONE = ("jitter", "wander")  # a swap shows best that it moves against the head
_INK, _PAPER, _FAINT = "#1c1c1c", "#ffffff", "#6b6b6b"


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    label: str
    remark: str
    tiles: tuple[Picture, ...]


def contact_sheet(portraits: Sequence[Portrait], seed: int, *, each: int = 2) -> Image.Image:
    """Every kind ``each`` times: real, fake, mask, difference, and both through one degradation.

    Below, the kinds over time, six frames each, and what coding a file again does to either class.
    What renderers and animators draw is not on it: they are fitted first. The same portraits and
    seed give the same sheet.
    """
    rng = np.random.default_rng(seed)
    stills = [
        row for at, kind in enumerate(KINDS) for row in _stills(portraits, kind, at, each, rng)
    ]
    clips = list(_clips(portraits, rng))
    width = _MARGIN + _COLUMNS * (_TILE + _GAP)
    height = 3 * _LINE + (len(stills) + len(clips)) * (_TILE + _GAP) + 2 * _LINE
    sheet = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for column, heading in enumerate(_HEADINGS):
        _write(pen, _left(column), _LINE // 2, heading)
    bottom = _place(sheet, pen, stills, 2 * _LINE)
    _write(pen, _MARGIN, bottom + _LINE // 2, "over time, six frames of a clip")
    _place(sheet, pen, clips, bottom + 2 * _LINE)
    return sheet


def save_sheet(sheet: Image.Image, path: Path) -> None:
    """Write the picture; :class:`DataError` where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot write {path}: {error}", hint="give a place that ends in .png or .jpg"
        ) from error


def _stills(
    portraits: Sequence[Portrait], kind: Kind, at: int, each: int, rng: Generator
) -> Iterator[_Row]:
    for number in range(each):
        portrait = portraits[(at * each + number) % len(portraits)]
        donor = portraits[(at * each + number + 1) % len(portraits)]
        face = portrait.faces[0]
        made = forge(kind, face, donor.faces[0], rng)
        degradation = draw_degradation(rng)
        mask = np.repeat((made.mask * 255).astype(np.uint8)[:, :, None], 3, axis=2)
        tiles = (
            face.picture,
            made.picture,
            mask,
            _difference(face.picture, made.picture),
            degradation.apply(face.picture),
            degradation.apply(made.picture),
        )
        yield _Row(kind, _short(portrait.name), tiles)


def _clips(portraits: Sequence[Portrait], rng: Generator) -> Iterator[_Row]:
    """Of a video where there is one; a still is repeated, and then no mouth can be out of step."""
    chosen = max(portraits, key=lambda portrait: len(portrait.faces))
    donor = next(portrait for portrait in portraits if portrait is not chosen).faces[0]
    filmed = len(chosen.faces) > 1
    faces: list[Face] = list(chosen.faces if filmed else chosen.faces * _COLUMNS)[:_COLUMNS]
    if filmed:
        real = tuple(face.picture for face in faces)
        yield _Row("real clip", _short(chosen.name), real)
    for kind in CLIP_KINDS:
        if kind == "mouth-out-of-step" and not filmed:
            continue
        inserted: Kind = "swap" if kind in _INSERTED_ALONE else "self-blend"
        pictures = forge_clip(kind, faces, donor, inserted, rng)
        yield _Row(kind, _short(chosen.name), tuple(pictures))
    for name, recoding in _RECODED.items():
        coded = Degradation(seed=0, codec="libx264", codec_quality=23, recodings=(recoding,))
        yield _Row(name, "real", tuple(coded.apply_clip([face.picture for face in faces])))


def _difference(one: Picture, other: Picture) -> Picture:
    gap = np.abs(one.astype(np.int16) - other.astype(np.int16)) * 4
    return np.asarray(np.clip(gap, 0, 255), dtype=np.uint8)


def _place(sheet: Image.Image, pen: ImageDraw.ImageDraw, rows: Sequence[_Row], top: int) -> int:
    for row in rows:
        _write(pen, _GAP, top, row.label)
        _write(pen, _GAP, top + _LINE, row.remark, _FAINT)
        for column, tile in enumerate(row.tiles[:_COLUMNS]):
            small = Image.fromarray(tile).resize((_TILE, _TILE), Image.Resampling.LANCZOS)
            sheet.paste(small, (_left(column), top))
        top += _TILE + _GAP
    return top


def _left(column: int) -> int:
    return _MARGIN + column * (_TILE + _GAP)


def _write(pen: ImageDraw.ImageDraw, x: int, y: int, text: str, ink: str = _INK) -> None:
    pen.text((x, y), text, fill=ink, font=ImageFont.load_default(14))


def _short(name: str) -> str:
    name = name.rsplit("/", 1)[-1]
    return name if len(name) <= 18 else f"{name[:17]}…"
