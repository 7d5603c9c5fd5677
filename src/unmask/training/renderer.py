"""Fitting a renderer, and drawing every portrait with it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unmask.models.renderer import Perception, Renderer, reconstruction_loss
from unmask.models.weights import load_trunk, read_tensors
from unmask.models.xception import Xception
from unmask.training.checkpoint import CONTENTS
from unmask.training.drawing import DrawerTask, as_bytes, as_input, fit_drawer
from unmask.training.material import Portrait
from unmask.training.recipe import RendererRecipe
from unmask.training.run import Run
from unmask.training.seals import FACES, digest_faces
from unmask.training.start import imagenet_weights

_BATCH = 32


class RendererTask(DrawerTask[Renderer, Tensor]):
    """An autoencoder of portraits."""

    def __init__(
        self,
        recipe: RendererRecipe,
        portraits: Sequence[Portrait],
        data: Sequence[Path],
        run: Run,
    ) -> None:
        super().__init__(recipe, lambda: _renderer(recipe), run)
        self.recipe = recipe
        self._perception = _perception(data).to(run.fabric.device) if recipe.perception else None
        self._contents = {FACES: digest_faces(portraits)}
        pictures = torch.from_numpy(shrink_all(portraits, recipe.side))
        self._pictures = pictures.to(run.fabric.device)  # all of them: a gigabyte at most

    def seal(self) -> Mapping[str, Any]:
        """The recipe and the portraits."""
        return {
            "recipe": self.recipe.model_dump(),
            "portraits": len(self._pictures),
            CONTENTS: self._contents,
        }

    def batches(self) -> Iterator[Tensor]:
        """Pictures N×3×S×S, or patches of them, drawn by the step's number."""
        side = self.recipe.patch or self.recipe.side
        for step in range(self.step, self.steps):
            rng = np.random.default_rng([self.seed, step])
            chosen = rng.integers(0, len(self._pictures), self.recipe.batch)
            corners = rng.integers(0, self.recipe.side - side + 1, (len(chosen), 2))
            places = zip(chosen.tolist(), corners.tolist(), strict=True)
            parts = [self._pictures[i, y : y + side, x : x + side] for i, (y, x) in places]
            yield as_input(torch.stack(parts))

    def draw(self, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstruct."""
        drawn = self.net(batch).float()
        loss = reconstruction_loss(drawn, batch)
        if self._perception is not None:
            loss = loss + self.recipe.perception * self._perception(drawn, batch)
        return drawn, batch, loss


def fit_renderer(
    recipe: RendererRecipe, portraits: Sequence[Portrait], data: Sequence[Path], run: Run
) -> Path:
    """Fit on the portraits given (never on validation people); returns the safetensors' path.

    One with ``perception`` needs ImageNet weights in one of the ``data`` folders. A renderer that
    is there already is not fitted again; :class:`DataError` if it is of another recipe or data.
    """
    made_of = {"recipe": recipe.model_dump(), FACES: [face.digest() for face in portraits]}
    return fit_drawer(lambda: RendererTask(recipe, portraits, data, run), recipe.name, made_of, run)


def draw_all(
    recipe: RendererRecipe, weights: Path, portraits: Sequence[Portrait], run: Run
) -> NDArray[np.uint8]:
    """Every portrait as this renderer draws it: N×S×S×3, uint8, RGB."""
    net = _renderer(recipe)
    net.load_state_dict(read_tensors(weights))
    net.to(run.fabric.device).eval()
    pictures = shrink_all(portraits, recipe.side)
    drawn = np.empty_like(pictures)
    with torch.inference_mode(), run.fabric.autocast():
        for start in range(0, len(pictures), _BATCH):
            some = torch.from_numpy(pictures[start : start + _BATCH])
            x = as_input(some.to(run.fabric.device))
            drawn[start : start + _BATCH] = as_bytes(net(x))
    return drawn


def shrink_all(portraits: Sequence[Portrait], side: int) -> NDArray[np.uint8]:
    """All pictures at one side: N×S×S×3."""
    pictures = np.empty((len(portraits), side, side, 3), dtype=np.uint8)

    def shrink(index: int) -> None:
        picture = portraits[index].picture()
        pictures[index] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)

    with ThreadPoolExecutor() as pool:  # decoding leaves the interpreter's lock alone
        deque(pool.map(shrink, range(len(portraits))), maxlen=0)
    return pictures


def _perception(data: Sequence[Path]) -> Perception:
    trunk, path = Xception(), imagenet_weights(data)
    load_trunk(trunk, read_tensors(path), str(path))
    return Perception(trunk)


def _renderer(recipe: RendererRecipe) -> Renderer:
    return Renderer(recipe.upsampling, recipe.bottleneck, recipe.halvings, recipe.width)
