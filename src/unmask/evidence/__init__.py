"""Pictures that show what a verdict rests on: heat maps over crops, strips of a face in time."""

from unmask.evidence.records import EvidenceSink, ScoredCrop

__all__ = ["EvidenceSink", "ScoredCrop"]
