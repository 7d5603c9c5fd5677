"""How far each place of a face stands out of the rest where nothing was changed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Places(nn.Module):
    """The usual map of a real crop, which is taken off every map before it is judged.

    Eyes and mouths stand out of any face, and a network whose every fake was changed there has
    learnt to look there first. What is left is how far a place stands out of what it is like in
    real people, so that a mouth is not suspicious for being one, nor a brow above suspicion. The
    median over real crops, not the mean: single ones stand out by much.
    """

    usual: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("usual", torch.zeros(1, 1))

    def forward(self, cells: Tensor) -> Tensor:
        """Centred cells N×s×s → what of them is beyond the usual, centred as well."""
        usual = self.usual
        if usual.shape not in ((1, 1), cells.shape[1:]):  # crops of another size
            grown = functional.interpolate(usual[None, None], cells.shape[1:], mode="bilinear")
            usual = _centred(grown[0, 0])
        return cells - usual

    @torch.no_grad()
    def fit(self, cells: Tensor) -> None:
        """From the centred cells N×s×s of real crops; a crop and its mirror image count alike."""
        middle = cells.median(dim=0).values
        self.usual = _centred((middle + middle.flip(1)) / 2)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        given = state_dict.get(f"{prefix}usual")
        if given is not None and given.ndim == 2:  # as many places as the crops it was fitted on
            self.usual = torch.zeros_like(given, device=self.usual.device)
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _centred(places: Tensor) -> Tensor:
    return places - places.mean()
