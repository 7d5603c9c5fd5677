"""Pseudo-fakes and augmentation. Everything random takes an explicit numpy generator."""

from unmask.synthesis.degrade import Degradation, draw_degradation
from unmask.synthesis.forge import KINDS, Face, Forgery, Kind, forge
from unmask.synthesis.masks import Matrix
from unmask.synthesis.temporal import CLIP_KINDS, ClipKind, drift, forge_clip

__all__ = [
    "CLIP_KINDS",
    "KINDS",
    "ClipKind",
    "Degradation",
    "Face",
    "Forgery",
    "Kind",
    "Matrix",
    "draw_degradation",
    "drift",
    "forge",
    "forge_clip",
]
