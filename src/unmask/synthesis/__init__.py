"""Pseudo-fakes and augmentation. Everything random takes an explicit numpy generator."""

from unmask.synthesis.degrade import Degradation, draw_degradation
from unmask.synthesis.forge import KINDS, Face, Forgery, Kind, forge
from unmask.synthesis.masks import Matrix

__all__ = [
    "KINDS",
    "Degradation",
    "Face",
    "Forgery",
    "Kind",
    "Matrix",
    "draw_degradation",
    "forge",
]
