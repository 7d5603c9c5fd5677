"""A report on an analysis of the history."""

from __future__ import annotations

from unmask.cli import exits
from unmask.cli.files import write_new
from unmask.cli.outcome import Held
from unmask.cli.reports import check_file, format_of, render
from unmask.cli.terminal import note
from unmask.core.errors import ModelError, UsageError
from unmask.core.files import expanded, is_folder, is_there
from unmask.core.language import of_environment
from unmask.evidence import custody, need_pdf
from unmask.pipeline import Analyser
from unmask.runtime import ModelPackage, find_package, shipped_packages
from unmask.store import History, Stored


def write_report(
    id: str, place: str, *, source: str | None, model: str | None, language: str | None = None
) -> int:
    """Write it, and say what it lacks."""
    path = expanded(place)
    wanted = format_of(path)
    check_file(path)
    if wanted == "pdf":
        need_pdf()
    with History() as past:
        stored = past.get(past.resolve(id))
    if stored is None:  # another process deleted it between the two questions
        raise UsageError(f"analysis {id} has just been deleted")
    package = _package(stored, model)
    analyser = None if package is None else Analyser(package.folder)
    content = render(_held(stored, source), wanted, analyser, language or of_environment())
    write_new(path, content, "--report")
    if package is None:
        note("no heat maps: the model that scored is not installed", "name it with --model")
    return exits.DONE


def _package(stored: Stored, model: str | None) -> ModelPackage | None:
    """The package that scored. :class:`UsageError` where ``model`` names another one."""
    wanted = stored.entry.model_sha256
    if model is None:
        return next((one for one in shipped_packages() if one.reference().sha256 == wanted), None)
    try:
        package = find_package(model)
    except ModelError as error:
        raise UsageError(f"--model {model}: {error.message}", hint=error.hint) from error
    if package.reference().sha256 != wanted:
        raise UsageError(
            f"--model {model}: is not the model that scored",
            hint=f"that was {stored.entry.model_name} {stored.entry.model_version}, "
            f"SHA-256 {wanted}",
        )
    return package


def _held(stored: Stored, source: str | None) -> Held:
    entry, analysis = stored.entry, stored.analysis
    place = source or entry.source
    log = (custody.analysed(analysis, entry.created_at, note=f"recorded as {entry.id}"),)
    path = None if place is None else expanded(place)
    if source is not None and path is not None and (is_folder(path) or not is_there(path)):
        raise UsageError(f"--source {source}: no such file")
    return Held(path, analysis, entry.id, log)
