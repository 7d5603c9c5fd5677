"""What a person gets for files that cannot be analysed: file, cause and way out, named."""

from __future__ import annotations

import os
import time
from pathlib import Path

import av
import numpy as np
import pytest
from media_factory import NEVER, add_sound, info_of, need_encoder, plan, sample, sing, write
from PIL import Image

from unmask.core import errors
from unmask.core.deadline import Deadline
from unmask.video import DamageCount, probe, read_windows


def refused(path: Path, kind: type[errors.UnmaskError]) -> errors.UnmaskError:
    with pytest.raises(kind) as caught:
        info_of(path)
    assert type(caught.value) is kind
    assert path.name in str(caught.value)
    assert caught.value.hint
    return caught.value


def test_no_such_file(tmp_path):
    refused(tmp_path / "gone.mp4", errors.InputNotFound)
    refused(write(tmp_path / "a.mp4") / "inside.mp4", errors.InputNotFound)


def test_empty_file(tmp_path):
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", errors.InputEmpty)


def test_colours_that_cannot_be_converted(tmp_path):
    path = write(tmp_path / "a.mp4", options={"x264-params": "log-level=none:colormatrix=YCgCo"})
    with pytest.raises(errors.Damaged, match=path.name) as caught:
        sample(path, plan(0, 1, 2, 0.1))
    assert caught.value.hint


def test_text_renamed_mp4(tmp_path):
    (tmp_path / "note.mp4").write_text("Dear all,\n" * 500)
    refused(tmp_path / "note.mp4", errors.NotMedia)


def test_noise_renamed_mp4(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, 50_000, dtype=np.uint8)
    (tmp_path / "noise.mp4").write_bytes(noise.tobytes())
    refused(tmp_path / "noise.mp4", errors.NotMedia)


