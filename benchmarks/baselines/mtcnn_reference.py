"""Write the detections of PyPI ``mtcnn`` 1.0.0 at its default settings, one picture at a time.

Runs in its own environment (TensorFlow, no Unmask), see ``mtcnn_reference.txt`` beside it:

    python -m venv reference
    reference/bin/pip install -r benchmarks/baselines/mtcnn_reference.txt
    reference/bin/python benchmarks/baselines/mtcnn_reference.py PICTURES/ reference.json

The JSON maps a picture's path within the folder to its faces: ``box`` [x0, y0, x1, y1],
``score``, ``landmarks`` five [x, y], all unrounded, and to the ``seconds`` the detection took.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from mtcnn import MTCNN
from PIL import Image

KINDS = {".png", ".jpg", ".jpeg", ".webp"}


def reference(detector: MTCNN, path: Path) -> dict[str, object]:
    """One picture's faces and the time they took."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    started = time.perf_counter()
    rows = detector.detect_faces(pixels, box_format="xyxy", output_type="numpy")
    seconds = time.perf_counter() - started
    faces = [
        {
            "box": [round(float(value), 3) for value in row[1:5]],
            "score": round(float(row[5]), 6),
            "landmarks": np.round(row[6:16].reshape(2, 5).T.astype(float), 3).tolist(),
        }
        for row in rows
    ]
    return {"seconds": round(seconds, 4), "faces": faces}


def main() -> None:
    """Read the folder, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    detector = MTCNN()
    found = {}
    for path in sorted(arguments.folder.rglob("*")):
        if path.suffix.lower() in KINDS:
            name = path.relative_to(arguments.folder).as_posix()
            found[name] = reference(detector, path)
            print(f"{name}: {len(found[name]['faces'])} in {found[name]['seconds']} s", flush=True)
    arguments.output.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
