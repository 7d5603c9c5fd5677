"""The three networks of MTCNN in a row, over many pictures at once.

Zhang, Zhang, Li, Qiao: Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks, 2016, arXiv:1604.02878. Where the paper leaves a choice, ours is the one that PyPI
``mtcnn`` 1.0.0 made, whose weights these are: agreement with it is measured by
``benchmarks/mtcnn_agreement.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unmask.core.deadline import Deadline
from unmask.faces.boxes import Boxes, regressed, squared
from unmask.faces.patches import sample
from unmask.faces.pyramid import CELL, Image, Layout, draw, layout
from unmask.faces.suppression import survivors
from unmask.runtime import Session

Floats = NDArray[np.float32]

PNET_SCORE, RNET_SCORE, ONET_SCORE = 0.6, 0.7, 0.8
_SAME_LEVEL, _ACROSS_LEVELS, _REFINED, _FINAL = 0.5, 0.7, 0.7, 0.7  # overlaps that suppress
_RNET_SIDE, _ONET_SIDE = 24, 48
_MOST_PROPOSALS = 100_000  # of one picture, best first; ten thousand faces give fewer
# The runtime prepares its kernels once for each batch size, so batches are filled up to these.
_BATCHES = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes of several pictures: ``owner`` N, rising, indexes the pictures; ``scores`` N."""

    owner: NDArray[np.intp]
    boxes: Boxes
    scores: Floats

    def kept(self, indices: NDArray[np.intp]) -> Candidates:
        """Those, by picture and within a picture in the order given."""
        indices = indices[np.argsort(self.owner[indices], kind="stable")]
        return Candidates(self.owner[indices], self.boxes[indices], self.scores[indices])