def test_what_a_demuxer_calls_not_permitted_is_damage(tmp_path):
    """FFmpeg's reader of WMV answers -1 to a stream of no known kind, which reads as EPERM."""
    path = write(tmp_path / "a.wmv", codec="wmv2", size=(96, 64))
    data = bytearray(path.read_bytes())
    kind = data.index(bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b"))  # of pictures
    data[kind + 1] = 1
    path.write_bytes(data)
    with pytest.raises(av.error.PermissionError):
        av.open(str(path))
    assert "permitted" not in refused(path, errors.Damaged).message


def test_unreadable_permissions(tmp_path, monkeypatch):
    path = write(tmp_path / "secret.mp4")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # the tests may run as root, whom nothing stops
    error = refused(path, errors.InputNotReadable)
    assert "Permission denied" in error.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    begun = time.monotonic()
    error = refused(tmp_path / "pipe.mp4", errors.InputNotReadable)
    assert "a pipe" in error.message
    assert time.monotonic() - begun < 1


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_a_device_is_refused():
    assert "a device" in refused(Path("/dev/zero"), errors.InputNotReadable).message


def test_a_folder_is_refused(tmp_path):
    assert "a folder" in refused(tmp_path, errors.InputNotReadable).message


@pytest.mark.parametrize("name", ["song.m4a", "song.mp4", "song.wav", "song.mp3", "song.mkv"])
def test_sound_only(tmp_path, name):
    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame"}.get(name[-3:], "aac")
    _song(tmp_path / name, codec)
    refused(tmp_path / name, errors.NoPicture)


@pytest.mark.parametrize("name", ["song.mp3", "song.m4a"])
def test_cover_art_is_no_video(tmp_path, name):
    cover = tmp_path / "cover.jpg"
    Image.new("RGB", (64, 64), "red").save(cover)
    _song(tmp_path / name, "libmp3lame" if name.endswith("mp3") else "aac", cover)
    with av.open(str(tmp_path / name)) as song:
        assert song.streams.video, "the test is about a file that has a cover"
    error = refused(tmp_path / name, errors.NoPicture)
    assert "cover art" in error.message


def _song(path: Path, codec: str, cover: Path | None = None) -> None:
    need_encoder(codec)
    with av.open(str(path), "w", format="mp4" if path.suffix == ".m4a" else None) as out:
        if codec == "aac":
            voice = add_sound(out)
        else:
            voice = out.add_stream(codec, rate=44_100, layout="mono")
        picture = None
        if cover is not None:
            picture = out.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        if codec == "aac":
            sing(out, voice, 1)
        else:
            _hum(out, voice)
        if picture is not None:
            packet = av.Packet(cover.read_bytes())
            packet.stream, packet.pts, packet.dts = picture, 0, 0
            out.mux(packet)


def _hum(out, voice) -> None:
    wave = (np.sin(np.arange(44_100) * 0.06) * 9_000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
    frame.sample_rate, frame.pts = 44_100, 0
    into = av.AudioResampler(
        format=voice.codec_context.format.name,
        layout="mono",
        rate=44_100,
        frame_size=voice.codec_context.frame_size or 1024,
    )
    for piece in [*into.resample(frame), *into.resample(None)]:
        out.mux(voice.encode(piece))
    out.mux(voice.encode())


def test_a_download_cut_off_before_its_index(tmp_path):
    whole = write(tmp_path / "whole.mp4", frames=100)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    assert "cut short" in refused(cut, errors.Damaged).hint


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.mpg", "a.webm"])
def test_a_download_cut_off_midway_gives_what_came(tmp_path, name):
    codec = {"mpg": "mpeg1video", "ebm": "libvpx"}.get(name[-3:], "libx264")
    index_first = {"movflags": "faststart"} if name == "a.mp4" else {}
    whole = write(tmp_path / name, codec=codec, frames=100, gop=10, container=index_first)
    cut = tmp_path / f"cut{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    info = info_of(cut)
    assert 0.8 < info.duration_s < 3.5
    half = info.duration_s / 2
    windows = sample(cut, plan(0, half, 3, 0.04), plan(half, info.duration_s, 3, 0.04))
    assert [len(window) for window in windows] == [3, 3]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_damage_in_the_middle_is_counted_and_passed(tmp_path, name):
    path = write(tmp_path / name, frames=200, gop=10, size=(192, 128))
    with av.open(str(path)) as whole:
        keys = [p for p in whole.demux(video=0) if p.is_keyframe][8:11]
    data = bytearray(path.read_bytes())
    for packet in keys:
        middle = packet.pos + packet.size // 2
        data[middle : middle + 40] = np.random.default_rng(5).bytes(40)
    path.write_bytes(data)
    damage = DamageCount()
    windows = sample(path, plan(0, 2, 5, 0.2), plan(2, 8, 100, 0.04), damage=damage)
    assert damage.damaged > 0
    assert damage.decoded > 50
    at = [frame.time for window in windows for frame in window]
    assert at == sorted(set(at))
    assert at[-1] > 5, "decoding went on behind the damage"


def test_a_file_of_which_nothing_decodes(tmp_path):
    path = write(tmp_path / "a.mp4", container={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:] = b"\xff" * (len(data) - begin)
    path.write_bytes(data)
    assert "not one frame" in refused(path, errors.Damaged).message


def test_nothing_left_to_decode_after_the_probe(tmp_path):
    path = write(tmp_path / "a.mp4", container={"movflags": "faststart"})
    info = info_of(path)
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:] = b"\xff" * (len(data) - begin)
    path.write_bytes(data)
    windows = read_windows(path, info, [plan(0, 2, 4, 0.1)], deadline=NEVER, damage=DamageCount())
    with pytest.raises(errors.Damaged):
        list(windows)


def test_plans_beyond_the_end_fall_back_to_the_start(tmp_path):
    path = write(tmp_path / "a.mp4")
    (window,) = sample(path, plan(50, 60, 4, 0.1), plan(60, 70, 4, 0.1))
    assert window[0].time == 0
    assert len(window) == 4


def test_the_time_budget_ends_it(tmp_path):
    path = write(tmp_path / "a.mp4", frames=200)
    spent = Deadline.after(-1)
    with pytest.raises(errors.TimeBudgetExceeded):
        probe(path, deadline=spent)
    with pytest.raises(errors.TimeBudgetExceeded):
        list(
            read_windows(
                path, info_of(path), [plan(0, 8, 8, 0.2)], deadline=spent, damage=DamageCount()
            )
        )


def test_an_absurd_frame(tmp_path):
    path = write(tmp_path / "wide.mkv", codec="ffv1", frames=1, size=(16_400, 16))
    refused(path, errors.TooLarge)


def test_nothing_is_printed(tmp_path, capfd):
    path = write(tmp_path / "a.ts", frames=100)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2_000] = bytes(2_000)
    path.write_bytes(data)
    capfd.readouterr()
    sample(path, plan(0, 4, 100, 0.04))
    assert capfd.readouterr() == ("", "")
