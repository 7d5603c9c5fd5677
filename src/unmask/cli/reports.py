"""Reports beside a scan: one file for one input, a folder for several. Nothing is overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from unmask.cli.crashes import describe
from unmask.cli.files import check_folder, status_of, write_new
from unmask.cli.outcome import Held, Outcome
from unmask.cli.terminal import note
from unmask.core.errors import UnmaskError, UsageError
from unmask.core.files import expanded, is_folder, is_there, shortened
from unmask.core.scan import Failure
from unmask.evidence import exported, html_report, need_pdf, pdf_report
from unmask.pipeline import Analyser, report_of

Format = Literal["html", "pdf"]
_SUFFIXES: dict[str, Format] = {".html": "html", ".htm": "html", ".pdf": "pdf"}
_NAME_BYTES = 120  # of the file's name in that of its report


class ReportFiles:
    """Writes a report for each outcome as it comes; see :class:`unmask.cli.documents.Report`.

    ``place`` ending in .html or .pdf is a file, for a ``single`` input; any other is a folder,
    made if it is absent, of reports in the format ``wanted``, all in one ``language``.
    :class:`UsageError` at once for a
    file that is there already, and :class:`MissingExtra` where PDF cannot be written.
    """

    def __init__(
        self, place: str, wanted: Format, analyser: Analyser, *, single: bool, language: str
    ) -> None:
        path = expanded(place)
        found = _SUFFIXES.get(path.suffix.lower())
        self._file = None if found is None else path
        self._folder = path
        self.format: Format = found or wanted
        self._analyser = analyser
        self._language = language
        self.failed = 0
        self.interrupted = False
        if found is not None:
            check_file(path, single=single)
        elif is_there(path) and not is_folder(path):
            raise UsageError(
                f"--report {path}: is a file",
                hint="name a folder, or a file ending in .html or .pdf",
            )
        else:
            check_folder(path, "--report")
        if self.format == "pdf":
            need_pdf()

    def add(self, outcome: Outcome) -> None:
        """Write the report of one outcome; of a failure there is none."""
        held = outcome.held
        if held is None:
            return
        try:
            content = render(held, self.format, self._analyser, self._language)
            written = self._write(held, content)
        except KeyboardInterrupt:  # ends the scan, but not before what was found is written
            self.interrupted = True
            return
        except Exception as error:  # noqa: BLE001 - the verdict stands, and so do other reports
            self.failed += 1
            failure = _failure(error, f"the report on {outcome.input}")
            note(failure.message, failure.hint)
            return
        if self._file is None and outcome.origin == "repeated":
            note(f"{outcome.input}: its report is {written.name}")

    def _write(self, held: Held, content: bytes) -> Path:
        if self._file is not None:
            write_new(self._file, content, "--report")
            return self._file
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"--report {self._folder}: cannot be made: {error.strerror or error}",
                hint="name another folder",
            ) from error
        return _in_folder(self._folder, _stem(held), self.format, content)

    def publish(self) -> None:
        """See :class:`unmask.cli.documents.Report`: every report is written already."""


def _failure(error: Exception, subject: str) -> Failure:
    return Failure.of(error) if isinstance(error, UnmaskError) else describe(error, subject)


def check_file(path: Path, *, single: bool = True) -> None:
    """:class:`UsageError` where a report cannot go to this file."""
    if not single:
        raise UsageError(
            f"--report {path}: several inputs need a folder", hint=f"such as --report {path.stem}/"
        )
    if status_of(path, "--report") is not None or is_there(path):
        raise UsageError(
            f"--report {path}: is there already, and may be evidence",
            hint="name another file, or delete it yourself",
        )
    folder = path.absolute().parent
    if not is_folder(folder):
        raise UsageError(f"--report {path}: there is no folder {folder}", hint="make it first")
    check_folder(folder, "--report")


def format_of(path: Path) -> Format:
    """By the suffix; :class:`UsageError` for any other than .html and .pdf."""
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UsageError(f"--report {path}: must end in .html or .pdf")
    return found


def render(held: Held, wanted: Format, analyser: Analyser | None, language: str) -> bytes:
    """The report as the bytes of its file; heat maps only with the analyser that scored."""
    report = report_of(
        held.recorded,
        source=held.path,
        analyser=analyser,
        custody=(*held.custody, exported(held.recorded, note=f"as {wanted.upper()}")),
        id=held.id,
        language=language,
    )
    return pdf_report(report) if wanted == "pdf" else html_report(report).encode()


def _stem(held: Held) -> str:
    """The file's name, cut to what a file system takes, and the beginning of its hash."""
    name = shortened(Path(held.recorded.media.name).stem, _NAME_BYTES)
    return f"{name}-{held.recorded.media.sha256[:8]}"


def _in_folder(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Under a number where the name is taken: an older report stays as it is."""
    path, number = folder / f"{stem}.{suffix}", 1
    while is_there(path):
        number += 1
        path = folder / f"{stem}-{number}.{suffix}"
    write_new(path, content, "--report")
    return path
