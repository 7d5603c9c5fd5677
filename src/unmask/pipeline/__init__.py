"""``analyse(path) -> Analysis``. Saves nothing."""

from unmask.evidence import EvidenceSink, ScoredCrop
from unmask.pipeline.analyser import Analyser, analyse
from unmask.pipeline.illustrating import illustrate
from unmask.pipeline.looking import Alter
from unmask.pipeline.origin import read_provenance
from unmask.pipeline.progress import Progress, Stage
from unmask.pipeline.reporting import provenance_of, report_of
from unmask.pipeline.request import RANGES, AnalysisRequest
from unmask.pipeline.tracing import Trace

__all__ = [
    "RANGES",
    "Alter",
    "Analyser",
    "AnalysisRequest",
    "EvidenceSink",
    "Progress",
    "ScoredCrop",
    "Stage",
    "Trace",
    "analyse",
    "illustrate",
    "provenance_of",
    "read_provenance",
    "report_of",
]
