"""Still pictures: facts from the header, pixels as displayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from unmask.core.errors import Damaged
from unmask.core.frames import Frame
from unmask.video import orientation
from unmask.video.companions import further_pictures, has_film, plays_as_film
from unmask.video.counts import DamageCount
from unmask.video.earlier import earlier_quantiser
from unmask.video.gif import composed
from unmask.video.high_range import high_transfer, ordinary
from unmask.video.limits import check_size
from unmask.video.pillow import FAILURES, quiet, recognised
from unmask.video.png_colours import differs
from unmask.video.profiles import Colours, colours_of
from unmask.video.rgb import over_white
from unmask.video.stills import quantiser
from unmask.video.unended import ended

_ORIENTATION_TAG = 0x0112
_PNG_TEXT = "Raw profile type exif"  # as ImageMagick wrote it into PNG before there was a place
_STRIP_PIXELS = 4_000_000
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # of a TIFF


def exif_code(image: Image.Image) -> int:
    """The EXIF orientation of the pixels that Pillow gives now (it turns TIFF by itself).

    Where EXIF says nothing Pillow would ask XMP. Viewers do not: programs that turn the pixels and
    take the orientation out leave XMP as it was. Nor do they refuse a picture whose EXIF is broken.
    """
    with suppress(*FAILURES):
        exif, stored = image.getexif(), image.info.get("exif")
        if isinstance(stored, bytes):
            exif = Image.Exif()
            exif.load(stored)
        elif image.format != "TIFF" and _PNG_TEXT not in image.info:
            return orientation.UPRIGHT
        return orientation.from_exif(exif.get(_ORIENTATION_TAG))
    return orientation.UPRIGHT


def turned(image: Image.Image) -> orientation.Rotation:
    """Clockwise degrees between the stored and the displayed picture, whoever turns it."""
    undone = image.info.get("original_orientation")  # HEIF is turned while it is decoded
    return orientation.rotation(orientation.from_exif(undone) if undone else exif_code(image))


def display_size(image: Image.Image) -> tuple[int, int]:
    """Displayed width and height from the header. Pillow states a TIFF's turned already."""
    if image.format != "TIFF" and orientation.swaps_sides(exif_code(image)):
        return image.height, image.width
    return image.size


def read_picture(path: Path, damage: DamageCount) -> Frame:
    """Upright, transparency over white; at time 0. :class:`Damaged`, ``TooLarge``."""
    with recognised(path) as image:
        if image is None:
            raise Damaged(f"{path}: is no longer the picture it was")
        check_size(path.name, *image.size)
        with quiet(path):
            loaded = _loaded(path, image, damage)
            code, transfer = exif_code(image), high_transfer(path, image)
            opacity = None
            if transfer:
                pixels = ordinary(path, image, transfer, code)
                if loaded.has_transparency_data:
                    alpha = np.asarray(loaded.convert("RGBA").getchannel("A"))
                    both = np.dstack([pixels, orientation.displayed(alpha, code)])
                    pixels, opacity = over_white(both)
            else:
                pixels, opacity = to_array(loaded, code)
            damage.decoded += 1
            damage.shown_otherwise = transfer is None and differs(image)
            damage.plays = plays_as_film(path, image)
            damage.film_beside = damage.plays or has_film(path, image)
            damage.further = further_pictures(image)
            last, before = (
                quantiser(path, image),
                earlier_quantiser(orientation.stored(pixels, code)),
            )
            told = [one for one in (last, before) if one is not None]
            return Frame(Fraction(0), pixels, max(told, default=None), opacity)


def _loaded(path: Path, image: Image.Image, damage: DamageCount) -> Image.Image:
    """The picture with its pixels. A JPEG that breaks off at its very end is what viewers show."""
    if image.format == "GIF":
        shown = next(composed(path, image.size), None)
        if shown is None:
            raise OSError("it holds no pixels")
        return shown
    loaded = _webp(path, image) if image.format == "WEBP" else image
    if image.format == "TIFF" and isinstance(image, ImageFile):
        image.filename = ""  # or Pillow maps it into memory, by the sides that it has when turned
    try:
        loaded.load()
    except OSError:
        made = ended(path) if isinstance(image, JpegImageFile) else None
        if made is None:
            raise
        loaded, damage.rows_missing = made
    return loaded


def _webp(path: Path, image: Image.Image) -> Image.Image:
    """The same picture, loaded. Pillow takes it for an animation, at 16 bytes a pixel.

    Which it may be, of a single frame smaller than the canvas: then it stays as it is.
    """
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != (image.height, image.width):
        return image
    order = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    loaded = Image.fromarray(cv2.cvtColor(pixels, order, dst=pixels))
    loaded.info = image.info
    return loaded


def to_array(
    image: Image.Image, code: int = orientation.UPRIGHT
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """A loaded picture of any mode as H×W×3 uint8 of sRGB, turned by an EXIF code.

    And its opacity, H×W, None where all of it is opaque.
    Strip by strip: Pillow's own way to an array takes three copies of the whole picture.
    """
    width, height = image.size
    sides = (width, height) if orientation.swaps_sides(code) else (height, width)
    result = np.empty((*sides, 3), dtype=np.uint8)
    target = orientation.stored(result, code)
    opacity: NDArray[np.uint8] | None = None
    peak, colours = _peak(image), colours_of(image)
    dark = image.mode.startswith("I;16") and _white_is_zero(image)  # Pillow sees to eight bits
    for top, strip in _strips(image):
        target[top : top + strip.height], clear = _strip_to_rgb(strip, peak, colours)
        if dark:
            target[top : top + strip.height] ^= 255
        if clear is not None:
            opacity = np.full(sides, 255, np.uint8) if opacity is None else opacity
            orientation.stored(opacity, code)[top : top + strip.height] = clear
    return result, opacity


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield top, strip


def _strip_to_rgb(
    strip: Image.Image, peak: float, colours: Colours | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Pixels and opacity."""
    if strip.mode[0] in "IF":  # one channel of more than eight bits, which convert() would clip
        values = np.asarray(strip, dtype=np.float32) * (255.0 / peak)
        strip = Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    opaque = strip.convert("RGB") if colours is None else colours.of(strip)
    array: NDArray[np.uint8] = np.asarray(opaque)
    if strip.has_transparency_data:
        alpha = np.asarray(strip.convert("RGBA").getchannel("A"))
        return over_white(np.dstack([array, alpha]))
    return array, None


def _white_is_zero(image: Image.Image) -> bool:
    return bool(getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _peak(image: Image.Image) -> float:
    """The value that is white: by mode, and for floats and wide integers by what occurs."""
    if image.mode[0] not in "IF":
        return 255.0
    if image.mode.startswith("I;16"):
        return 65_535.0
    _, highest = image.getextrema()
    scales = (1.0, 255.0, 65_535.0) if image.mode == "F" else (255.0, 65_535.0)
    top = float(highest)  # type: ignore[arg-type]
    return next((scale for scale in scales if top <= scale), top)
