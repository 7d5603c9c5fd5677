"""Outcomes to all who want them: what one cannot write costs no other its result."""

from __future__ import annotations

from collections.abc import Callable

from unmask.cli.documents import Report
from unmask.cli.files import STDOUT
from unmask.cli.outcome import Outcome
from unmask.cli.streams import discard_stdout
from unmask.cli.terminal import note
from unmask.core.errors import UnmaskError


class Delivery:
    """The reports of one scan; see :class:`unmask.cli.documents.Report`.

    One that cannot be written is said to be, left out from then on, and counted in ``failed``.
    """

    def __init__(self) -> None:
        self._reports: list[tuple[str, Report]] = []
        self.failed = 0

    def include(self, place: str, report: Report) -> None:
        """One more report, and where it is written: for what is said if it cannot be."""
        self._reports.append((place, report))

    def add(self, outcome: Outcome) -> None:
        """See :class:`unmask.cli.documents.Report`."""
        self._each(lambda report: report.add(outcome))

    def publish(self) -> None:
        """See :class:`unmask.cli.documents.Report`."""
        self._each(lambda report: report.publish())

    def _each(self, do: Callable[[Report], None]) -> None:
        for one in tuple(self._reports):
            place, report = one
            try:
                do(report)
            except BrokenPipeError:  # of standard output: nobody reads on
                raise
            except (UnmaskError, OSError) as error:
                self._reports.remove(one)
                self.failed += 1
                _say(place, error)


def _say(place: str, error: UnmaskError | OSError) -> None:
    if isinstance(error, UnmaskError):
        note(error.message, error.hint)
        return
    if place == STDOUT:
        discard_stdout()
    name = "standard output" if place == STDOUT else place
    note(f"{name}: cannot be written: {error.strerror or error}", "free space there")
