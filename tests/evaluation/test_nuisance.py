"""What separates the classes without a face is found, and nothing else."""

from __future__ import annotations

import numpy as np
from made_up import case
from skimage.data import astronaut

from unmask.evaluation.facts import black_bars
from unmask.evaluation.figures import Drawing
from unmask.evaluation.nuisance import nuisance

DRAWING = Drawing(20)


def files(count: int, *, fake_width: int) -> list:
    rng = np.random.default_rng(3)
    found = []
    for at in range(count):
        for label in (0, 1):
            width = int(rng.choice([320, 640])) if not label or fake_width == 0 else fake_width
            facts = {
                "kind": "video",
                "codec": "h264",
                "container": "mp4",
                "width": str(width),
                "height": "360",
                "fps": str(rng.choice([25, 30])),
                "duration_s": f"{rng.uniform(2, 30):.2f}",
                "bytes": str(int(rng.integers(10**5, 10**6))),
            }
            if at % 3:
                facts["face_px"] = f"{rng.uniform(60, 200):.0f}"
            found.append(case(label, 0.5, name=f"{label}{at}", facts=facts))
    return found


def aucs(cases: list) -> dict[str, float]:
    return {row.feature: row.auc.value for row in nuisance(cases, DRAWING)}


def test_a_width_that_only_one_class_has_gives_it_away() -> None:
    found = aucs(files(24, fake_width=1280))
    assert found["all"] > 0.95
    assert found["resolution"] == 1.0
    assert 0.3 < found["frame rate"] < 0.7
    assert "codec and container" not in found  # the same in all files: no feature
    assert next(iter(found)) == "all"


def test_nothing_separates_what_was_drawn_alike() -> None:
    found = aucs(files(40, fake_width=0))
    assert {"all", "resolution", "frame rate", "duration"} <= found.keys()
    assert all(0.25 < value < 0.75 for value in found.values())


def test_predictions_are_for_groups_left_out() -> None:
    # A width of its own for each group could be learnt by heart; left out, it says nothing.
    rng = np.random.default_rng(0)
    cases = []
    for group in range(20):
        label = group % 2
        facts = {"width": str(int(rng.integers(100, 2000))), "height": "100"}
        for at in range(3):
            name = f"{group}-{at}"
            cases.append(case(label, 0.5, name=name, source=str(group), facts=facts))
    found = aucs(cases)
    assert 0.1 < found["all"] < 0.8
    assert set(found) == {"all", "resolution"}  # what is known of no file is no feature


def test_without_facts_or_with_one_group_there_is_no_table() -> None:
    assert nuisance([case(0, 0.1), case(1, 0.9)], DRAWING) == []
    assert nuisance(files(1, fake_width=9), DRAWING) == []


def test_black_bars_are_the_share_outside_the_picture() -> None:
    picture = np.maximum(astronaut()[:200, :300], 40)
    assert black_bars(picture) == 0
    boxed = np.zeros((250, 300, 3), np.uint8)
    boxed[25:225] = picture
    assert abs(black_bars(boxed) - 0.2) < 1e-9
    assert black_bars(np.zeros((9, 9, 3), np.uint8)) == 1
