"""The model card of an imported model: what is known of it, and how little that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unmask.models.keras.clip_model import ClipModel
from unmask.models.keras.graphs import Reading

_CARD = """\
# {name}

Imported from a Keras model. Unmask knows the network and its weights, and nothing else about it.

- File: {origin}
- Written by: Keras {keras}
- Network: {summary}
- Input: clips of {frames} crops of {size}×{size} pixels

## Not calibrated as imported

Scores are those of the Keras model, to within rounding. They are not probabilities that anybody
has checked, and both thresholds are 0.5 because the model itself has no others: no score is
"inconclusive" for lying between them. `unmask calibrate` fits them on data that you label; what
`model.json` says then is what holds.

## Assumed

{assumed}

A wrong assumption does not show as an error: the model then answers, and answers wrongly. Try it
on files that you know.

## What a frame's score is

The model answers for clips only. The score of a single frame, or of a picture, is the model's
answer to that frame held still for {frames} frames. It was never fitted to stills, so read these
scores as a hint to where to look. They do not enter a face's score wherever there is a clip. Where
there is none, as in a picture, they are all there is. As with any model, frames that score high
against a low clip make a face inconclusive.

The evidence map says by how much that answer's logit would fall if the features of one region
were taken out of the mean over the frame, times the number of regions. It shows what the model
reacts to, which need not be what was manipulated.

## Training data, metrics, fairness

Unstated: none of it is in the file. Do not use the model on anybody before you have measured it
(`unmask evaluate`) on people and recordings like theirs.
"""


def write_card(
    path: Path,
    name: str,
    model: ClipModel,
    reading: Reading,
    origin: str,
    assumed: Sequence[str],
) -> None:
    """Write the card to ``path``."""
    text = _CARD.format(
        name=name,
        origin=origin,
        keras=model.keras,
        summary=model.summary,
        frames=reading.frames,
        size=reading.size,
        assumed="\n".join(f"- {sentence[0].upper()}{sentence[1:]}." for sentence in assumed),
    )
    path.write_text(text, encoding="utf-8")
