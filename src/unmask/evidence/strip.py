"""One face through the file on one sheet: crops, heat maps, times and scores."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from unmask.core import times
from unmask.core.language import _, local
from unmask.evidence.format import probability
from unmask.evidence.heatmap import AGAINST, FOR, overlay
from unmask.evidence.records import ScoredCrop

_TILE = 128
_COLUMNS = 8
_GAP = 8
_CAPTION = 30
_TITLE = 40
_LEGEND = 52
_KEY = 13  # side of a square of the legend
_PAPER = (250, 250, 248)
_INK = (32, 32, 32)
_FAINT = (205, 205, 200)


def face_strip(
    crops: Sequence[ScoredCrop], *, title: str = "", counted: bool = True
) -> NDArray[np.uint8]:
    """A contact sheet H×W×3 (uint8, RGB): each crop, its heat map under it, time, and score.

    ``crops`` in the order to show; the number under each is the frame's P(manipulated), the bar
    its length; neither is there where scores are not ``counted``, as of a face that could not be
    judged, and nothing is coloured. Words and numbers are in the language written in
    (:func:`unmask.core.language.spoken`). ValueError where there are no crops.
    """
    if not crops:
        raise ValueError("a strip needs at least one crop")
    across = min(_COLUMNS, len(crops))
    down = -(-len(crops) // _COLUMNS)
    cell = (_TILE + _GAP, 2 * _TILE + _CAPTION + 2 * _GAP)
    width = max(_GAP + across * cell[0], _widest(title))
    sheet = Pillow.new("RGB", (width, _TITLE + down * cell[1] + _LEGEND), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _write(draw, (_GAP, 10), title, 18)
    for index, crop in enumerate(crops):
        row, column = divmod(index, _COLUMNS)
        at = (_GAP + column * cell[0], _TITLE + row * cell[1])
        _tile(sheet, draw, crop, at, crop.evidence if counted else np.zeros_like(crop.map))
        if counted:
            _score(draw, crop.score, (at[0], at[1] + 2 * _TILE + 6))
    _legend(draw, _TITLE + down * cell[1])
    return np.asarray(sheet, dtype=np.uint8)


def _tile(
    sheet: Pillow.Image,
    draw: ImageDraw.ImageDraw,
    crop: ScoredCrop,
    at: tuple[int, int],
    evidence: NDArray[np.float32],
) -> None:
    left, top = at
    for picture in (crop.image, overlay(crop.image, evidence)):
        small = Pillow.fromarray(picture).resize((_TILE, _TILE), Pillow.Resampling.LANCZOS)
        sheet.paste(small, (left, top))
        top += _TILE + (2 if picture is crop.image else 4)
    draw.text((left, top), local(times.clock(float(crop.time), 2)), fill=_INK, font=_font(13))


def _score(draw: ImageDraw.ImageDraw, score: float, at: tuple[int, int]) -> None:
    left, top = at
    draw.text((left + _TILE, top), probability(score), fill=_INK, font=_font(13), anchor="ra")
    bar = top + 19
    draw.rectangle((left, bar, left + _TILE - 1, bar + 4), fill=_FAINT)
    if (length := round(score * _TILE)) > 0:
        draw.rectangle((left, bar, left + length - 1, bar + 4), fill=FOR)


def _keys() -> tuple[tuple[tuple[int, int, int] | None, str], ...]:
    return (
        (FOR, _("speaks for manipulation")),
        (AGAINST, _("speaks against it")),
        (None, _("grey: says nothing")),
    )


def _said() -> str:
    """A sheet is passed on without the page that explains it."""
    return _("Heat maps show what moved the score, not what was altered.")


def _legend(draw: ImageDraw.ImageDraw, top: int) -> None:
    left = _GAP
    for colour, words in _keys():
        if colour is not None:
            draw.rectangle((left, top + 4, left + _KEY, top + 4 + _KEY), fill=colour)
            left += _KEY + 7
        _write(draw, (left, top + 3), words, 13)
        left += 20 + round(_font(13).getlength(words))
    _write(draw, (_GAP, top + 25), _said(), 13)


def _widest(title: str) -> int:
    """Of the sheet what its words need: none is to be cut off."""
    small = _font(13)
    keys = sum(20 + small.getlength(words) for _colour, words in _keys()) + 2 * (_KEY + 7)
    return _GAP + 20 + math.ceil(max(keys, _font(18).getlength(title), small.getlength(_said())))


def _write(draw: ImageDraw.ImageDraw, at: tuple[int, int], words: str, size: int) -> None:
    """The font that Pillow brings has no ä, ö and ü: the letter is written, its dots are drawn."""
    font, (left, top), plain = _font(size), at, ""
    dots = size / 15
    for letter in unicodedata.normalize("NFD", words):
        if letter == "\N{COMBINING DIAERESIS}":
            box = font.getbbox(plain[-1])
            middle = left + font.getlength(plain[:-1]) + (box[0] + box[2]) / 2
            height = top + box[1] - 2.2 * dots
            for x in (middle - 2.2 * dots, middle + 2.2 * dots):
                draw.ellipse((x - dots, height - dots, x + dots, height + dots), fill=_INK)
        else:
            plain += letter
    draw.text(at, plain, fill=_INK, font=font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
