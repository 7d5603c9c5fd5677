"""One face through the file on one sheet: crops, heat maps, times and scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from unmask.core.times import clock
from unmask.core.wording import probability
from unmask.evidence.heatmap import AGAINST, FOR, overlay
from unmask.evidence.records import ScoredCrop

_TILE = 128
_COLUMNS = 8
_GAP = 8
_CAPTION = 30
_TITLE = 40
_LEGEND = 30
_PAPER = (250, 250, 248)
_INK = (32, 32, 32)
_FAINT = (205, 205, 200)


def face_strip(
    crops: Sequence[ScoredCrop], *, title: str = "", counted: bool = True
) -> NDArray[np.uint8]:
    """A contact sheet H×W×3 (uint8, RGB): each crop, its heat map under it, time, and score.

    ``crops`` in the order to show; the number under each is the frame's P(manipulated), the bar
    its length; neither is there where scores are not ``counted``, as of a face that could not be
    judged, and nothing is coloured. ValueError where there are no crops.
    """
    if not crops:
        raise ValueError("a strip needs at least one crop")
    across = min(_COLUMNS, len(crops))
    down = -(-len(crops) // _COLUMNS)
    cell = (_TILE + _GAP, 2 * _TILE + _CAPTION + 2 * _GAP)
    width = max(_GAP + across * cell[0], 480)
    sheet = Pillow.new("RGB", (width, _TITLE + down * cell[1] + _LEGEND), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 10), title, fill=_INK, font=_font(18))
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
    draw.text((left, top), clock(float(crop.time), 2), fill=_INK, font=_font(13))


def _score(draw: ImageDraw.ImageDraw, score: float, at: tuple[int, int]) -> None:
    left, top = at
    draw.text((left + _TILE, top), probability(score), fill=_INK, font=_font(13), anchor="ra")
    bar = top + 19
    draw.rectangle((left, bar, left + _TILE - 1, bar + 4), fill=_FAINT)
    if (length := round(score * _TILE)) > 0:
        draw.rectangle((left, bar, left + length - 1, bar + 4), fill=FOR)


def _legend(draw: ImageDraw.ImageDraw, top: int) -> None:
    left = _GAP
    for colour, words in ((FOR, "speaks for manipulation"), (AGAINST, "speaks against it")):
        draw.rectangle((left, top + 4, left + 13, top + 17), fill=colour)
        draw.text((left + 20, top + 3), words, fill=_INK, font=_font(13))
        left += 40 + round(draw.textlength(words, font=_font(13)))
    draw.text((left, top + 3), "grey: says nothing", fill=_INK, font=_font(13))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
