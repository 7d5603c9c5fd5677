"""Results for people: a row a file, rows for its faces where there are several, and why."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from unmask.cli import words
from unmask.cli.outcome import Outcome
from unmask.cli.terminal import printable
from unmask.core.analysis import Analysis, Verdict
from unmask.core.scan import Failure
from unmask.evaluation.worth import Worth

_RULE = 80
_INDENT = 4  # of the reasons under a row
_OF_FACES = 2  # of the rows of single faces


class TableReport:
    """Prints each row as soon as it is known, and at the end a line on what a verdict means.

    The columns before the file's name have fixed widths, so that no row waits for a later one.
    """

    def __init__(self, console: Console, worth: Worth | None = None) -> None:
        self._console = console
        self._worth = worth  # of the model, where one model gave all verdicts
        self._begun = False
        self._sampled = False  # whether much of a film went unseen
        self._came: Counter[str] = Counter()  # to what, of the inputs

    def add(self, outcome: Outcome) -> None:
        """See :class:`unmask.cli.documents.Report`."""
        self._begin()
        if isinstance(outcome.result, Failure):
            self._failed(outcome.input, outcome.result)
        else:
            self._analysed(outcome.input, outcome.result)

    def publish(self) -> None:
        """See :class:`unmask.cli.documents.Report`."""
        judged = self._came.total() - self._came[words.NOT_ANALYSED]
        if judged or self._came.total() > 1:
            self._console.print()
        if self._came.total() > 1:
            self._console.print(Text(self._summary()))
        if judged:
            if self._sampled:
                self._console.print(Text(words.CLOSER, "italic"))
            self._console.print(Text(words.CAVEAT, "italic"))
            if self._worth is not None:
                self._console.print(Text(words.measured(self._worth), "italic"))

    def _summary(self) -> str:
        kinds = (*words.LABELS.values(), words.NOT_ANALYSED)
        parts = [f"{self._came[kind]} {kind.lower()}" for kind in kinds if self._came[kind]]
        return f"{self._came.total()} inputs: {', '.join(parts)}."

    def _begin(self) -> None:
        if not self._begun:
            self._row(Text("Verdict"), "P(manipulated)", "Faces", "File", style="bold")
            line = "─" if self._console.encoding.startswith("utf") else "-"
            self._console.print(line * min(_RULE, self._console.width))
        self._begun = True

    def _failed(self, name: str, failure: Failure) -> None:
        self._came[words.NOT_ANALYSED] += 1
        self._row(Text(words.NOT_ANALYSED, "magenta"), "", "", name)
        self._explain([failure.message.removeprefix(f"{name}: "), failure.hint])

    def _analysed(self, name: str, analysis: Analysis) -> None:
        self._came[words.LABELS[analysis.verdict.label]] += 1
        self._judgement(analysis.verdict, str(len(analysis.faces)), name)
        remarks = [words.looked_at(analysis), *words.remarks(analysis)]
        self._explain([*words.reasons(analysis.verdict), *remarks])
        self._sampled |= words.longest_unseen(analysis) >= words.MUCH_UNSEEN_S
        if len(analysis.faces) > 1:
            for face in analysis.faces:
                self._judgement(face.verdict, "", words.face(face, analysis), _OF_FACES)
                self._explain(words.reasons(face.verdict), _OF_FACES)

    def _judgement(self, verdict: Verdict, faces: str, name: str, indent: int = 0) -> None:
        label = Text.assemble(
            indent * " ", (words.LABELS[verdict.label], words.STYLES[verdict.label])
        )
        self._row(label, words.probability(verdict.probability), faces, name)

    def _row(self, label: Text, probability: str, faces: str, name: str, style: str = "") -> None:
        label.pad_right(max(0, words.LABEL_WIDTH + _OF_FACES - len(label)))
        row = Text.assemble(label, f"  {probability:>14}  {faces:>5}  {printable(name)}")
        row.stylize(style)
        self._console.print(row, soft_wrap=True)

    def _explain(self, sentences: list[str], indent: int = 0) -> None:
        for sentence in filter(None, sentences):
            text = Text(printable(sentence), "dim")
            self._console.print(Padding(text, (0, 0, 0, _INDENT + indent), expand=False))
