"""The networks of one analyser, loaded."""

from __future__ import annotations

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
