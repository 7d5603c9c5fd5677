"""Evidence as files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from unmask.core.analysis import Analysis, Face
from unmask.core.errors import UsageError
from unmask.core.files import whole
from unmask.core.language import _, spoken
from unmask.core.wording import LABELS
from unmask.evidence.collector import EvidenceCollector
from unmask.evidence.format import probability
from unmask.evidence.heatmap import overlay, traces_of
from unmask.evidence.provenance import Provenance
from unmask.evidence.records import ScoredCrop
from unmask.evidence.strip import face_strip

_LARGE = 448


def write_evidence(
    folder: str | PathLike[str],
    analysis: Analysis,
    collected: EvidenceCollector,
    provenance: Provenance | None = None,
    *,
    language: str = "en",
) -> tuple[Path, ...]:
    """Write ``analysis.json`` and for each face with crops ``face-N.png`` and ``face-N-map.png``.

    With ``provenance`` also ``provenance.json``. The first picture is :func:`face_strip`; the
    second the face's strongest frame under what lasts through all of them, which is what the
    verdict rests on, or where that is unknown (a picture) under its own evidence. The words on the
    pictures are in ``language``. Existing files of these names are replaced; each appears whole or
    not at all.
    :class:`UsageError` where one cannot be written.
    """
    folder, written = Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written.append(_document(folder / "analysis.json", analysis.to_json(indent=2)))
        if provenance is not None:
            text = provenance.to_json(indent=2)
            written.append(_document(folder / "provenance.json", text))
        for face in analysis.faces:
            crops, strongest = collected.crops(face.id), collected.strongest(face.id)
            if strongest is None:
                continue
            shown = _shown(face, strongest)
            with spoken(language):
                strip = face_strip(crops, title=_title(face), counted=face.judged)
            written += [
                _save(folder / f"face-{face.id}.png", strip),
                _save(
                    folder / f"face-{face.id}-map.png",
                    overlay(_enlarged(strongest.image), shown),
                ),
            ]
    except OSError as error:
        raise UsageError(
            f"evidence cannot be written to {folder}: {error.strerror or error}",
            hint="name another folder",
        ) from error
    return tuple(written)


def _document(path: Path, text: str) -> Path:
    with whole(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
    return path


def _shown(face: Face, strongest: ScoredCrop) -> NDArray[np.float32]:
    """What lasts, or of a picture the evidence of its frame; nothing of a face not judged."""
    if not face.judged:
        return np.zeros_like(strongest.map)
    lasting = traces_of(face)
    return strongest.evidence if lasting is None else lasting


def _title(face: Face) -> str:
    parts = [_("Face %(n)s", n=face.id), _(LABELS[face.verdict.label])]
    if face.judged:
        parts.append(f"{_('P(manipulated)')} {probability(face.verdict.probability)}")
    return " · ".join(parts)


def _enlarged(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    large = Pillow.fromarray(crop).resize((_LARGE, _LARGE), Pillow.Resampling.LANCZOS)
    return np.asarray(large, dtype=np.uint8)


def _save(path: Path, picture: NDArray[np.uint8]) -> Path:
    with whole(path) as part:
        Pillow.fromarray(picture).save(part, "PNG")
    return path
