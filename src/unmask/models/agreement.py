"""Whether a model that was made cheaper still says what it said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid
from unmask.scoring import Scorer

Crops = NDArray[np.uint8]

_ALIKE = 0.95  # correlation, below which something is wrong
_CLIPS = 8  # of which at least it is taken


def agreement(before: Scorer, after: Scorer, crops: Crops) -> dict[str, float]:
    """How near both come on crops that calibrated neither; refuses what is no longer the model.

    ``correlation`` and ``largest difference`` of the frames' logits. Where clips have a say in a
    face's score, the lower correlation of the two: theirs are of successive crops.
    :class:`ModelInvalid` below 0.95.
    """
    both = [_answers(scorer, crops) for scorer in (before, after)]
    kinds = list(zip(*both, strict=True))
    # NaN, of answers that are all the same, is the least here: by itself min passes over it.
    correlation = float(np.min([np.corrcoef(old, new)[0, 1] for old, new in kinds]))
    frames, rounded = kinds[0]
    if not correlation >= _ALIKE:
        raise ModelInvalid(
            f"in int8 the model no longer says the same: correlation {correlation:.3f} on "
            f"{len(crops)} crops, {_ALIKE} is asked for",
            hint="calibrate on more faces, as different as those it will see",
        )
    return {
        "correlation": round(correlation, 4),
        "largest difference": round(float(np.abs(frames - rounded).max()), 4),
        "compared on crops": len(crops),
    }


def _answers(scorer: Scorer, crops: Crops) -> Iterator[NDArray[np.float32]]:
    """Logits of the crops, then, where they count, of successive ones as clips."""
    manifest = scorer.package.manifest
    scores = scorer.score_crops(crops)
    yield scores.logits
    if manifest.calibration.frame_weight < 1:
        places = _clips(len(crops), manifest.clip.frames)
        yield scorer.score_clips([scores.features[at] for at in places])


def _clips(count: int, length: int) -> list[NDArray[np.intp]]:
    """Places of successive crops, beyond the last one from the first; some clips at least."""
    starts = range(0, count, max(1, min(length, count // _CLIPS)))
    return [np.arange(start, start + length) % count for start in starts]
