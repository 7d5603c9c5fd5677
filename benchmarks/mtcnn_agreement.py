"""How far our detections coincide with those of PyPI ``mtcnn`` 1.0.0 on a folder of pictures.

    python benchmarks/mtcnn_agreement.py PICTURES/ reference.json

``reference.json`` is made by ``benchmarks/baselines/mtcnn_reference.py`` in its own environment.
A reference face with a score of at least 0.95 is matched when one of ours overlaps it by an
intersection over union of at least 0.7 (optimal assignment, each face once). An extra is one of
ours above 0.95 that matches no reference face of any score. Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from unmask.core.frames import Detection
from unmask.faces import FaceDetector
from unmask.faces.assignment import assign
from unmask.faces.boxes import iou
from unmask.runtime import SessionOptions

SURE, OVERLAP = 0.95, 0.7


@dataclass
class Tally:
    """Counts and errors over pictures."""

    wanted: int = 0
    matched: int = 0
    ours: int = 0
    extra: int = 0
    overlaps: list[float] = field(default_factory=list)
    landmarks: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, theirs: list[dict[str, Any]], ours: list[Detection]) -> tuple[int, int]:
        """Count one picture; returns how many it misses and how many it has too many."""
        sure = [face for face in theirs if face["score"] >= SURE]
        pairs = _pairs(theirs, ours)
        good = [(i, j, o) for i, j, o in pairs if theirs[i]["score"] >= SURE]
        taken = {j for _, j, _ in pairs}
        extra = sum(face.score > SURE and j not in taken for j, face in enumerate(ours))
        self.wanted += len(sure)
        self.matched += len(good)
        self.ours += sum(face.score > SURE for face in ours)
        self.extra += extra
        for i, j, overlap in good:
            width = theirs[i]["box"][2] - theirs[i]["box"][0]
            off = np.linalg.norm(np.array(theirs[i]["landmarks"]) - ours[j].landmarks, axis=1)
            self.overlaps.append(overlap)
            self.landmarks.append(float(off.mean() / width))
            self.scores.append(abs(theirs[i]["score"] - ours[j].score))
        return len(sure) - len(good), extra

    def report(self) -> bool:
        """Print the figures; whether all targets are met."""
        recall = self.matched / max(self.wanted, 1)
        surplus = self.extra / max(self.wanted, 1)
        median = float(np.median(self.landmarks))
        print(f"matched {self.matched} of {self.wanted} = {recall:.2%} (target 98 %)")
        print(f"extra {self.extra} of {self.ours} = {surplus:.2%} of theirs (target at most 3 %)")
        print(f"landmarks off by {median:.2%} of the width at the median (target 4 %),")
        print(f"  {np.quantile(self.landmarks, 0.95):.2%} at the 95th percentile")
        print(f"IoU {np.median(self.overlaps):.4f} at the median, ", end="")
        print(f"{np.quantile(self.overlaps, 0.05):.4f} at the 5th percentile")
        print(f"score off by {np.quantile(self.scores, 0.95):.5f} at the 95th percentile")
        return recall >= 0.98 and surplus <= 0.03 and median <= 0.04


def _pairs(theirs: list[dict[str, Any]], ours: list[Detection]) -> list[tuple[int, int, float]]:
    if not theirs or not ours:
        return []
    a = np.array([face["box"] for face in theirs], np.float32)
    b = np.array([face.box for face in ours], np.float32)
    table = iou(a, b)
    rows, columns = np.nonzero(table >= OVERLAP)
    pairs = assign(rows, columns, 1.0 - table[rows, columns])
    return [(i, j, float(table[i, j])) for i, j in pairs]


def main() -> None:
    """Detect in every picture that the reference lists, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--runtime", choices=("openvino", "onnxruntime"))
    parser.add_argument("--precision", choices=("auto", "f32", "bf16"), default="auto")
    parser.add_argument("--only", default="", help="pictures whose name starts with this")
    parser.add_argument("--verbose", action="store_true", help="name the pictures that differ")
    arguments = parser.parse_args()
    options = SessionOptions(device="cpu", runtime=arguments.runtime, precision=arguments.precision)
    detector = FaceDetector(options, min_face=20)
    tally = Tally()
    for name, entry in json.loads(arguments.reference.read_text(encoding="utf-8")).items():
        if not name.startswith(arguments.only):
            continue
        pixels = np.asarray(Image.open(arguments.folder / name).convert("RGB"))
        missed, extra = tally.add(entry["faces"], detector.detect([pixels])[0])
        if arguments.verbose and (missed or extra):
            print(f"  {name}: {missed} missed, {extra} extra of {len(entry['faces'])}")
    sys.exit(not tally.report())


if __name__ == "__main__":
    main()
