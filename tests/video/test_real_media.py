"""Every real clip at hand decodes, undamaged, with rising times."""

from __future__ import annotations

import pytest
from media_factory import NEVER, info_of, plan

from unmask.video import SUFFIXES, DamageCount, read_windows


def files(shared):
    found = [*(shared / "eval" / "dev").rglob("*"), *(shared / "data" / "clips").iterdir()]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def check(path):
    info, damage = info_of(path), DamageCount()
    end = info.duration_s or 1
    plans = [plan(0, end / 2, 4, 0.1), plan(end / 2, end, 4, 0.1)]
    last = -1
    for window in read_windows(path, info, plans, deadline=NEVER, damage=damage):
        for frame in window.frames:
            assert frame.image.shape == (info.height, info.width, 3)
            assert frame.time > last
            last = frame.time
    assert last >= (end / 2 if info.kind == "video" else 0), "a second window"
    assert damage.damaged == 0


def test_a_few_real_files(shared):
    chosen = {path.suffix: path for path in reversed(files(shared))}
    assert len(chosen) >= 4
    for path in chosen.values():
        check(path)


@pytest.mark.slow
def test_all_real_files(shared):
    for path in files(shared):
        check(path)
