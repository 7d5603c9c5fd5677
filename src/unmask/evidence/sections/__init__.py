"""The parts of a report, each made from the same :class:`unmask.evidence.Report`."""

from unmask.evidence.sections.compose import compose

__all__ = ["compose"]
