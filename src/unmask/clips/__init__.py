"""Sampling windows, and the only code that aligns and crops a face."""

from unmask.clips.align import TEMPLATE, align, chroma, crop_matrix, enlargement, grain, sharpness
from unmask.clips.sampling import plan_windows, with_spares

__all__ = [
    "TEMPLATE",
    "align",
    "chroma",
    "crop_matrix",
    "enlargement",
    "grain",
    "plan_windows",
    "sharpness",
    "with_spares",
]
