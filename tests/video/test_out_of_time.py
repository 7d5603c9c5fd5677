"""Films that show something else to who jumps by the index than to who watches them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_factory import FAST, NEVER, info_of, need_encoder, plan, sample

from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded
from unmask.video import DamageCount
from unmask.video.clusters import in_order

BRIGHT, DARK = 220, 40
CLUSTER = b"\x1f\x43\xb6\x75"


def grey(path: Path, *levels: int, frames: int = 40, live: bool = False) -> Path:
    """Ten frames a second whose grey goes through ``levels`` in turn."""
    need_encoder("libvpx")
    options = {"live": "1"} if live else {}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream("libvpx", rate=10, options=FAST["libvpx"])
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.gop_size = 5
        for index in range(frames):
            image = np.full((64, 96, 3), levels[index % len(levels)], np.uint8)
            frame = av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def brightness(path: Path, damage: DamageCount | None = None) -> list[bool]:
    plans = [plan(k, k + 1, 3, 0.1) for k in range(4)]
    windows = sample(path, *plans, damage=damage)
    return [frame.image.mean() > 128 for window in windows for frame in window]


@pytest.mark.parametrize("whole", [True, False])
def test_clusters_behind_the_film_that_have_its_times_are_not_looked_at(tmp_path, whole):
    shown = grey(tmp_path / "shown.webm", BRIGHT, live=True).read_bytes()
    behind = grey(tmp_path / "behind.webm", DARK, live=True).read_bytes()
    path = tmp_path / "a.webm"
    path.write_bytes(shown + (behind if whole else behind[behind.index(CLUSTER) :]))
    assert info_of(path).duration_s == pytest.approx(4, abs=0.2)
    found = brightness(path)
    assert len(found) == 12
    assert all(found)


def test_a_frame_of_the_time_of_the_one_before_is_not_looked_at(tmp_path):
    """Chromium leaves it out; it was given a time of its own, and the next one's place."""
    even = grey(tmp_path / "even.webm", BRIGHT, DARK, frames=80)
    path = tmp_path / "a.webm"
    with av.open(str(even)) as source, av.open(str(path), "w") as out:
        (stream,) = source.streams
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.pts = packet.dts = packet.pts // 200 * 100  # of 100, 100, … ms
                packet.stream = copy
                out.mux(packet)
    damage = DamageCount()
    assert all(brightness(path, damage))
    assert damage.late >= 10


def element(name: str, body: bytes) -> bytes:
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def cluster(*times: int) -> bytes:
    parts = [element("e7", time.to_bytes(2, "big")) + element("a3", b"\x81" * 9) for time in times]
    return element("1f43b675", b"".join(parts))


def segment(body: bytes) -> bytes:
    return element("1a45dfa3", b"\x42\x86\x81\x01") + element("18538067", body)


VOID = element("ec", b"\0" * 3000)


@pytest.mark.parametrize(
    ("data", "rising"),
    [
        (segment(VOID + cluster(0) + cluster(500)), True),
        (segment(cluster(0) + cluster(500) + cluster(499)), False),
        (segment(cluster(0) + cluster(0)), False),
        (segment(cluster(0) + cluster(500, 100)), False),  # states its time twice
        (segment(cluster(0)) + segment(cluster(0)), False),
        (segment(cluster(0) + cluster(500))[:-20], True),  # broken off
        (segment(cluster(0)) + b"\0\0\0\0" + cluster(0), False),  # behind what is no element
        (segment(cluster(0)) + b"\xec" + (2**55 | 1 << 56).to_bytes(8, "big"), True),  # far beyond
        (segment(cluster(0) + b"\xa3\x7f\xff" + cluster(0)), False),  # a block of unknown length
        (segment(cluster(0)) + b"\xa3\x40", False),  # in the middle of a length
        (b"", True),
    ],
)
def test_whether_clusters_follow_each_other(tmp_path, data, rising):
    path = tmp_path / "a.mkv"
    path.write_bytes(data)
    assert in_order(path, NEVER) is rising


def test_blocks_of_any_size_are_stepped_over(tmp_path):
    """What is read at once ends anywhere in a head, and begins small after each long block."""
    random = np.random.default_rng(0)
    film = []
    for time in range(300):
        blocks = [
            random.bytes(size)
            for size in random.choice([0, 5, 126, 127, 500, 16382, 16383, 70_000], 4)
        ]
        lengths = [min(d for d in (1, 2, 3) if len(b) < (1 << 7 * d) - 1) for b in blocks]
        parts = [
            b"\xa3" + (len(b) | 1 << 7 * d).to_bytes(d, "big") + b
            for b, d in zip(blocks, lengths, strict=True)
        ]
        film.append(element("1f43b675", element("e7", time.to_bytes(2, "big")) + b"".join(parts)))
    path = tmp_path / "a.mkv"
    path.write_bytes(segment(b"".join(film)))
    assert in_order(path, NEVER)
    for at in (1, 150, 299):
        path.write_bytes(segment(b"".join([*film[:at], film[at - 1], *film[at:]])))
        assert not in_order(path, NEVER)


def test_a_file_of_small_elements_keeps_to_the_time_budget(tmp_path):
    path = tmp_path / "a.mkv"
    path.write_bytes(segment(b"\xec\x80" * 10_000))
    with pytest.raises(TimeBudgetExceeded):
        in_order(path, Deadline.after(0))
