"""The other usual stack: OpenCV, facenet-pytorch's MTCNN, Xception and an LSTM in torch, float32.

Runs in its own environment, see ``facenet_stack.txt`` beside it (facenet-pytorch itself is
installed without its dependencies, for it asks for a torch of 2024):

    python -m venv facenet-stack
    facenet-stack/bin/pip install -r benchmarks/baselines/facenet_stack.txt
    facenet-stack/bin/pip install --no-deps facenet-pytorch
    facenet-stack/bin/python benchmarks/baselines/facenet_stack.py CLIP [--frames 20] [--repeats 3]

Does what ``keras_stack.py`` does, on the CPU, and prints the same JSON. The weights of Xception
are random, which takes as long as fitted ones.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib.metadata import version
from itertools import pairwise

import cv2
import numpy as np
import torch
from facenet_pytorch import MTCNN
from torch import Tensor, nn

SIZE, MARGIN = 224, 1.3
# Chollet, Xception, 2017, figure 5: channels out, stride, and whether a ReLU comes first.
ENTRY = ((128, False), (256, True), (728, True))


def separable(inside: int, out: int) -> nn.Sequential:
    """A depthwise 3×3 convolution, a pointwise one, and their normalisation."""
    depthwise = nn.Conv2d(inside, inside, 3, padding=1, groups=inside, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(inside, out, 1, bias=False), nn.BatchNorm2d(out))


class Block(nn.Module):
    """Separable convolutions beside a shortcut, which is a strided 1×1 where the size halves."""

    def __init__(self, widths: list[int], *, halve: bool, relu_first: bool) -> None:
        super().__init__()
        parts: list[nn.Module] = []
        for at, (inside, out) in enumerate(pairwise(widths)):
            parts += [nn.ReLU()] * (at > 0 or relu_first) + [separable(inside, out)]
        self.body = nn.Sequential(*parts, *[nn.MaxPool2d(3, 2, 1)] * halve)
        shortcut = nn.Conv2d(widths[0], widths[-1], 1, 2, bias=False)
        self.skip = nn.Sequential(shortcut, nn.BatchNorm2d(widths[-1])) if halve else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.skip(x)


def xception() -> nn.Sequential:
    """N×3×S×S → N×2048 pooled features."""
    layers: list[nn.Module] = []
    for inside, out, stride in ((3, 32, 2), (32, 64, 1)):
        layers += [nn.Conv2d(inside, out, 3, stride, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
    width = 64
    for out, relu_first in ENTRY:
        layers.append(Block([width, out, out], halve=True, relu_first=relu_first))
        width = out
    layers += [Block([728] * 4, halve=False, relu_first=True) for _ in range(8)]
    layers.append(Block([728, 728, 1024], halve=True, relu_first=True))
    for inside, out in ((1024, 1536), (1536, 2048)):
        layers += [separable(inside, out), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Head(nn.Module):
    """Features of a clip, 1×T×2048 → its logit."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2048, 256, batch_first=True)
        self.out = nn.Linear(256, 1)

    def forward(self, clip: Tensor) -> Tensor:
        return self.out(self.lstm(clip)[0][:, -1])


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


def cut(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The square about a box x0, y0, x1, y1, with a margin, as SIZE×SIZE."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = MARGIN * max(box[2] - box[0], box[3] - box[1]) / 2
    left, top = max(0, int(x - half)), max(0, int(y - half))
    piece = frame[top : int(y + half) + 1, left : int(x + half) + 1]
    return cv2.resize(piece, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


@torch.inference_mode()
def run(path: str, wanted: int, detector: MTCNN, backbone: nn.Module, head: nn.Module) -> dict:
    """Seconds of each stage of one scan, and how many faces it scored."""
    burnt, marks = time.process_time(), [time.perf_counter()]
    frames = decoded(path, wanted)
    marks.append(time.perf_counter())
    crops = []
    for frame in frames:
        boxes, _ = detector.detect(frame)
        if boxes is not None:
            areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
            crops.append(cut(frame, boxes[areas.argmax()]))
    marks.append(time.perf_counter())
    batch = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 127.5 - 1
    head(backbone(batch)[None]).sigmoid().item()
    marks.append(time.perf_counter())
    decode, detect, score = np.diff(marks).tolist()
    total = marks[-1] - marks[0]
    return {
        "decode": decode,
        "detect": detect,
        "score": score,
        "total": total,
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
    detector = MTCNN(min_face_size=20, device="cpu")
    backbone, head = xception().eval(), Head().eval()
    runs = [
        run(arguments.clip, arguments.frames, detector, backbone, head)
        for _ in range(arguments.repeats + 1)
    ]
    versions = {name: version(name) for name in ("torch", "facenet-pytorch")}
    print(json.dumps({"versions": versions, "first": runs[0], "runs": runs[1:]}))


if __name__ == "__main__":
    main()
