"""A film of two hours costs what a short clip costs, in frames decoded and in memory held."""

from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path

import av
import pytest
from media_factory import NEVER, info_of, numbers, plan, sample, write

from unmask.core.frames import Window
from unmask.video import DamageCount, read_windows, windows
from unmask.video.sampling import pick

HOURS_2 = 7200


def film(folder: Path, name: str) -> Path:
    """Ten seconds at 5 frames a second, over and over for two hours: packets copied, not coded."""
    short = write(folder / "short.mp4", frames=50, rate=Fraction(5), gop=25, options={"bf": "0"})
    path = folder / name
    with av.open(str(short)) as source, av.open(str(path), "w") as out:
        given = source.streams.video[0]
        stream = out.add_stream_from_template(given)
        packets = [p for p in source.demux(given) if p.dts is not None]
        kept = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in packets]
        length = int(10 / given.time_base)
        for repeat in range(HOURS_2 // 10):
            for data, pts, dts, key in kept:
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, given.time_base
                packet.pts, packet.dts = pts + repeat * length, dts + repeat * length
                packet.duration = int(given.time_base.denominator / 5)
                packet.is_keyframe = key
                out.mux(packet)
    return path


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_two_hours(tmp_path, name):
    path = film(tmp_path, name)
    info = info_of(path)
    assert info.duration_s == pytest.approx(HOURS_2, abs=1)
    damage = DamageCount()
    width = HOURS_2 / 4
    plans = [plan(k * width, (k + 1) * width, 8, 0.4) for k in range(4)]
    windows = sample(path, *plans, damage=damage)
    assert [len(window) for window in windows] == [8] * 4
    for wanted, window in zip(plans, windows, strict=True):
        assert wanted.start <= window[0].time < wanted.start + 10
        # Each frame is the one of the ten seconds that belongs there.
        assert numbers(window) == [round(frame.time * 5) % 50 for frame in window]
    assert damage.damaged == 0
    assert damage.decoded < 4 * 60


def test_one_window_is_held_at_a_time(tmp_path, monkeypatch):
    path = write(tmp_path / "a.mp4", frames=60)
    plans = [plan(k * 0.4, k * 0.4 + 0.4, 8, 0.04) for k in range(6)]
    held: list[int] = []

    def watched(*arguments, **options):
        held.append(sum(type(each) is Window for each in gc.get_objects()))
        return pick(*arguments, **options)

    monkeypatch.setattr(windows, "pick", watched)
    seen = 0
    for window in read_windows(path, info_of(path), plans, deadline=NEVER, damage=DamageCount()):
        seen += len(window.frames)
        del window
    assert seen == 48
    assert held == [held[0]] * 6  # nothing of an earlier one while the next is decoded
