"""The work of ``unmask models import-keras``: wiring and what is said."""

from __future__ import annotations

from pathlib import Path

from unmask.cli import exits
from unmask.cli.terminal import note
from unmask.core.extras import needing

with needing("train", "reading a Keras model ({absent} is absent)"):
    from unmask.models.keras.importing import import_keras, options_from


def run(file: str, out: str | None, **options: object) -> int:
    """Import, and print every assumption."""
    made = import_keras(Path(file), None if out is None else Path(out), options_from(**options))
    manifest = made.package.manifest
    for sentence in made.assumed:
        note(sentence)
    note(f"{made.package.folder} holds {manifest.name} {manifest.version}: {manifest.architecture}")
    return exits.DONE
