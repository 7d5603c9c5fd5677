"""Colours of a picture that are not sRGB's, brought to it as viewers do.

Phones store Display P3, cameras and editors Adobe RGB, print shops CMYK: an ICC profile in the file
says so. Taken for sRGB, faces are paler than they are, or, of inks, in false colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from unmask.video.png_colours import stated

_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_LARGEST = 8 * 2**20  # bytes; profiles of inks have two million at most
_SAME = 2  # levels, which the rounding of sRGB's many versions explains
# What lcms and Pillow raise on broken profiles, and on those that only go the other way.
_FAILURES = (ImageCms.PyCMSError, OSError, ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class Colours:
    """From the profile's colours to sRGB's. ``mode`` is Pillow's name of what goes in."""

    mode: str
    transform: ImageCms.ImageCmsTransform

    def of(self, image: Image.Image) -> Image.Image:
        """The same in sRGB, mode RGB, without its alpha."""
        return _applied(image.convert(self.mode), self.transform)


def colours_of(image: Image.Image) -> Colours | None:
    """None where the picture's numbers mean what they mean in sRGB, or nobody can tell.

    A broken profile, or one of another kind than the picture, is passed over, as viewers do.
    """
    own = stated(image)
    data = image.info.get("icc_profile") if own is None else own.profile()
    if not isinstance(data, bytes) or not 0 < len(data) <= _LARGEST:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(data))
        mode = _MODES[profile.profile.xcolor_space]
        if not _fits(image.mode, mode):
            return None
        transform = ImageCms.buildTransform(
            profile,
            _srgb(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if mode != "CMYK" and _changes_nothing(transform, mode):
            return None
    except _FAILURES:
        return None
    return Colours(mode, transform)


def _fits(mode: str, profiles: str) -> bool:
    """Whether a picture of Pillow's ``mode`` can have a profile for ``profiles``."""
    grey = mode[0] in "L1IF" and mode != "LAB"
    if profiles == "CMYK":
        return mode == "CMYK"
    return grey if profiles == "L" else mode not in ("CMYK", "LAB")


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Tried on nine levels of each channel."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(9, 81, 3)
    tried = Image.fromarray(grid)
    given = tried.convert(mode)
    shown = np.asarray(_applied(given, transform)).astype(int)
    return bool(np.abs(shown - np.asarray(given.convert("RGB"))).max() <= _SAME)


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # only where it is asked to work in place
    return converted


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
