"""What kept files were made of: said in a note beside each, so that none of other data is used."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unmask.core.errors import DataError
from unmask.models.weights import write_bytes
from unmask.training.checkpoint import differences
from unmask.training.faults import writing
from unmask.training.films import Film
from unmask.training.material import Portrait
from unmask.training.shards import Labelled

log = logging.getLogger(__name__)
Seal = Mapping[str, Any]
FACES = "faces"  # in the note of a network: the digest of each face that it was fitted on


def note_of(kept: Path) -> Path:
    """Where it is said what ``kept`` was made of."""
    return kept.with_name(f"{kept.name}.json")


def write_note(kept: Path, seal: Seal) -> None:
    """Before ``kept`` itself is there: a note without its file says nothing."""
    with writing(note_of(kept)):
        write_bytes(json.dumps(seal, sort_keys=True).encode(), note_of(kept))


def read_note(kept: Path) -> dict[str, Any] | None:
    """None where there is none, as in work folders of earlier versions."""
    try:
        found: dict[str, Any] = json.loads(note_of(kept).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(
            f"{note_of(kept)} cannot be read: {error}",
            hint=f"delete it together with {kept.name}, which is then made again",
        ) from error
    return found


def says_nothing(kept: Path) -> None:
    """Logged of what is taken without a note."""
    log.warning("%s: nothing says what it was made of; it is taken as it is", kept.name)


def check_network(weights: Path, seal: Seal) -> None:
    """:class:`DataError` unless ``weights`` were fitted by this recipe and on these faces.

    On some of them will do, which is said: by itself a renderer is fitted without the stills of
    shards. One fitted on faces that are held out now will not.
    """
    before = read_note(weights)
    if before is None:
        says_nothing(weights)
        return
    then, now = set(before[FACES]), set(seal[FACES])
    wrong = differences(_without_faces(before), _without_faces(seal))
    if then - now:
        wrong.append(
            f"{len(then - now)} of the {len(then)} faces it was fitted on are not among those to "
            "fit on, or have other landmarks"
        )
    if wrong:
        raise DataError(
            f"{weights} was fitted by another recipe or on other data: {'; '.join(wrong[:4])}",
            hint=f"restore it, use another --work folder, or delete {weights.name} there: it is "
            "fitted again",
        )
    if now - then:
        log.warning("%s was fitted on %d of these %d faces", weights.name, len(then), len(now))


def _without_faces(seal: Seal) -> dict[str, Any]:
    return {name: value for name, value in seal.items() if name != FACES}


def digest(parts: Iterable[str]) -> str:
    """Twelve digits for texts in their order."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() + b"\n")
    return found.hexdigest()[:12]


def digest_faces(portraits: Sequence[Portrait]) -> str:
    """In their order: drawings are told apart by their place."""
    return digest(portrait.digest() for portrait in portraits)


def digest_films(films: Sequence[Film]) -> str:
    """Of every frame, and whose it is."""
    return digest(f"{film.name} {digest_faces(film.frames)}" for film in films)


def contents(
    portraits: Sequence[Portrait],
    films: Sequence[Film],
    labelled: Sequence[Labelled],
) -> dict[str, str]:
    """What one side of the split shows, for the seal of a checkpoint."""
    return {
        FACES: digest(f"{portrait.person} {portrait.digest()}" for portrait in portraits),
        "films": digest_films(films),
        "labelled clips": digest(
            f"{clip.label} {clip.method} {clip.source} {digest_faces(clip.film.frames)}"
            for clip in labelled
        ),
    }
