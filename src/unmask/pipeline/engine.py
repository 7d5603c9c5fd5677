"""The networks of one analyser, loaded."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
        self._loading = threading.Lock()

    def loaded(self) -> Engine:
        """The engine. Raises as :meth:`Engine.load`."""
        with self._loading:
            # A forked child has its parent's networks without the threads that run them.
            if self._engine is None or self._loaded_by != os.getpid():
                self._engine = Engine.load(*self._asked)
                self._loaded_by = os.getpid()
            return self._engine
