"""What a fit keeps between its stages, so that a restart repeats nothing that was finished."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import DataError
from unmask.core.files import whole
from unmask.runtime.package import file_sha256
from unmask.training.animator import Mover
from unmask.training.driving import Drive, DrivenClip, draw_moves
from unmask.training.faults import writing
from unmask.training.films import Film, digest_clips, read_films
from unmask.training.material import LOOSE, Portrait, decode, describe_look
from unmask.training.recipe import AnimatorRecipe, RendererRecipe
from unmask.training.renderer import draw_all, fit_renderer
from unmask.training.run import Run
from unmask.training.seals import (
    Seal,
    digest,
    digest_faces,
    digest_films,
    note_of,
    read_note,
    says_nothing,
    write_note,
)
from unmask.training.stages import ClipStage

log = logging.getLogger(__name__)
_WINDOWS = 8  # of one clip at most


def with_renditions(
    portraits: Sequence[Portrait],
    renderers: Sequence[RendererRecipe],
    data: Sequence[Path],
    loose: float,
    run: Run,
) -> list[Portrait]:
    """All portraits, each with what every renderer makes of it.

    ``loose`` is how much of them is kept: other drawings for other parts of the same pictures.
    Renderers are fitted on the portraits of the split ``train``, and once.
    """
    for recipe in renderers:
        fit_renderer(recipe, [p for p in portraits if p.split == "train"], data, run)
    return _rendered(portraits, renderers, f"-{loose:g}", run)


def films_with_renditions(
    clips: Sequence[Film], renderers: Sequence[RendererRecipe], loose: float, run: Run
) -> list[Film]:
    """The same of every frame of films; the renderers are fitted already."""
    frames = [frame for clip in clips for frame in clip.frames]
    rendered = iter(_rendered(frames, renderers, f"-films-{loose:g}", run))
    return [replace(clip, frames=tuple(islice(rendered, len(clip.frames)))) for clip in clips]


def _rendered(
    faces: Sequence[Portrait], renderers: Sequence[RendererRecipe], which: str, run: Run
) -> list[Portrait]:
    drawn = [_drawn(recipe, faces, which, run) for recipe in renderers]
    return [
        replace(face, renditions=tuple(pictures[index] for pictures in drawn))
        for index, face in enumerate(faces)
    ]


def _drawn(
    recipe: RendererRecipe, faces: Sequence[Portrait], which: str, run: Run
) -> NDArray[np.uint8]:
    kept, weights = run.work / f"{recipe.name}{which}.npy", run.work / f"{recipe.name}.safetensors"

    def draw() -> NDArray[np.uint8]:
        log.info("%s draws %d faces", recipe.name, len(faces))
        return draw_all(recipe, weights, faces, run)

    _keep(kept, weights, {"faces": digest_faces(faces)}, draw, run)
    return _counted(kept, len(faces), "faces")


def _keep(
    kept: Path, weights: Path, drawn_of: Seal, draw: Callable[[], NDArray[Any]], run: Run
) -> None:
    """What ``draw`` returns, in ``kept``: drawn once, and anew for other data or other weights."""
    if run.first:
        seal = {"weights": file_sha256(weights), **drawn_of}
        if not _is_of(kept, weights, seal):
            with run.claim(weights.stem):
                kept.unlink(missing_ok=True)  # never beside the note of other drawings
                drawn = draw()
                write_note(kept, seal)
                _write(kept, lambda stream: np.save(stream, drawn))
    run.fabric.barrier()


def _is_of(kept: Path, weights: Path, seal: Seal) -> bool:
    """Whether the drawings are there, and of this.

    Without a note they are taken where their network has none either, as in work folders of
    earlier versions; else they were drawn by an earlier network.
    """
    if not kept.exists():
        return False
    before = read_note(kept)
    if before is None and not note_of(weights).exists():
        says_nothing(kept)
        return True
    if before != seal:
        log.info("%s shows other faces, or by other weights: drawn anew", kept.name)
    return before == seal


def _counted(kept: Path, count: int, what: str) -> NDArray[Any]:
    """An array that stays on the disk; :class:`DataError` if it is of other data."""
    found: NDArray[Any] = np.load(kept, mmap_mode="r")
    if len(found) != count:
        raise DataError(
            f"{kept} shows {len(found)} {what}, the data holds {count}",
            hint=f"other data needs another --work folder, or delete {kept.name}",
        )
    return found


def with_moves(
    portraits: Sequence[Portrait],
    films: Mapping[str, Sequence[Film]],
    recipe: AnimatorRecipe,
    weights: Path,
    loose: float,
    run: Run,
) -> list[Portrait]:
    """All portraits, each as an animator moves it once.

    ``films`` of each split lend their paths to the portraits of the same split.
    """
    kept = run.work / f"{recipe.name}-{loose:g}.npy"

    def draw() -> NDArray[np.void]:
        log.info("%s moves %d faces", recipe.name, len(portraits))
        wanted = np.zeros((len(portraits), 5, 2), np.float32)
        for name, lent in films.items():
            rows = [row for row, portrait in enumerate(portraits) if portrait.split == name]
            if rows:
                wanted[rows] = draw_moves([portraits[row] for row in rows], lent, recipe.seed)
        return Mover(recipe, weights, run).move(portraits, wanted)

    drawn_of = {
        "faces": digest_faces(portraits),
        "films": {name: digest_films(lent) for name, lent in films.items()},
        "seed": recipe.seed,
    }
    _keep(kept, weights, drawn_of, draw, run)
    found = _counted(kept, len(portraits), "faces")
    return [
        replace(portrait, moved=(*portrait.moved, found[index]))
        for index, portrait in enumerate(portraits)
    ]


def driven_clips(
    name: str,
    drives: Sequence[Drive],
    recipe: AnimatorRecipe,
    weights: Path,
    loose: float,
    run: Run,
) -> list[DrivenClip]:
    """The stills of ``drives`` driven through their clips; ``name`` is of the split."""
    frames = len(drives[0].wanted) if drives else 0
    kept = run.work / f"{recipe.name}-driven-{name}-{frames}-{loose:g}.npy"
    if not drives:
        return []

    def draw() -> NDArray[np.void]:
        log.info("%s drives %d clips", recipe.name, len(drives))
        mover = Mover(recipe, weights, run)
        return np.stack([mover.move((one.still,) * frames, one.wanted) for one in drives])

    drawn_of = {
        "faces": digest_faces([one.still for one in drives]),
        "paths": digest(one.wanted.tobytes().hex() for one in drives),
    }
    _keep(kept, weights, drawn_of, draw, run)
    found = _counted(kept, len(drives), "clips")
    return [DrivenClip(drive, clip) for drive, clip in zip(drives, found, strict=True)]


def films(
    data: Path,
    windows: ClipStage | AnimatorRecipe,
    kept: Path,
    run: Run,
    loose: float = LOOSE,
) -> list[Film]:
    """Windows of the clips in ``data``, ``loose`` face boxes wide; cut once, then in ``kept``."""
    if run.first:
        seals = {"seal": _seal(data, windows, loose), "clips": digest_clips(data)}
        if not (kept.exists() and _shows(kept, seals)):
            with run.claim(kept.name):
                found = read_films(
                    data,
                    frames=windows.frames,
                    step_s=windows.step_s,
                    windows=_WINDOWS,
                    loose=loose,
                )
                if not found:
                    listed = data / "clips.csv"
                    raise DataError(f"no clip that {listed} lists shows a face throughout")
                _save(found, kept, seals)
    run.fabric.barrier()
    return _load(kept)


def _shows(kept: Path, seals: Mapping[str, str]) -> bool:
    """Whether these films were cut from these clips; of files of earlier versions less is known."""
    if _seal_of(kept) not in ("", seals["seal"]):
        return False
    clips = _seal_of(kept, "clips")
    if not clips:
        says_nothing(kept)
    elif clips != seals["clips"]:
        log.info("%s was cut from other clips: cut anew", kept.name)
    return clips in ("", seals["clips"])


def others(data: Path, windows: AnimatorRecipe, kept: Path) -> Path:
    """Where an animator's films are kept: ``kept``, unless that holds those of other windows."""
    if not kept.exists() or _seal_of(kept) == _seal(data, windows, LOOSE):
        return kept
    return kept.with_name(f"{windows.name}-{kept.name}")


