"""An order carried out by a child with limits, and its failure told as an error of ours.

    python -m MODULE MEMORY CPU FILE  < order

What is made goes to a file that the order names; a failure is said on standard output, exit 3.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from unmask.core.errors import DiskFull, MissingExtra, TimeBudgetExceeded, UnmaskError
from unmask.core.scan import Failure
from unmask.jobs.ending import in_words, signal_of, was_killed
from unmask.jobs.limits import Limits
from unmask.jobs.room import NO_ROOM, no_room

Order = TypeVar("Order", bound=BaseModel)
_MORE_MEMORY = "give the machine or container more memory, then try again"
_FAILED = 3  # exit code of a child that wrote a Failure to its standard output


def run_errand(
    module: str, order: BaseModel, what: str, failed: type[UnmaskError], *, seconds: float
) -> None:
    """Run ``module`` with ``order`` on its standard input, within the limits of the environment.

    ``what`` names what it makes. Raises :class:`TimeBudgetExceeded` after ``seconds``,
    :class:`MissingExtra` where the server lacks one, :class:`DiskFull`, else ``failed`` with what
    the child said, or why it said nothing.
    """
    limits = Limits.from_environment()
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *limits.as_arguments()],
            input=order.model_dump_json().encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeBudgetExceeded(
            f"the {what} took longer than {seconds:g} s",
            hint="try again in a minute",
        ) from error
    except OSError as error:  # of processes or memory there are none left
        raise failed(
            f"the {what} could not be made: {error.strerror or error}", hint=_MORE_MEMORY
        ) from error
    if done.returncode == _FAILED:
        raise _told(done.stdout, what, failed)
    if done.returncode:
        raise failed(f"the {what} could not be made: {_cause(done)}", hint=_hint(done.returncode))


def _cause(done: subprocess.CompletedProcess[bytes]) -> str:
    """What it wrote last; before a signal came that may be about anything."""
    last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    said = "" if signal_of(done.returncode) else " ".join(last)[:300]
    return said or f"its process {in_words(done.returncode)}"


def _hint(code: int) -> str:
    return _MORE_MEMORY if was_killed(code) else ""


def carry_out(kind: type[Order], make: Callable[[Order], object]) -> None:
    """The child's side: read the order, of which ``kind`` it is, and make what it asks for."""
    limits = Limits.of_arguments(sys.argv[1:])
    order = kind.model_validate_json(sys.stdin.buffer.read())
    limits.apply()
    try:
        make(order)
    except UnmaskError as error:
        _say(error)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _say(no_room())


def _say(error: UnmaskError) -> NoReturn:
    # Not by print, whose encoding is the country's where another is not set.
    sys.stdout.buffer.write(Failure.of(error).model_dump_json().encode())
    sys.stdout.flush()
    sys.exit(_FAILED)


def _told(said: bytes, what: str, failed: type[UnmaskError]) -> UnmaskError:
    try:
        failure = Failure.model_validate_json(said)
    except ValidationError:
        return failed(f"the {what} could not be made")
    if failure.code == MissingExtra.code:
        return MissingExtra(failure.message, hint=failure.hint)
    if failure.code == DiskFull.code:
        return DiskFull(failure.message, hint=failure.hint)
    return failed(f"no {what} can be made: {failure.message}", hint=failure.hint)
