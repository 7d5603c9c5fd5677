"""The networks of one analyser, loaded."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from unmask.core.forking import no_fork_within
from unmask.faces import FaceDetector
from unmask.runtime import ModelPackage, SessionOptions
from unmask.scoring import Scorer


@dataclass(frozen=True, slots=True)
class Engine:
    """The face detector and the scorer of a verified model package."""

    detector: FaceDetector
    scorer: Scorer

    @classmethod
    def load(cls, package: ModelPackage, options: SessionOptions, min_face: int) -> Engine:
        """Check the package's hashes and load all graphs, side by side.

        Raises :class:`ModelError` and the errors of :func:`unmask.runtime.open_session`.
        """
        with ThreadPoolExecutor(2, thread_name_prefix="unmask-load") as pool:
            verified = pool.submit(package.verify)
            detector = pool.submit(FaceDetector, options, min_face=min_face)
            verified.result()  # before the graphs are given to a parser written in C++
            return cls(scorer=Scorer(package, options), detector=detector.result())


class Engines:
    """The engine of these options, loaded when it is first asked for, once a process."""

    def __init__(self, package: ModelPackage, options: SessionOptions, min_face: int) -> None:
        self._asked = package, options, min_face
        self._engine: Engine | None = None
        self._loaded_by = 0  # process

    def loaded(self) -> Engine:
        """The engine. Raises as :meth:`Engine.load`."""
        if (engine := self._ours()) is None:
            with _LOADING:
                if (engine := self._ours()) is None:
                    engine = self._engine = Engine.load(*self._asked)
                    self._loaded_by = os.getpid()
        return engine

    def _ours(self) -> Engine | None:
        """A forked child has its parent's networks without the threads that run them."""
        return self._engine if self._loaded_by == os.getpid() else None


_LOADING = threading.Lock()
"""Of all engines together, so that a fork can wait for it: locks of theirs would come and go."""
no_fork_within(_LOADING)
