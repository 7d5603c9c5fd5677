"""The scan command's work: wiring, the loop, the exit code."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from unmask.cli import exits
from unmask.cli.abreast import outcomes, usual_jobs
from unmask.cli.delivery import Delivery
from unmask.cli.documents import CsvReport, JsonReport
from unmask.cli.files import STDOUT, Target, check_folder, is_stdout
from unmask.cli.inputs import STDIN, gather
from unmask.cli.interrupts import listening
from unmask.cli.outcome import Outcome
from unmask.cli.places import check_distinct, check_not_read
from unmask.cli.progress import ScanProgress
from unmask.cli.scanner import INTERRUPTED, Scanner
from unmask.cli.streams import need_stdout
from unmask.cli.table import TableReport
from unmask.cli.terminal import note, notes_console, results_console
from unmask.cli.tracing import tracing
from unmask.core.analysis import Analysis
from unmask.core.errors import StoreError
from unmask.core.files import expanded, is_folder
from unmask.core.heap import return_large_blocks
from unmask.core.language import of_environment
from unmask.core.scan import Failure
from unmask.evidence.worth import worth
from unmask.pipeline import Analyser, AnalysisRequest
from unmask.runtime import DeviceChoice, RuntimeName
from unmask.store import History

if TYPE_CHECKING:
    from unmask.cli.reports import Format, ReportFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """The options of ``unmask scan``, as they come from the command line."""

    paths: tuple[str, ...]
    json_to: str | None
    csv_to: str | None
    evidence: str | None
    report: str | None
    report_format: Format
    language: str | None
    trace: str | None
    clips: int
    frames_per_clip: int | None
    min_face: int
    max_faces: int
    from_s: float | None
    to_s: float | None
    model: str | None
    device: DeviceChoice
    runtime: Literal["auto"] | RuntimeName
    timeout: float
    fresh: bool
    no_history: bool
    fail_on: str | None
    quiet: bool
    jobs: int | None

    @property
    def single(self) -> bool:
        """Whether exactly one file was named: its analysis is then the whole JSON document."""
        return len(self.paths) == 1 and self.paths[0] != STDIN and not is_folder(self.paths[0])

    @property
    def documents(self) -> dict[str, str | None]:
        """The options that name a file to write, or to replace, each with its place."""
        return {"--json": self.json_to, "--csv": self.csv_to, "--trace": self.trace}

    @property
    def shows_table(self) -> bool:
        """Not where the person wants quiet, nor where another document takes standard output."""
        return not (self.quiet or any(is_stdout(at) for at in (self.json_to, self.csv_to) if at))

    def analyser(self) -> Analyser:
        """What the options ask for. Raises :class:`UsageError`, :class:`ModelError`."""
        request = AnalysisRequest(
            clips=self.clips,
            frames_per_clip=self.frames_per_clip,
            min_face=self.min_face,
            max_faces=self.max_faces,
            from_s=self.from_s,
            to_s=self.to_s,
        )
        runtime = None if self.runtime == "auto" else self.runtime
        return Analyser(self.model, device=self.device, runtime=runtime, options=request)


@dataclass(slots=True)
class Tally:
    """What the exit code is made of."""

    failed: int = 0
    found: int = 0
    interrupted: bool = False
    terminated: bool = False

    def count(self, outcome: Outcome, wanted: str | None) -> None:
        """Count one outcome; ``wanted`` is the label that --fail-on names."""
        if not isinstance(outcome.result, Analysis):
            self.failed += 1
        elif outcome.result.verdict.label == wanted:
            self.found += 1

    @property
    def code(self) -> int:
        """A finding outranks a failure: it holds whatever the other files are."""
        if self.interrupted:
            return exits.TERMINATED if self.terminated else exits.INTERRUPTED
        if self.found:
            return exits.FOUND
        return exits.SOME_FAILED if self.failed else exits.DONE


def run(options: ScanOptions) -> int:
    """Scan, report, and return the exit code."""
    _check(options)
    return_large_blocks()
    analyser = options.analyser()
    with ExitStack() as stack:
        reports = _reports(options, analyser, stack)
        files = _report_files(options, analyser)
        if files is not None:
            reports.include("--report", files)
        traced = stack.enter_context(tracing(options.trace))
        if traced is not None:
            reports.include("--trace", traced)
        history = None if options.no_history else _history(stack)
        sources = gather(options.paths)
        check_not_read(options.documents, (source.path for source in sources))
        scanner = Scanner(
            analyser,
            history,
            timeout=options.timeout,
            fresh=options.fresh,
            evidence=None if options.evidence is None else expanded(options.evidence),
            language=_language(options),
            trace=None if traced is None else traced.trace,
            several=len(sources) > 1,
        )
        tally = Tally()
        shown = not options.quiet and sys.stderr.isatty()
        interrupts = stack.enter_context(listening())
        with ScanProgress(notes_console(), len(sources), shown=shown) as progress:
            jobs = options.jobs or usual_jobs()
            scanned = outcomes(scanner, sources, progress, interrupts, jobs)
            with closing(scanned):
                for outcome in scanned:
                    tally.count(outcome, options.fail_on)
                    with progress.aside():
                        _tell(outcome, reports, aloud=not options.shows_table)
                    if files is not None and files.interrupted:
                        scanner.stop.set()
                    tally.interrupted |= scanner.stop.is_set()
        tally.terminated = interrupts.signal == signal.SIGTERM
        reports.publish()
    unwritten = reports.failed or scanner.unwritten or (files is not None and files.failed)
    return exits.SOME_FAILED if unwritten and tally.code == exits.DONE else tally.code


def _history(stack: ExitStack) -> History | None:
    """The history, or None where it cannot be used: that is said, and costs nobody a verdict."""
    try:
        return stack.enter_context(History())
    except StoreError as error:
        note(f"{error.message}; going on without history", error.hint)
        return None


def _report_files(options: ScanOptions, analyser: Analyser) -> ReportFiles | None:
    if options.report is None:
        return None
    from unmask.cli.reports import ReportFiles

    return ReportFiles(
        options.report,
        options.report_format,
        analyser,
        single=options.single,
        language=_language(options),
    )


def _language(options: ScanOptions) -> str:
    """Of reports, and of the words on pictures."""
    return options.language or of_environment()


def _check(options: ScanOptions) -> None:
    """Before a model is opened."""
    check_distinct(options.documents | {"--report": options.report})
    check_distinct(options.documents | {"--evidence": options.evidence})
    if options.shows_table:
        need_stdout()
    if options.evidence is not None:
        check_folder(expanded(options.evidence), "--evidence")


def _reports(options: ScanOptions, analyser: Analyser, stack: ExitStack) -> Delivery:
    reports = Delivery()
    if options.json_to is not None:
        target = stack.enter_context(closing(Target(options.json_to, "--json")))
        reports.include("--json", JsonReport(target, single=options.single))
    if options.csv_to is not None:
        target = stack.enter_context(closing(Target(options.csv_to, "--csv")))
        reports.include("--csv", CsvReport(target))
    if options.shows_table:
        table = TableReport(results_console(), worth(analyser.package.manifest))
        reports.include(STDOUT, table)
    return reports


def _tell(outcome: Outcome, reports: Delivery, *, aloud: bool) -> None:
    """Give the outcome to every report; ``aloud``: failures also on stderr, for want of a table."""
    reports.add(outcome)
    result = outcome.result
    if aloud and isinstance(result, Failure) and result.code != INTERRUPTED.code:
        note(result.message, result.hint)
