"""Real and manipulated clips as a data set labels them, drawn so that little else differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from numpy.random import Generator

from unmask.datasets.sample import UNKNOWN
from unmask.training.films import Film
from unmask.training.shards import Labelled


class LabelledClips:
    """Clips with both labels, by method and source. Empty where a class is absent."""

    def __init__(self, clips: Sequence[Labelled]) -> None:
        self._fakes: defaultdict[str, list[Labelled]] = defaultdict(list)
        self._real_of: defaultdict[str, list[Labelled]] = defaultdict(list)
        for clip in clips:
            if clip.label:
                self._fakes[clip.method].append(clip)
            else:
                self._real_of[clip.source].append(clip)
        self._real = [clip for clip in clips if clip.label == 0]
        self.clips = tuple(clips)

    def __bool__(self) -> bool:
        return bool(self._real) and bool(self._fakes)

    def fakes(self) -> list[Labelled]:
        """All that are manipulated."""
        return [clip for clips in self._fakes.values() for clip in clips]

    def methods(self) -> list[str]:
        """By which those are made, as far as the data sets say so."""
        return [method for method in sorted(self._fakes) if method and method != UNKNOWN]

    def draw(self, rng: Generator, *, frames: int = 1) -> tuple[Film, Film]:
        """A real and a manipulated clip with ``frames`` at least, or the longest of some tried.

        Methods weigh alike. The real one is of the same recording where the data holds it, so
        that the person and the scene tell nothing.
        """
        methods = sorted(self._fakes)
        fake = _long(self._fakes[methods[int(rng.integers(len(methods)))]], frames, rng)
        real = _long(self._real_of.get(fake.source) or self._real, frames, rng)
        return real.film, fake.film


def _long(clips: Sequence[Labelled], frames: int, rng: Generator) -> Labelled:
    tried = [clips[int(rng.integers(len(clips)))] for _ in range(8)]
    enough = (clip for clip in tried if len(clip.film.frames) >= frames)
    return next(enough, max(tried, key=lambda clip: len(clip.film.frames)))
