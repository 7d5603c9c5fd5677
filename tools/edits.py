"""What a scan says of files once people and apps have edited them, as they do every day.

    python tools/edits.py LIST.csv [--model MODEL] [--every N] [--only NAME ...] [--clips N]

Captions, stickers, filters, cuts and the like make no fake of a real recording. Every file is
scanned as it is and after each edit; the table (Markdown) says how many of the real and of the
manipulated files were given which verdict. Split screens, dissolves and the like take the real
file before in the list for their second person. Edits are made of decoded frames, before a face
is looked for, and are not coded again unless they are about that; what moves with the face does
so exactly.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from editing import EDITS, Edit, Image, Person, Scene
from filming import FURTHER
from rich.progress import track

from unmask import Analyser
from unmask.core.analysis import Verdict
from unmask.core.frames import Detection, Window
from unmask.datasets.index import Index
from unmask.datasets.listing import index_list
from unmask.datasets.opening import opened
from unmask.faces import FaceDetector
from unmask.pipeline import AnalysisRequest

AS_IT_IS = "as it is"
SURE = 0.95  # of a face; less is often a hand
EVERY = EDITS | FURTHER
COLUMNS = ("manipulated", "no-manipulation-found", "inconclusive", "not judged", "no-face")


@dataclass(slots=True)
class Footage:
    """The sampled windows of one file and who is seen in them, kept from edit to edit.

    By when each begins: what is edited may have a scan look at more of them.
    """

    windows: dict[Fraction, Sequence[Image]] = field(default_factory=dict)
    people: dict[Fraction, list[Person | None]] = field(default_factory=dict)

    def watch(self, detector: FaceDetector, window: Window) -> Window:
        """Keeps a window, changes nothing."""
        found = detector.detect_window(window.frames)
        largest = [max(some, key=_sure_and_large, default=None) for some in found]
        begins = window.frames[0].time
        self.windows[begins] = [frame.image for frame in window.frames]
        self.people[begins] = [one and Person(one.box, one.landmarks) for one in largest]
        return window


@dataclass(slots=True)
class Altering:
    """One edit of one file, window by window, in order."""

    edit: Edit
    footage: Footage
    other: Footage
    detector: FaceDetector
    number: int = 0

    def __call__(self, window: Window) -> Window:
        """The next window, edited."""
        at, self.number = self.number, self.number + 1
        begins = window.frames[0].time
        if begins not in self.footage.windows:
            self.footage.watch(self.detector, window)
        others = list(self.other.windows.values())
        scene = Scene(
            number=at,
            images=self.footage.windows[begins],
            people=self.footage.people[begins],
            others=others[at % len(others)],
        )
        changed = self.edit(scene)
        pairs = zip(window.frames, changed, strict=True)
        return Window(tuple(replace(frame, image=image) for frame, image in pairs))


def _sure_and_large(face: Detection) -> tuple[bool, float]:
    return face.score > SURE, face.size


def column(verdict: Verdict) -> str:
    """Inconclusive without a probability is a column of its own: the face was not judged."""
    judged = verdict.label != "inconclusive" or verdict.probability is not None
    return verdict.label if judged else "not judged"


def scan(
    analyser: Analyser, index: Index, every: int, edits: dict[str, Edit]
) -> dict[tuple[str, int], Counter[str]]:
    """How many files of each class (1 is manipulated) went into which column after each edit."""
    detector, other = FaceDetector(min_face=analyser.request.min_face), Footage()
    found: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for sample in track(index.samples[::every], "editing and scanning"):
        footage = Footage()
        with opened(index.root, sample) as path:
            plain = analyser.analyse(path, alter=partial(footage.watch, detector))
            found[AS_IT_IS, sample.label][column(plain.verdict)] += 1
            for name, edit in edits.items():
                altering = Altering(edit, footage, other if other.windows else footage, detector)
                verdict = analyser.analyse(path, alter=altering).verdict
                found[name, sample.label][column(verdict)] += 1
        if sample.label == 0:
            other = footage
    return found


def main() -> None:
    """Scan every file once an edit, print a row for each edit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file")
    parser.add_argument("--clips", type=int, default=4, help="windows of a file")
    parser.add_argument("--only", nargs="+", metavar="EDIT", choices=EVERY, default=EVERY)
    options = parser.parse_args()
    request = AnalysisRequest(clips=options.clips)
    analyser = Analyser(options.model, device="cpu", options=request)
    edits = {name: EVERY[name] for name in options.only}
    found = scan(analyser, index_list(options.index), options.every, edits)
    print(
        "| edit |",
        " | ".join(f"{kind}: {name}" for kind in ("real", "fake") for name in COLUMNS),
        "|",
    )
    print("|---" * (1 + 2 * len(COLUMNS)) + "|")
    for name in (AS_IT_IS, *edits):
        row = [str(found[name, label][one]) for label in (0, 1) for one in COLUMNS]
        print(f"| {name} |", " | ".join(row), "|")


if __name__ == "__main__":
    main()
