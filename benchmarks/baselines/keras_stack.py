"""The usual stack for this job: OpenCV, PyPI ``mtcnn``, Keras' Xception and an LSTM, in float32.

Runs in its own environment (TensorFlow, no Unmask), see ``keras_stack.txt`` beside it:

    python -m venv keras-stack
    keras-stack/bin/pip install -r benchmarks/baselines/keras_stack.txt
    keras-stack/bin/python benchmarks/baselines/keras_stack.py CLIP [--frames 20] [--repeats 3]

Every frame is decoded, faces of 20 pixels and more are looked for in evenly spaced ones, the
largest face of each is cut out and resized, and the crops go through Xception in one batch and
through the LSTM as one clip. The weights are random, which takes as long as fitted ones. Prints
JSON, one entry a run: seconds of each stage, and CPU seconds of all cores together. The first run
is kept apart. ``benchmarks/stacks.py`` reads it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from importlib.metadata import version
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import mtcnn
import numpy as np
import tensorflow as tf

SIZE, MARGIN = 224, 1.3


def decoded(path: str, wanted: int) -> list[np.ndarray]:
    """``wanted`` evenly spaced frames (H×W×3, RGB), after decoding every one."""
    reader = cv2.VideoCapture(path)
    total = int(reader.get(cv2.CAP_PROP_FRAME_COUNT))
    places = {int(at) for at in np.linspace(0, total - 1, wanted)}
    frames, index = [], 0
    while True:
        good, frame = reader.read()
        if not good:
            break
        if index in places:
            frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        index += 1
    reader.release()
    return frames


def cut(frame: np.ndarray, box: list[float]) -> np.ndarray:
    """The square about a box x, y, width, height, with a margin, as SIZE×SIZE."""
    x, y, width, height = box
    half = MARGIN * max(width, height) / 2
    left, top = max(0, int(x + width / 2 - half)), max(0, int(y + height / 2 - half))
    piece = frame[top : int(y + height / 2 + half) + 1, left : int(x + width / 2 + half) + 1]
    return cv2.resize(piece, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def network() -> tuple[Any, Any]:
    """Xception up to its pooled features, and a head over a clip of them."""
    backbone = keras.applications.Xception(
        include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg"
    )
    clip = keras.Input((None, 2048))
    hidden = keras.layers.LSTM(256)(clip)
    head = keras.Model(clip, keras.layers.Dense(1, activation="sigmoid")(hidden))
    return backbone, head


def run(path: str, wanted: int, detector: Any, backbone: Any, head: Any) -> dict[str, float]:
    """Seconds of each stage of one scan, and how many faces it scored."""
    burnt, marks = time.process_time(), [time.perf_counter()]
    frames = decoded(path, wanted)
    marks.append(time.perf_counter())
    crops = []
    for frame in frames:
        faces = detector.detect_faces(frame)
        if faces:
            largest = max(faces, key=lambda face: face["box"][2] * face["box"][3])
            crops.append(cut(frame, largest["box"]))
    marks.append(time.perf_counter())
    batch = np.stack(crops).astype(np.float32) / 127.5 - 1
    features = backbone(batch, training=False)
    float(head(tf.convert_to_tensor(features)[None], training=False)[0, 0])
    marks.append(time.perf_counter())
    decode, detect, score = np.diff(marks).tolist()
    return {
        "decode": decode,
        "detect": detect,
        "score": score,
        "total": marks[-1] - marks[0],
        "cpu": time.process_time() - burnt,
        "faces": len(crops),
    }


def main() -> None:
    """Run, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clip")
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    detector = mtcnn.MTCNN()
    backbone, head = network()
    runs = [
        run(arguments.clip, arguments.frames, detector, backbone, head)
        for _ in range(arguments.repeats + 1)
    ]
    versions = {name: version(name) for name in ("tensorflow_cpu", "keras", "mtcnn")}
    print(json.dumps({"versions": versions, "first": runs[0], "runs": runs[1:]}))


if __name__ == "__main__":
    main()
