"""Whether a scan's stages are as much faster than plain ways of doing them as they should be.

    python benchmarks/check_speed.py [--clip FILE] [--model NAME|DIR] [--repeats N]

Every stage is timed beside a plain way in the same run, in CPU seconds of all cores together, and
the ratio of the medians is held against a limit: absolute times would tell of the machine, and of
what else it does. Plain are: decoding every frame; looking for faces everywhere in each frame; one
call after the other of the compiled backbone, in whichever arithmetic is faster. Exits 1 where a
limit is passed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from scan_speed import make_clip

from unmask.clips import align, plan_windows
from unmask.core.deadline import Deadline
from unmask.core.errors import RuntimeUnavailable
from unmask.faces import FaceDetector
from unmask.pipeline import Analyser
from unmask.runtime import SessionOptions, open_session
from unmask.video import DamageCount, probe, read_windows

# Ratios of CPU seconds that a stage may reach: what was measured (docs/performance.md), and half
# as much again or so for machines that are built otherwise.
LIMITS = {"decode": 0.65, "detect": 0.65, "score": 1.5}
CROPS = 32
NEVER = Deadline.after(None)


def burnt(work: Callable[[], object], repeats: int) -> list[float]:
    """CPU seconds of each call after the first."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return seconds[1:]


def decode_all(clip: Path) -> int:
    """Every frame, as OpenCV gives them."""
    reader, count = cv2.VideoCapture(str(clip)), 0
    while reader.read()[0]:
        count += 1
    reader.release()
    return count


def plain_scores(analyser: Analyser, crops: np.ndarray, repeats: int) -> list[float]:
    """CPU seconds for the crops in the faster of the arithmetics that there are here."""
    trials = []
    for precision in ("f32", "bf16"):
        options = SessionOptions(device="cpu", precision=precision)
        try:
            session = open_session(analyser.package.backbone, options)
        except RuntimeUnavailable:
            continue
        trials.append(
            burnt(
                lambda session=session: [
                    session.run({"crops": crops[at : at + 1]}) for at in range(len(crops))
                ],
                repeats,
            )
        )
    return min(trials, key=statistics.median)


def measured(clip: Path, analyser: Analyser, repeats: int) -> dict[str, tuple[list, list]]:
    """Seconds of each stage, ours and plain."""
    manifest = analyser.package.manifest
    info = probe(clip, deadline=NEVER)
    frames = analyser.options.frames_per_clip
    plans = plan_windows(info.duration_s, clips=4, frames=frames, step_s=manifest.clip.step_s)

    def decode() -> list:
        return list(read_windows(clip, info, plans, deadline=NEVER, damage=DamageCount()))

    windows = decode()
    images = [[frame.image for frame in window.frames] for window in windows]
    detector = FaceDetector(SessionOptions(device="cpu"), min_face=20)
    found = detector.detect_window(windows[0].frames)
    best = max(found[0], key=lambda face: face.size)
    crop = align(
        windows[0].frames[0].image,
        best.landmarks,
        size=manifest.crop.size,
        margin=manifest.crop.margin,
    ).image
    crops = np.stack([crop] * CROPS)
    return {
        "decode": (burnt(decode, repeats), burnt(lambda: decode_all(clip), repeats)),
        "detect": (
            burnt(lambda: [detector.detect_window(one.frames) for one in windows], repeats),
            burnt(lambda: [detector.detect([image]) for some in images for image in some], repeats),
        ),
        "score": (
            burnt(lambda: analyser.scorer.score_crops(crops), repeats),
            plain_scores(analyser, crops, repeats),
        ),
    }


def main() -> None:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    analyser = Analyser(arguments.model, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        clip = arguments.clip or make_clip(Path(folder) / "clip.mp4", 10)
        stages = measured(clip, analyser, arguments.repeats)
    missed = False
    print("stage    ours, CPU s  plain, CPU s  ratio  limit")
    for stage, sides in stages.items():
        ours, plain = map(statistics.median, sides)
        ratio, limit = ours / plain, LIMITS[stage]
        missed |= ratio > limit
        word = "  too slow" if ratio > limit else ""
        print(f"{stage:8} {ours:11.3f} {plain:13.3f} {ratio:6.2f} {limit:6.2f}{word}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
