"""Everything a report of one analysis is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from unmask.core.analysis import Analysis
from unmask.core.language import _
from unmask.evidence.custody import CustodyEvent
from unmask.evidence.likelihood import Reference
from unmask.evidence.pictures import Pictures
from unmask.evidence.provenance import Provenance
from unmask.runtime.package import Manifest

_NO_PICTURES = Pictures.none("This report was made without pictures.")


@dataclass(frozen=True, slots=True)
class Report:
    """One analysis and what belongs beside it.

    ``sentences`` explains the reason codes (:data:`unmask.verdict.REASONS`). ``manifest`` is of
    the model package that scored, None where it is not installed any more. ``provenance`` None
    says that it was not read. ``id`` is the analysis's in a history, "" where it has none.
    ``language`` is one of :data:`unmask.core.language.LANGUAGES`; what the file and the model
    package say of themselves stays in theirs.
    """

    analysis: Analysis
    sentences: Mapping[str, str]
    manifest: Manifest | None = None
    pictures: Pictures = _NO_PICTURES
    provenance: Provenance | None = None
    custody: tuple[CustodyEvent, ...] = ()
    id: str = ""
    language: str = "en"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def reference(self) -> Reference:
        """The population that a likelihood ratio refers to."""
        return Reference.of(self.manifest)

    def explain(self, code: str) -> str:
        """The sentence for a reason code; the code itself where a newer version wrote it."""
        return _(self.sentences.get(code, code))
