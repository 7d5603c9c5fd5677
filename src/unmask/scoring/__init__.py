"""Crops and clips through the networks of a model package."""

from unmask.scoring.scorer import Scorer

__all__ = ["Scorer"]
