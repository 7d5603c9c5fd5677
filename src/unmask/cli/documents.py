"""Results as JSON and CSV."""

from __future__ import annotations

import csv
import json
import re
from typing import Any, Protocol

from unmask.cli.files import Target
from unmask.cli.outcome import Outcome
from unmask.core.analysis import SCAN_SCHEMA, Analysis
from unmask.core.scan import FailedInput
from unmask.core.wording import spreadsheet_safe

# json.dumps gives every number of a box its own line. Line breaks inside strings are escaped, so
# this meets lists only.
_NUMBERS = re.compile(r"\[\s*\n\s*((?:-?\d[\d.eE+-]*,?\s+)+)\]")

COLUMNS = (
    "input",
    "sha256",
    "kind",
    "duration_s",
    "label",
    "probability",
    "reasons",
    "faces",
    "warnings",
    "model",
    "model_version",
    "answered",
    "error",
    "message",
)


class Report(Protocol):
    """Takes every outcome in order, then says or writes them."""

    def add(self, outcome: Outcome) -> None:
        """One more outcome."""
        ...

    def publish(self) -> None:
        """No more will come."""
        ...


def pretty(document: str) -> str:
    """JSON text with two spaces of indent and lists of numbers on one line."""
    text = json.dumps(json.loads(document), ensure_ascii=False, indent=2)
    return _NUMBERS.sub(lambda match: "[" + " ".join(match[1].split()) + "]", text)


class ScanWriter:
    """``unmask.scan/1``, written as results come: memory does not grow with them."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._empty = True
        target.stream.write(f'{{\n"schema": "{SCAN_SCHEMA}",\n"results": [')

    def add(self, document: str) -> None:
        """One result as JSON text."""
        self._target.stream.write("\n" if self._empty else ",\n")
        self._target.stream.write(pretty(document))
        self._empty = False

    def publish(self) -> None:
        """Close the document and put it in its place."""
        self._target.stream.write("\n]\n}\n")
        self._target.publish()


class JsonReport:
    """The analysis itself for the scan of one file that was named, ``unmask.scan/1`` otherwise."""

    def __init__(self, target: Target, *, single: bool) -> None:
        self._target = target
        self._single = single
        self._writer: ScanWriter | None = None

    def add(self, outcome: Outcome) -> None:
        """See :class:`Report`. Of a file that failed there is no analysis to write alone."""
        result = outcome.result
        if isinstance(result, Analysis):
            document = result.to_json()
            if self._single:
                self._target.stream.write(pretty(document) + "\n")
                return
        else:
            document = FailedInput(input=outcome.input, error=result).model_dump_json()
        self._scan().add(document)

    def publish(self) -> None:
        """See :class:`Report`."""
        if self._single and self._writer is None:
            self._target.publish()
        else:
            self._scan().publish()

    def _scan(self) -> ScanWriter:
        if self._writer is None:
            self._writer = ScanWriter(self._target)
        return self._writer


class CsvReport:
    """One row for each input, with the columns :data:`COLUMNS`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._rows = csv.DictWriter(target.stream, COLUMNS, restval="")
        self._rows.writeheader()

    def add(self, outcome: Outcome) -> None:
        """See :class:`Report`."""
        self._rows.writerow(_row(outcome))

    def publish(self) -> None:
        """See :class:`Report`."""
        self._target.publish()


def _row(outcome: Outcome) -> dict[str, Any]:
    result, name = outcome.result, spreadsheet_safe(outcome.input)
    if not isinstance(result, Analysis):
        message = spreadsheet_safe(result.message)
        return {"input": name, "error": result.code, "message": message}
    return {
        "input": name,
        "sha256": result.media.sha256,
        "kind": result.media.kind,
        "duration_s": result.media.duration_s,
        "label": result.verdict.label,
        "probability": result.verdict.probability,
        "reasons": " ".join(result.verdict.reasons),
        "faces": len(result.faces),
        "warnings": " ".join(warning.code for warning in result.warnings),
        "model": result.model.name,
        "model_version": result.model.version,
        "answered": outcome.origin,
    }
