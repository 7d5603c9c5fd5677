"""Clips cut without encoding them anew: an edit list says which pieces of the film are shown."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_factory import info_of, numbers, plan, sample, times, write

from unmask.video import DamageCount, joined, reader

CODECS = {
    "h264": ("libx264", {"bf": "0", "sc_threshold": "0"}),
    "h264-b": ("libx264", {"bf": "3", "sc_threshold": "0"}),
    "hevc-b": ("libx265", {"x265-params": "log-level=none:bframes=3"}),
}


def boxes(data: bytes, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the boxes that lie one after the other there."""
    while start + 8 <= stop:
        (size,) = struct.unpack(">I", data[start : start + 4])
        yield bytes(data[start + 4 : start + 8]), start, size
        start += size


def show(path: Path, *pieces: tuple[float, float]) -> Path:
    """Put an edit list in place of the only track's own: begin and length of each, in seconds."""
    data = bytearray(path.read_bytes())

    def within(kind: bytes, start: int, stop: int) -> tuple[int, int]:
        return next((at, size) for name, at, size in boxes(data, start, stop) if name == kind)

    moov, moov_size = within(b"moov", 0, len(data))
    trak, trak_size = within(b"trak", moov + 8, moov + moov_size)
    edts, edts_size = within(b"edts", trak + 8, trak + trak_size)
    of_film, of_track = (
        struct.unpack(">I", data[at + 16 : at + 20])[0]
        for at in (data.index(b"mvhd"), data.index(b"mdhd"))
    )
    began = data.index(b"elst") + 16  # when the first frame is shown, by the track's own clock
    (first,) = struct.unpack(">i", data[began : began + 4])
    entries = b"".join(
        struct.pack(">IiI", round(lasts * of_film), first + round(begins * of_track), 1 << 16)
        for begins, lasts in pieces
    )
    listed = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(pieces)) + entries
    data[edts : edts + edts_size] = struct.pack(">I4s", 8 + len(listed), b"edts") + listed
    for at, size in ((moov, moov_size), (trak, trak_size)):
        data[at : at + 4] = struct.pack(">I", size + 8 + len(listed) - edts_size)
    path.write_bytes(data)
    return path


def film(path: Path, codec: str) -> Path:
    """Ten seconds, a key frame every two."""
    encoder, options = CODECS[codec]
    return write(path, codec=encoder, frames=250, gop=50, options=options)


@pytest.mark.parametrize("codec", CODECS)
def test_a_clip_cut_at_both_ends(tmp_path, codec):
    """Neither end is at a key frame: packets on both sides are in the file and never shown."""
    path = show(film(tmp_path / "a.mp4", codec), (1.52, 3.0))
    info = info_of(path)
    assert info.duration_s == pytest.approx(3, abs=0.001)
    assert info.stated_duration_s == pytest.approx(3, abs=0.001)
    windows = sample(path, plan(0, 1.5, 3, 0.2), plan(2, 3, 100, 0.04))
    assert numbers(windows[0]) == [38, 43, 48]
    assert times(windows[0]) == pytest.approx([0, 0.2, 0.4], abs=0.001)
    assert numbers(windows[1])[-1] == 112  # the last that is shown, at 4.48 s of what was filmed
    assert [round(time * 25) + 38 for time in times(windows[1])] == numbers(windows[1])


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("pieces", [[(1, 1), (5.2, 1)], [(5, 1), (1, 1)], [(1, 1), (1, 1)]])
def test_pieces_one_after_the_other(tmp_path, codec, pieces):
    """What was cut out of the middle is not looked at, and no piece is missed."""
    path = show(film(tmp_path / "a.mp4", codec), *pieces)
    assert info_of(path).duration_s == pytest.approx(2, abs=0.05)
    windows = sample(path, plan(0, 1, 100, 0.04), plan(1.2, 1.8, 3, 0.2))
    first, second = (25 * begins for begins, _ in pieces)
    assert numbers(windows[0]) == pytest.approx(range(int(first), int(first) + 25), abs=1)
    # FFmpeg itself is a frame late in the second piece of some films with B-frames.
    assert numbers(windows[1]) == pytest.approx([second + 5, second + 10, second + 15], abs=1)


def test_a_long_film_in_pieces_is_not_read_through(tmp_path, monkeypatch):
    path = show(film(tmp_path / "a.mp4", "h264"), (1, 4), (6, 4))
    monkeypatch.setattr(reader, "_SHORT_BYTES", 0)
    damage = DamageCount()
    assert sample(path, plan(0, 2, 3, 0.2), plan(6, 8, 3, 0.2), damage=damage)
    assert damage.unsure_of_times


def test_an_index_is_gone_through_only_for_an_edit_list(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4", "h264-b")

    def fail(entries: object) -> None:
        raise AssertionError("gone through")

    monkeypatch.setattr(joined, "pairwise", fail)
    assert numbers(*sample(path, plan(4, 6, 2, 0.2))) == [100, 105]
