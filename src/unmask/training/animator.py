"""Fitting an animator, and moving portraits with it: each one once, some through a clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unmask.models.animator import Animator, animation_loss
from unmask.models.weights import read_tensors
from unmask.training.checkpoint import CONTENTS
from unmask.training.drawing import DrawerTask, as_bytes, as_input, fit_drawer
from unmask.training.films import Film
from unmask.training.material import Portrait
from unmask.training.moves import Moves, small_still
from unmask.training.recipe import AnimatorRecipe
from unmask.training.run import Run
from unmask.training.seals import FACES, digest_faces, digest_films

_BATCH = 16
Item = tuple[Tensor, Tensor, Tensor, Tensor]


class AnimatorTask(DrawerTask[Animator, Item]):
    """From one picture of a face to another of the same face, given the landmarks of both."""

    def __init__(
        self,
        recipe: AnimatorRecipe,
        portraits: Sequence[Portrait],
        films: Sequence[Film],
        run: Run,
    ) -> None:
        super().__init__(recipe, lambda: Animator(recipe.upsampling, recipe.width), run)
        self.recipe = recipe
        self._counts = {"portraits": len(portraits), "films": len(films)}
        self._contents = {FACES: digest_faces(portraits), "films": digest_films(films)}
        self._moves = Moves(portraits, films, recipe.side, recipe.film_share)

    def seal(self) -> Mapping[str, Any]:
        """The recipe, and the portraits and films."""
        return {"recipe": self.recipe.model_dump(), **self._counts, CONTENTS: self._contents}

    def batches(self) -> Iterator[Item]:
        """Sources N×3×S×S and landmarks N×5×2, wanted pictures and landmarks, by the step."""
        for step in range(self.step, self.steps):
            rng = np.random.default_rng([self.seed, step])
            pairs = [self._moves.draw(rng) for _ in range(self.recipe.batch)]
            batch = (
                as_input(torch.from_numpy(np.stack([pair.source for pair in pairs]))),
                _points([pair.before for pair in pairs]),
                as_input(torch.from_numpy(np.stack([pair.wanted for pair in pairs]))),
                _points([pair.after for pair in pairs]),
            )
            device = self._fabric.device
            yield batch[0].to(device), batch[1].to(device), batch[2].to(device), batch[3].to(device)

    def draw(self, batch: Item) -> tuple[Tensor, Tensor, Tensor]:
        """Animate."""
        source, before, wanted, after = batch
        moved = self.net(source, before, after)
        moved = moved._replace(drawn=moved.drawn.float())
        return moved.drawn, wanted, animation_loss(moved, wanted)


def fit_animator(
    recipe: AnimatorRecipe, portraits: Sequence[Portrait], films: Sequence[Film], run: Run
) -> Path:
    """Fit on the portraits and films given (never on held-out ones); the safetensors' path.

    An animator that is there already is not fitted again; :class:`DataError` if it is of another
    recipe or data. How many portraits it drives later is nothing to it.
    """
    faces = [*portraits, *(frame for film in films for frame in film.frames)]
    made_of = {
        "recipe": recipe.model_dump(exclude={"clips"}),
        FACES: [face.digest() for face in faces],
    }
    return fit_drawer(
        lambda: AnimatorTask(recipe, portraits, films, run), recipe.name, made_of, run
    )


def record(side: int) -> np.dtype[np.void]:
    """Of one picture moved: as drawn, where from (shares of the side), landmarks (the same)."""
    return np.dtype(
        [
            ("picture", np.uint8, (side, side, 3)),
            ("flow", np.float16, (side // 4, side // 4, 2)),
            ("landmarks", np.float32, (5, 2)),
        ]
    )


class Mover:
    """A fitted animator."""

    def __init__(self, recipe: AnimatorRecipe, weights: Path, run: Run) -> None:
        self._side, self._fabric = recipe.side, run.fabric
        self._net = Animator(recipe.upsampling, recipe.width)
        self._net.load_state_dict(read_tensors(weights))
        self._net.to(run.fabric.device).eval()

    def move(self, portraits: Sequence[Portrait], wanted: NDArray[np.float32]) -> NDArray[np.void]:
        """N portraits to landmarks N×5×2 in shares of their sides: N records."""
        moved = np.zeros(len(portraits), record(self._side))
        moved["landmarks"] = wanted
        for start in range(0, len(portraits), _BATCH):
            stop = start + _BATCH
            stills = [small_still(one, self._side) for one in portraits[start:stop]]
            drawn, flow = self._draw(
                np.stack([picture for picture, _ in stills]),
                _points([points for _, points in stills]),
                torch.from_numpy(wanted[start:stop]),
            )
            moved["picture"][start:stop], moved["flow"][start:stop] = drawn, flow
        return moved

    def _draw(
        self, stills: NDArray[np.uint8], before: Tensor, after: Tensor
    ) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
        device = self._fabric.device
        with torch.inference_mode(), self._fabric.autocast():
            x = as_input(torch.from_numpy(stills).to(device))
            moved = self._net(x, before.to(device), after.to(device))
        flow = moved.flow.float().permute(0, 2, 3, 1).cpu().numpy().astype(np.float16)
        return as_bytes(moved.drawn), flow


def _points(landmarks: Sequence[NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(landmarks).astype(np.float32))
