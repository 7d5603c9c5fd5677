"""Inputs, each into an outcome: from history, or by looking at the file."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from unmask.cli import words
from unmask.cli.crashes import describe
from unmask.cli.inputs import Source
from unmask.cli.outcome import Held, Outcome
from unmask.cli.seen import SeenResults
from unmask.cli.terminal import note
from unmask.cli.turns import Turn, Turns
from unmask.core.analysis import Analysis, Notice
from unmask.core.deadline import Deadline
from unmask.core.errors import NO_FILES_FAULT, StoreBusy, StoreError, UnmaskError
from unmask.core.files import shortened
from unmask.core.scan import Failure
from unmask.evidence import EvidenceCollector, custody, write_evidence
from unmask.evidence.outdated import version_of
from unmask.pipeline import Analyser, Progress, Trace, provenance_of
from unmask.store import History, fingerprint
from unmask.video import FileFacts, read_facts

_LOCKED_OUT = 3  # times in a row, of half a minute each
_NAME_BYTES = 80  # of the file's name in that of its evidence folder

INTERRUPTED = Failure(
    code="interrupted",
    message="the scan was interrupted before this input was done",
    hint="scan again: what was done is answered from history",
)


@dataclass(slots=True)
class Scanner:
    """Scans with one analyser. Every result is in ``history`` before its outcome is returned.

    ``fresh`` does not look for earlier results. ``evidence`` is the folder for pictures; with it
    files are looked at again, for history keeps no pixels; their words are in ``language``.
    ``several`` says whether there is more than one input, so that the same bytes may come twice.
    Once ``stop`` is set, what is at work ends soon, and every input that is not done is
    :data:`INTERRUPTED`. ``unwritten`` counts the files of which the evidence could not be written.
    """

    analyser: Analyser
    history: History | None
    timeout: float | None = None
    fresh: bool = False
    evidence: Path | None = None
    language: str = "en"
    trace: Trace | None = None
    several: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    unwritten: int = field(init=False, default=0)
    _locked_out: int = field(init=False, default=0)
    _turns: Turns = field(init=False, default_factory=Turns)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _asked: str = field(init=False)
    _model: str = field(init=False)
    _seen: SeenResults = field(init=False, default_factory=SeenResults)

    def __post_init__(self) -> None:
        self._asked = fingerprint(self.analyser.fingerprint_fields())
        self._model = self.analyser.model.sha256

    def scan(self, number: int, source: Source, progress: Progress | None = None) -> Outcome:
        """The outcome of one input. Raises only what would befall every other input too.

        May be called from several threads, once for each ``number`` from 0 on: where inputs have
        the same bytes, that of the lowest number is looked at, and its result answers for all.
        """
        with self._turns.take(number) as turn:
            if self.stop.is_set():
                return Outcome(source.text, INTERRUPTED)
            if source.problem is not None:
                return Outcome(source.text, Failure.of(source.problem))
            try:
                return self._result(source, turn, progress)
            except NO_FILES_FAULT:
                raise
            except UnmaskError as error:
                stopped = self.stop.is_set()
                return Outcome(source.text, INTERRUPTED if stopped else Failure.of(error))
            except Exception as error:  # noqa: BLE001 - a bug in one file must not cost the others
                return Outcome(source.text, describe(error, source.text))

    def _result(self, source: Source, turn: Turn, progress: Progress | None) -> Outcome:
        begun = datetime.now(UTC)
        deadline = Deadline.after(self.timeout).until(self.stop)
        facts = None
        if self.several or self._may_answer():
            facts = read_facts(source.path, deadline)
            deadline = deadline.later(turn.claim(facts.sha256))
            known = self._known(facts.sha256, source, begun)
            if known is not None:
                return known
        return self._look(source, facts, deadline, begun, progress)

    def _look(
        self,
        source: Source,
        facts: FileFacts | None,
        deadline: Deadline,
        begun: datetime,
        progress: Progress | None,
    ) -> Outcome:
        collector = None if self.evidence is None else EvidenceCollector()
        analysis = self.analyser.analyse(
            source.path,
            timeout=deadline,
            progress=progress,
            evidence=collector,
            trace=self.trace,
            facts=facts,
        )
        done = datetime.now(UTC)
        before = self._judged_before(analysis)
        id = self._record(analysis, source.path, done)
        if self.evidence is not None and collector is not None:
            self._write_evidence(self.evidence, source, analysis, collector)
        if self.several:
            self._seen.add(source.text, analysis, id, done)
        held = _held(source, analysis, id, begun, done)
        shown = analysis if before is None else _answered(analysis, source, before)
        return Outcome(source.text, shown, held=held)

    def _write_evidence(
        self, folder: Path, source: Source, analysis: Analysis, collector: EvidenceCollector
    ) -> None:
        """The verdict stands without its pictures, and so do other files': say it and go on."""
        name = f"{shortened(source.path.stem, _NAME_BYTES)}-{analysis.media.sha256[:8]}"
        try:
            provenance = provenance_of(source.path, analysis, timeout=self.timeout)
            if provenance is None:
                note(f"{source.text}: could not be read again: its evidence lacks provenance.json")
            write_evidence(folder / name, analysis, collector, provenance, language=self.language)
        except UnmaskError as error:
            note(f"{source.text}: {error.message}", error.hint)
            with self._lock:
                self.unwritten += 1

    def _known(self, sha256: str, source: Source, begun: datetime) -> Outcome | None:
        """The result for these bytes from this scan or from history, saying so."""
        if (seen := self._seen.get(sha256)) is not None:
            notice = Notice(
                code="same-bytes", message=f"The same bytes as {seen.input}, scanned once."
            )
            result = _answered(seen.analysis, source, notice)
            held = _held(source, seen.analysis, seen.id, begun, seen.at)
            return Outcome(source.text, result, "repeated", held)
        return self._from_history(sha256, source, begun)

    def _may_answer(self) -> bool:
        return self.history is not None and not self.fresh and self.evidence is None

    def _from_history(self, sha256: str, source: Source, begun: datetime) -> Outcome | None:
        history = self.history
        if history is None or not self._may_answer():
            return None
        try:
            stored = history.find(sha256, self._model, self._asked)
        except StoreError as error:
            self._without_history(error)
            return None
        analysis = None if stored is None else stored.readable
        if stored is None or analysis is None:
            return None
        day = f"{stored.entry.created_at:%Y-%m-%d %H:%M} UTC"
        notice = Notice(
            code="from-history",
            message=f"Answered from history: analysed on {day} by Unmask "
            f"{version_of(analysis)} (--fresh looks again).",
        )
        result = _answered(analysis, source, notice)
        entry = stored.entry
        held = _held(source, analysis, entry.id, begun, entry.created_at)
        return Outcome(source.text, result, "history", held)

    def _judged_before(self, analysis: Analysis) -> Notice | None:
        """That the last analysis of the same bytes came to another verdict, as one does that an
        earlier version made: who has passed that on should know.
        """
        history = self.history
        if history is None:
            return None
        try:
            stored = history.latest(analysis.media.sha256)
        except StoreError:  # which recording it will say
            return None
        earlier = None if stored is None else stored.readable
        if stored is None or earlier is None or earlier.verdict.label == analysis.verdict.label:
            return None
        if _part(earlier) != _part(analysis):
            return None
        entry = stored.entry
        number = words.probability(entry.probability)
        return Notice(
            code="judged-before",
            message=f"Judged otherwise before: {words.LABELS[earlier.verdict.label]} {number} on "
            f"{entry.created_at:%Y-%m-%d %H:%M} UTC, by {entry.model_name} {entry.model_version} "
            f"and Unmask {version_of(earlier)} ('unmask history show {entry.id[:8]}').",
        )

    def _record(self, analysis: Analysis, path: Path, at: datetime) -> str:
        """Its number in the history, "" where it could not be recorded."""
        history = self.history
        if history is None:
            return ""
        try:
            entry = history.record(
                analysis, fingerprint=self._asked, source=path.absolute(), created_at=at
            )
        except StoreError as error:
            self._without_history(error)
            return ""
        self._locked_out = 0
        return entry.id

    def _without_history(self, error: StoreError) -> None:
        """The verdict matters more than its record: say it once and go on.

        A database that another process keeps locked may be free again for the next file, and is
        tried again a few times: each of them waits for it.
        """
        with self._lock:
            if self.history is None:
                return
            self._locked_out += 1
            if isinstance(error, StoreBusy) and self._locked_out < _LOCKED_OUT:
                note(f"{error.message}; one result is not recorded", error.hint)
                return
            note(f"{error.message}; going on without history", error.hint)
            self.history = None


def _answered(analysis: Analysis, source: Source, notice: Notice) -> Analysis:
    """A known result under the name that the bytes have this time."""
    media = analysis.media.model_copy(update={"name": source.name})
    return analysis.model_copy(update={"media": media, "warnings": (*analysis.warnings, notice)})


def _part(analysis: Analysis) -> tuple[float | None, float | None]:
    """The part of a film that was asked for."""
    return analysis.options.from_s, analysis.options.to_s


def _held(
    source: Source, recorded: Analysis, id: str, received: datetime, analysed: datetime
) -> Held:
    read = f"read from disk as {source.name}"
    log = (
        custody.received(recorded.media.sha256, received, note=read),
        custody.analysed(recorded, analysed, note=f"recorded as {id}" if id else ""),
    )
    return Held(source.path, recorded, id, tuple(sorted(log, key=lambda event: event.at)))
