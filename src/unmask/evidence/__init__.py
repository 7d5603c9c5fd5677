"""Pictures that show what a verdict rests on: heat maps over crops, strips of a face in time."""

from unmask.evidence.collector import EvidenceCollector
from unmask.evidence.folder import write_evidence
from unmask.evidence.heatmap import overlay
from unmask.evidence.records import EvidenceSink, ScoredCrop
from unmask.evidence.strip import face_strip

__all__ = [
    "EvidenceCollector",
    "EvidenceSink",
    "ScoredCrop",
    "face_strip",
    "overlay",
    "write_evidence",
]
