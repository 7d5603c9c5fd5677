"""Every container and codec: true times, the frames that belong to them, and few decoded."""

from __future__ import annotations

import struct
from fractions import Fraction
from types import SimpleNamespace

import av
import pytest
from media_factory import NEVER, info_of, numbers, plan, sample, times, write

from unmask.video import DamageCount, joined, reader

FORMATS = {
    # file: (codec, encoder options, container, codec as reported)
    "a.mp4": ("libx264", {}, "mp4", "h264"),
    "b.mov": ("libx265", {}, "mov", "hevc"),
    "c.mkv": ("libx264", {}, "matroska", "h264"),
    "d.webm": ("libvpx", {}, "webm", "vp8"),
    "e.webm": ("libvpx-vp9", {}, "webm", "vp9"),
    "f.mp4": ("libsvtav1", {}, "mp4", "av1"),
    "g.avi": ("mpeg4", {"bf": "2"}, "avi", "mpeg4"),
    "h.avi": ("libx264", {}, "avi", "h264"),
    "i.avi": ("mjpeg", {}, "avi", "mjpeg"),
    "j.ts": ("libx264", {}, "mpegts", "h264"),
    "k.ts": ("mpeg2video", {"bf": "2"}, "mpegts", "mpeg2video"),
    "l.mpg": ("mpeg1video", {"bf": "2"}, "mpeg", "mpeg1video"),
    "m.flv": ("libx264", {}, "flv", "h264"),
    "n.wmv": ("wmv2", {}, "asf", "wmv2"),
    "o.mkv": ("ffv1", {}, "matroska", "ffv1"),
    "p.h264": ("libx264", {}, "h264", "h264"),
    "q.ivf": ("libvpx", {}, "ivf", "vp8"),
    "r.m2v": ("mpeg2video", {"bf": "2"}, "mpegvideo", "mpeg2video"),
    "s.obu": ("libsvtav1", {}, "obu", "av1"),
    "t.hevc": ("libx265", {}, "hevc", "hevc"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_frames_carry_their_true_times(tmp_path, name):
    codec, options, container, reported = FORMATS[name]
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write(tmp_path / name, codec=codec, frames=200, pixels=pixels, options=options)
    info = info_of(path)
    assert (info.kind, info.container, info.codec) == ("video", container, reported)
    assert (info.width, info.height, info.rotation) == (96, 64, 0)
    assert Fraction(info.frame_rate) == 25
    assert info.duration_s == pytest.approx(8, abs=0.05)
    damage = DamageCount()
    plans = [plan(k * 2, k * 2 + 2, 5, 0.12) for k in range(4)]
    windows = sample(path, *plans, damage=damage)
    assert [len(window) for window in windows] == [5] * 4
    for wanted, window in zip(plans, windows, strict=True):
        assert wanted.start <= window[0].time < wanted.stop
        assert numbers(window) == [round(time * 25) for time in times(window)]
        steps = [b - a for a, b in zip(times(window), times(window)[1:], strict=False)]
        assert steps == pytest.approx([0.12] * 4, abs=0.002)
    assert damage.damaged == 0
    assert damage.decoded <= 201


def test_a_window_begins_at_a_key_frame_of_its_slot(tmp_path):
    path = write(tmp_path / "a.mp4", frames=250, gop=60, options={"sc_threshold": "0"})
    damage = DamageCount()
    windows = sample(path, plan(2, 4, 4, 0.2), plan(8, 10, 4, 0.2), damage=damage)
    assert numbers(windows[0]) == [60, 65, 70, 75]  # key frame 60 is at 2.4 s
    assert numbers(windows[1]) == [200, 205, 210, 215]  # 180 and 240 are no use: from 8 s on
    assert damage.decoded < 75


def test_the_pictures_of_one_group_are_decoded_once(tmp_path):
    path = write(tmp_path / "a.mp4", frames=250, gop=1000, options={"sc_threshold": "0"})
    damage = DamageCount()
    sample(path, *(plan(k * 2.5, k * 2.5 + 2.5, 8, 0.1) for k in range(4)), damage=damage)
    assert damage.decoded <= 250


SKIPPING = {
    # file: (codec, encoder options, whether some of its frames can be left out)
    "a.mp4": ("libx264", {"bf": "3", "refs": "4"}, True),
    "b.mkv": ("libx264", {"bf": "3", "refs": "4"}, True),
    "c.ts": ("libx264", {"bf": "3", "refs": "4"}, True),
    "d.mp4": ("libx264", {"bf": "0"}, False),
    "e.mp4": ("libx265", {"x265-params": "log-level=none:bframes=4"}, True),
    "f.mp4": ("libx265", {"x265-params": "log-level=none:bframes=4:temporal-layers=3"}, True),
    "g.avi": ("mpeg4", {"bf": "2"}, True),
}


@pytest.mark.parametrize("name", SKIPPING)
def test_skipped_frames_change_no_pixel(tmp_path, name):
    codec, options, some = SKIPPING[name]
    path = write(tmp_path / name, codec=codec, frames=100, gop=1000, options=options)
    (whole,) = sample(path, plan(0, 4, 100, 0.04))
    damage = DamageCount()
    (late,) = sample(path, plan(3, 4, 20, 0.04), damage=damage)
    by_time = {frame.time: frame.image for frame in whole}
    assert len(late) == 20
    assert all((frame.image == by_time[frame.time]).all() for frame in late)
    assert (damage.decoded < 90) is some
    assert damage.damaged == 0


def test_a_variable_rate_keeps_its_times(tmp_path):
    at = [0, 40, 80, 500, 520, 540, 2000, 2010, 2500]
    path = write(tmp_path / "a.mkv", frames=len(at), times=at)
    (window,) = sample(path, plan(0, 3, 20, 0.01))
    assert [round(time * 1000) for time in times(window)] == at
    assert numbers(window) == list(range(len(at)))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_picture_that_stands_for_long(tmp_path, name):
    """As recordings of a screen have it, and with B-frames: what follows is neither missed, nor
    thought to last as long as the gap."""
    at = [*range(0, 2000, 40), *range(58_000, 59_000, 40)]
    path = write(tmp_path / name, frames=len(at), times=at)
    assert info_of(path).duration_s == pytest.approx(59, abs=0.1)
    windows = sample(path, *(plan(k * 7.375, k * 7.375 + 7.375, 8, 0.12) for k in range(8)))
    assert [numbers(window)[0] for window in windows] == [0, 50]
    assert [len(window) for window in windows] == [8, 8]


def test_a_show_of_slides(tmp_path):
    path = write(tmp_path / "a.mp4", frames=7, times=[10_000 * k for k in range(7)])
    windows = sample(path, *(plan(k * 8.75, k * 8.75 + 8.75, 8, 0.12) for k in range(8)))
    assert [numbers(window) for window in windows] == [[k] for k in range(7)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_times_count_from_the_streams_start(tmp_path, name):
    at = [90_000 + 40 * k for k in range(50)]
    path = write(tmp_path / name, frames=50, times=at)
    assert info_of(path).duration_s == pytest.approx(2, abs=0.05)
    windows = sample(path, plan(0, 1, 3, 0.2), plan(1, 2, 3, 0.2))
    assert [numbers(window) for window in windows] == [[0, 5, 10], [25, 30, 35]]
    assert times(windows[0]) == pytest.approx([0, 0.2, 0.4], abs=0.002)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_times_count_from_sound_that_comes_first(tmp_path, name):
    """As in players, which show nothing until the first picture is due."""
    at = [1500 + 40 * k for k in range(100)]
    path = write(tmp_path / name, frames=100, times=at, sound=True)
    info = info_of(path)
    assert info.starts_s == pytest.approx(1.5, abs=0.03)
    assert info.duration_s == pytest.approx(5.5, abs=0.05)
    first, late = sample(path, plan(0, 2, 3, 0.2), plan(4, 5.5, 3, 0.2))
    assert times(first) == pytest.approx([1.5, 1.7, 1.9], abs=0.03)
    assert numbers(first) == [0, 5, 10]
    assert times(late) == pytest.approx([1.5 + 0.04 * n for n in numbers(late)], abs=0.03)


def test_pictures_that_come_before_the_sound(tmp_path):
    path = write(tmp_path / "a.mkv", frames=20, sound=True)
    assert info_of(path).starts_s == 0


def test_one_frame(tmp_path):
    path = write(tmp_path / "a.mp4", frames=1)
    assert info_of(path).duration_s == pytest.approx(0.04)
    assert [numbers(window) for window in sample(path, plan(0, 0.04, 8, 0.1))] == [[0]]


def test_a_live_webm_has_no_duration_in_its_header(tmp_path):
    path = write(tmp_path / "a.webm", codec="libvpx", frames=100, container={"live": "1"})
    assert info_of(path).duration_s == pytest.approx(4, abs=0.05)
    damage = DamageCount()
    windows = sample(path, plan(0, 2, 3, 0.2), plan(2, 4, 3, 0.2), damage=damage)
    assert [numbers(window) for window in windows] == [[0, 5, 10], [50, 55, 60]]
    assert damage.decoded < 60


def test_a_fragmented_mp4(tmp_path):
    movflags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = write(tmp_path / "a.mp4", frames=250, container=movflags)
    assert info_of(path).duration_s == pytest.approx(10, abs=0.05)
    damage = DamageCount()
    (window,) = sample(path, plan(8, 10, 3, 0.2), damage=damage)
    assert numbers(window) == [200, 205, 210]
    assert damage.decoded < 40


def test_sound_is_noticed_and_left_alone(tmp_path):
    assert info_of(write(tmp_path / "a.mp4", sound=True)).has_audio
    assert not info_of(write(tmp_path / "b.mp4")).has_audio


def test_a_path_with_spaces_and_emoji(tmp_path):
    folder = tmp_path / "my films 🎬"
    folder.mkdir()
    path = write(folder / "été %03d * ?.mp4")
    assert info_of(path).name == "été %03d * ?.mp4"
    assert numbers(sample(path, plan(0, 2, 2, 0.2))[0]) == [0, 5]


def test_a_misleading_suffix_does_not_matter(tmp_path):
    path = write(tmp_path / "a.jpg", form="mp4")
    assert info_of(path).container == "mp4"


@pytest.mark.parametrize("claimed", [0.0, 1.0, 4e9, float("nan")])
def test_a_header_that_lies_about_the_duration(tmp_path, claimed):
    path = write(tmp_path / "a.mkv", frames=100)
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3  # Duration, a float of eight bytes, in milliseconds
    assert struct.unpack(">d", data[at : at + 8])[0] == pytest.approx(4000, abs=50)
    data[at : at + 8] = struct.pack(">d", claimed)
    path.write_bytes(data)
    assert info_of(path).duration_s == pytest.approx(4, abs=0.05)
    windows = sample(path, plan(0, 2, 2, 0.2), plan(2, 4, 2, 0.2))
    assert [numbers(window)[0] for window in windows] == [0, 50]


def test_a_header_that_lies_about_the_number_of_frames(tmp_path):
    path = write(tmp_path / "a.avi", codec="mpeg4", frames=100)
    data = bytearray(path.read_bytes())
    for chunk, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):
        at = data.index(chunk) + offset
        assert struct.unpack("<I", data[at : at + 4])[0] == 100
        data[at : at + 4] = struct.pack("<I", 7)
    path.write_bytes(data)
    assert info_of(path).duration_s == pytest.approx(4, abs=0.05)
    assert numbers(sample(path, plan(3, 4, 2, 0.2))[0]) == [75, 80]


def test_an_edit_list_that_hides_the_beginning(tmp_path):
    """What lies before time 0 is decoded, for others lean on it, and never shown."""
    at = [40 * k - 400 for k in range(100)]
    keep = {"avoid_negative_ts": "disabled", "use_editlist": "1"}
    path = write(tmp_path / "a.mp4", frames=100, times=at, container=keep)
    assert info_of(path).duration_s == pytest.approx(3.6, abs=0.05)
    (window,) = sample(path, plan(0, 3, 3, 0.2))
    assert times(window) == pytest.approx([0, 0.2, 0.4], abs=0.001)
    assert numbers(window) == [10, 15, 20]


@pytest.mark.parametrize("name", ["a.ts", "a.mpg"])
def test_films_joined_end_to_end(tmp_path, name):
    """The times of the second start anew, as the cells of a disc and parts of a broadcast do."""
    codec = {"a.ts": "libx264", "a.mpg": "mpeg2video"}[name]
    parts = [
        write(tmp_path / f"{frames}{name}", codec=codec, frames=frames, size=(192, 128))
        for frames in (500, 1250)
    ]
    path = tmp_path / name
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert info_of(path).duration_s == pytest.approx(70, abs=0.1)
    windows = sample(path, plan(0, 20, 3, 0.2), plan(30, 45, 3, 0.2), plan(60, 70, 3, 0.2))
    assert [numbers(window)[0] for window in windows] == pytest.approx([0, 250, 1000], abs=1)


@pytest.mark.parametrize(("name", "codec"), [("a.ts", "libx264"), ("a.mpg", "mpeg2video")])
def test_no_frame_is_left_out_where_times_start_anew(tmp_path, name, codec):
    """By their own times those of the second film lie before its windows."""
    options = {"bf": "3", "b_strategy": "0"}
    part = write(tmp_path / name, codec=codec, frames=250, size=(192, 128), options=options)
    path = tmp_path / f"twice-{name}"
    path.write_bytes(2 * part.read_bytes())
    windows = sample(path, plan(0, 5, 6, 0.04), plan(14, 18, 6, 0.04))
    assert len(windows) == 2
    for window in windows:
        first = numbers(window)[0]
        assert numbers(window) == list(range(first, first + 6))


def test_streams_that_come_up_midway(tmp_path):
    """PyAV trips over them at the end of the file, wherever it is read to that."""
    path = write(tmp_path / "a.mpg", codec="mpeg2video", frames=50)

    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        fake = SimpleNamespace(format=film.format, size=film.size, seek=film.seek, demux=_tripping)
        assert not joined.starts_anew(fake, stream, path, NEVER)


def _tripping(*_):
    yield from ()
    raise IndexError("list index out of range")


def test_a_long_film_joined_end_to_end_is_not_read_through(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_SHORT_BYTES", 0)
    parts = [write(tmp_path / f"{n}.ts", frames=n, size=(192, 128)) for n in (500, 1250)]
    path = tmp_path / "a.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    damage = DamageCount()
    windows = sample(path, plan(0, 20, 3, 0.2), plan(30, 45, 3, 0.2), damage=damage)
    assert windows
    assert damage.unsure_of_times
    assert damage.decoded < 200
    single = DamageCount()
    sample(parts[1], plan(0, 20, 3, 0.2), damage=single)
    assert not single.unsure_of_times