def _seal(data: Path, windows: ClipStage | AnimatorRecipe, loose: float) -> str:
    listed = (data / "clips.csv").read_bytes()
    shape = f"{windows.frames} {windows.step_s} {_WINDOWS} {loose}".encode()
    return hashlib.sha256(listed + shape).hexdigest()


def _seal_of(path: Path, name: str = "seal") -> str:
    with np.load(path, allow_pickle=False) as kept:
        return str(kept[name]) if name in kept else ""


def _save(found: Sequence[Film], path: Path, seals: Mapping[str, str]) -> None:
    portraits = [portrait for film in found for portrait in film.frames]
    data = [p.data for p in portraits if isinstance(p.data, bytes)]
    arrays: dict[str, Any] = {
        **{name: np.array(seal) for name, seal in seals.items()},
        "names": np.array([film.name for film in found]),
        "stated": np.array([film.stated for film in found]),
        "lengths": np.array([len(film.frames) for film in found]),
        "data": np.frombuffer(b"".join(data), np.uint8),
        "sizes": np.array([len(each) for each in data]),
        "landmarks": np.stack([p.landmarks for p in portraits]),
        "licences": np.array([p.licence for p in portraits]),
        "origins": np.array([p.origin for p in portraits]),
    }
    _write(path, lambda stream: np.savez(stream, **arrays))


def _load(path: Path) -> list[Film]:
    with np.load(path, allow_pickle=False) as kept:
        names, stated, lengths = kept["names"], kept["stated"], kept["lengths"]
        ends = np.cumsum(kept["sizes"])
        starts = ends - kept["sizes"]
        data, landmarks = kept["data"].tobytes(), kept["landmarks"]
        licences, origins = kept["licences"], kept["origins"]

    def portrait(index: int) -> Portrait:
        picture, points = data[int(starts[index]) : int(ends[index])], landmarks[index]
        look = describe_look(decode(picture), points)
        return Portrait(picture, points, "", "", str(licences[index]), str(origins[index]), look)

    with ThreadPoolExecutor() as pool:  # decoding leaves the interpreter's lock alone
        portraits = list(pool.map(portrait, range(len(ends))))
    found, start = [], 0
    for name, known, length in zip(names, stated, lengths, strict=True):
        frames = tuple(
            replace(portrait, person=str(name)) for portrait in portraits[start : start + length]
        )
        found.append(Film(frames, str(name), bool(known)))
        start += int(length)
    return found


def _write(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Beside ``path`` first, then renamed."""
    with writing(path), whole(path, alone=True) as part, part.open("wb") as stream:
        write(stream)