@dataclass(frozen=True, slots=True, eq=False)
class Cascade:
    """The loaded networks."""

    pnet: Session
    rnet: Session
    onet: Session

    def run(
        self, images: Sequence[Image], min_face: float, deadline: Deadline
    ) -> tuple[Candidates, Floats]:
        """Faces of all pictures, best first within each, and their landmarks N×5×2 (x, y)."""
        return self.look_at(images, self._propose(images, min_face, deadline), deadline)

    def look_at(
        self, images: Sequence[Image], proposed: Candidates, deadline: Deadline
    ) -> tuple[Candidates, Floats]:
        """The faces among boxes proposed by whomever; as :meth:`run` otherwise."""
        refined = self._refine(images, proposed, deadline) if len(proposed.boxes) else proposed
        if not len(refined.boxes):  # nothing to ask a network about
            return refined, np.empty((0, 5, 2), np.float32)
        return self._output(images, refined, deadline)

    def _propose(self, images: Sequence[Image], min_face: float, deadline: Deadline) -> Candidates:
        found = [self._propose_one(image, min_face, deadline) for image in images]
        counts = [len(scores) for _, scores in found]
        boxes = np.concatenate([np.empty((0, 4), np.float32), *(boxes for boxes, _ in found)])
        scores = np.concatenate([np.empty(0, np.float32), *(scores for _, scores in found)])
        owner = np.repeat(np.arange(len(images)), counts)
        everyone = Candidates(owner, boxes, scores)
        return everyone.kept(survivors(boxes, scores, owner, _ACROSS_LEVELS))

    def _propose_one(
        self, image: Image, min_face: float, deadline: Deadline
    ) -> tuple[Boxes, Floats]:
        plan = layout(*image.shape[:2], min_face)
        parts = []
        for number, canvas in enumerate(draw(image, plan)):
            deadline.check("looking for faces")
            parts.append(self._windows(canvas, plan, number))
        if not parts:
            return np.empty((0, 4), np.float32), np.empty(0, np.float32)
        boxes, logits, level = (np.concatenate(part) for part in zip(*parts, strict=True))
        if len(logits) > _MOST_PROPOSALS:
            best = np.argpartition(-logits, _MOST_PROPOSALS)[:_MOST_PROPOSALS]
            boxes, logits, level = boxes[best], logits[best], level[best]
        kept = survivors(boxes, logits, level, _SAME_LEVEL)
        return boxes[kept], logits[kept]

    def _windows(
        self, canvas: Image, plan: Layout, number: int
    ) -> tuple[Boxes, Floats, NDArray[np.intp]]:
        """Boxes in the picture's pixels, logits and levels of P-Net's windows that pass."""
        answer = self.pnet.run({"canvas": canvas[None]})
        logits, offsets = answer["logits"][0, 0], answer["offsets"][0]  # h×w, 4×h×w
        passed = logits > _logit(PNET_SCORE)
        row, column, level, corner = plan.windows(number, passed)
        # A window's box starts at its second pixel: the origin's rounding, learnt by the offsets.
        boxes = np.concatenate([corner + 1, corner + CELL], axis=1)
        boxes = boxes + (CELL - 1) * offsets[:, row, column].T
        scale = np.array(plan.scales)[level, None]
        return (boxes / scale).astype(np.float32), logits[row, column], level

    def _refine(
        self, images: Sequence[Image], proposed: Candidates, deadline: Deadline
    ) -> Candidates:
        square = squared(proposed.boxes)
        answer = _look(self.rnet, images, proposed.owner, square, _RNET_SIDE, deadline)
        logits = answer["logits"][:, 0]
        good = np.flatnonzero(logits > _logit(RNET_SCORE))
        moved = regressed(square[good], answer["offsets"][good])
        refined = Candidates(proposed.owner[good], moved, logits[good])
        return refined.kept(survivors(moved, refined.scores, refined.owner, _REFINED))

    def _output(
        self, images: Sequence[Image], refined: Candidates, deadline: Deadline
    ) -> tuple[Candidates, Floats]:
        square = squared(refined.boxes)
        answer = _look(self.onet, images, refined.owner, square, _ONET_SIDE, deadline)
        logits = answer["logits"][:, 0]
        good = np.flatnonzero(logits > _logit(ONET_SCORE))
        owner, square, logits = refined.owner[good], square[good], logits[good]
        moved = regressed(square, answer["offsets"][good])
        points = answer["landmarks"][good].reshape(-1, 2, 5).transpose(0, 2, 1)  # N×5×(x, y)
        sides = (square[:, 2:] - square[:, :2] + 1)[:, None]
        # Minus one: the weights come from Matlab, which counts pixels from 1.
        landmarks = points * sides + square[:, None, :2] - 1
        kept = survivors(moved, logits, owner, _FINAL, "min")
        kept = kept[np.argsort(owner[kept], kind="stable")]
        return Candidates(owner[kept], moved[kept], _probability(logits[kept])), landmarks[kept]


def _look(
    session: Session,
    images: Sequence[Image],
    owner: NDArray[np.intp],
    boxes: Boxes,
    side: int,
    deadline: Deadline,
) -> dict[str, Floats]:
    """R-Net's or O-Net's answers for boxes of several pictures, a bounded batch at a time."""
    answers: list[dict[str, Floats]] = []
    for start in range(0, len(boxes), _BATCHES[-1]):
        deadline.check("looking at faces")
        some = slice(start, start + _BATCHES[-1])
        count = len(boxes[some])
        batch = np.zeros((_batch(count), side, side, 3), np.uint8)
        at = 0
        for number in np.unique(owner[some]):
            patches = sample(images[number], boxes[some][owner[some] == number], side)
            batch[at : at + len(patches)] = patches
            at += len(patches)
        answer = session.run({"patches": batch})
        answers.append({name: value[:count] for name, value in answer.items()})
    return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}


def _batch(count: int) -> int:
    return next(size for size in _BATCHES if size >= count)


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def _probability(logits: Floats) -> Floats:
    return (1 / (1 + np.exp(-logits))).astype(np.float32)
