"""Every file of an index through the product's own pipeline, each once, into a score file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from unmask.core.analysis import Analysis, Face
from unmask.core.errors import NO_FILES_FAULT, UnmaskError
from unmask.core.frames import Window
from unmask.datasets.index import Index
from unmask.datasets.opening import opened
from unmask.datasets.sample import Sample
from unmask.datasets.state import file_state
from unmask.evaluation.facts import Bars, facts_of
from unmask.evaluation.films import as_film
from unmask.evaluation.score_log import INTERNAL, ScoreLog
from unmask.evaluation.scores import ScoreRow
from unmask.pipeline import Alter, Analyser, Progress, Stage
from unmask.store import fingerprint
from unmask.verdict import correct_for_faces


class Watcher(Protocol):
    """Told of every file; also called as :class:`unmask.pipeline.Progress`."""

    def begin(self, name: str) -> None:
        """The next file is this."""

    def end(self) -> None:
        """It is done."""

    def __call__(self, stage: Stage, done: int, total: int, /) -> None:
        """How far the file is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A distortion applied to all files: its name, such as ``jpeg:3``, and what it does."""

    name: str
    alter: Alter


def stamp(analyser: Analyser) -> str:
    """What scored, in one word: two runs with the same stamp give the same scores."""
    model, asked = analyser.model, fingerprint(analyser.fingerprint_fields())
    return f"{model.name}-{model.version}@{model.sha256[:12]}/{asked[:12]}"


def score_samples(
    analyser: Analyser,
    index: Index,
    samples: Sequence[Sample],
    log: ScoreLog,
    *,
    timeout: float | None = None,
    watcher: Watcher,
    condition: Condition | None = None,
) -> list[ScoreRow]:
    """The rows of ``samples`` in their order.

    Those that ``log`` has are not scored again, unless their file has changed since.

    A file that cannot be scored has a row that says so. Raises only what would befall every file.
    """
    name = "" if condition is None else condition.name
    states = {sample.path: file_state(index.root, sample) for sample in samples}
    log.settle(samples, states)
    rows = []
    for sample in samples:
        watcher.begin(f"{sample.path} {name}".rstrip())
        state = states[sample.path]
        row = log.known(sample.path, name, state)
        if row is None:
            row = _score(analyser, index.root, sample, timeout, watcher, condition)
            row = replace(row, file_state=state)
            log.add(row, sample)
        rows.append(row)
        watcher.end()
    return rows


def _score(
    analyser: Analyser,
    root: Path,
    sample: Sample,
    timeout: float | None,
    progress: Progress,
    condition: Condition | None,
) -> ScoreRow:
    by = stamp(analyser)
    name = "" if condition is None else condition.name
    bars = Bars()

    def alter(window: Window) -> Window:
        bars.look(window)
        return window if condition is None else condition.alter(window)

    try:
        with opened(root, sample) as place, as_film(place, sample) as path:
            analysis = analyser.analyse(path, timeout=timeout, progress=progress, alter=alter)
    except NO_FILES_FAULT:
        raise
    except UnmaskError as error:
        return ScoreRow(sample.path, None, error=error.code, condition=name, by=by)
    except Exception as error:  # noqa: BLE001 - a bug met in one file must not cost the others
        code = f"{INTERNAL}:{type(error).__name__}"
        return ScoreRow(sample.path, None, error=code, condition=name, by=by)
    verdict, judged = analysis.verdict, [face for face in analysis.faces if face.judged]
    facts = facts_of(analysis, bars)
    if sample.kind == "frames-folder":
        del facts["sha256"]  # of the temporary film
    return ScoreRow(
        path=sample.path,
        score=verdict.probability,
        verdict=verdict.label,
        error="" if verdict.probability is not None else verdict.reasons[0],
        condition=name,
        faces=_faces(analysis),
        frames=_frames(analysis),
        clips=_temporal(analysis),
        stretches=tuple(clip.score for face in judged for clip in face.clips if clip.counted),
        seen_in=tuple(_seen_in(face) for face in judged),
        by=by,
        facts=facts,
    )


def _faces(analysis: Analysis) -> tuple[float, ...]:
    found = (face.verdict.probability for face in analysis.faces)
    return tuple(value for value in found if value is not None)


def _seen_in(face: Face) -> int:
    """How many stretches show it; none where it is still, and was calibrated as a picture."""
    if "still-face" in face.verdict.reasons:
        return 0
    return len({clip.stretch for clip in face.clips if clip.counted})


def _temporal(analysis: Analysis) -> tuple[float, ...]:
    """Of the temporal network by itself."""
    found = (clip.temporal_score for face in analysis.faces for clip in face.clips)
    return tuple(value for value in found if value is not None)


def _frames(analysis: Analysis) -> tuple[float, ...]:
    """One score a sampled frame: its faces' scores, pooled as a file's faces are."""
    by_time: dict[float, list[float]] = {}
    for face in analysis.faces:
        for frame in face.frames:
            if frame.score is not None:
                by_time.setdefault(frame.time_s, []).append(frame.score)
    return tuple(round(correct_for_faces(by_time[time]), 6) for time in sorted(by_time))
