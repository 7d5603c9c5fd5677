"""Previews of films that browsers do not play: at the film's times, kept and deleted with it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from unmask.core.deadline import Deadline
from unmask.core.errors import TimeBudgetExceeded, UnmaskError
from unmask.jobs.previewing import (
    NoPreview,
    playable,
    preview_size,
    wanted_at_once,
    write_preview,
)
from unmask.jobs.previews import make_preview
from unmask.jobs.running import Workshop
from unmask.video import probe

SIZE = (320, 180)


@pytest.fixture(scope="module")
def old_film(tmp_path_factory) -> Path:
    """The first two seconds of the sample as MPEG-4 part 2 in an AVI, which no browser plays."""
    path = tmp_path_factory.mktemp("films") / "old.avi"
    sample = Path(__file__).parents[2] / "examples" / "samples" / "manipulated.mp4"
    with av.open(str(sample)) as film, av.open(str(path), "w") as old:
        stream = old.add_stream("mpeg4", rate=25)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for number, frame in zip(range(50), film.decode(video=0), strict=False):
            small = frame.reformat(*SIZE, format="yuv420p")
            small.pts, small.time_base = number, Fraction(1, 25)
            old.mux(stream.encode(small))
        old.mux(stream.encode())
    return path


def about(path):
    return probe(path, deadline=Deadline.after(60))


def times_and_pictures(path):
    with av.open(str(path)) as film:
        found = [(frame.time, frame.to_ndarray(format="gray")) for frame in film.decode(video=0)]
    return [time for time, _ in found], [picture for _, picture in found]


def test_the_copy_shows_the_same_at_the_same_times(old_film, tmp_path):
    target, heard = tmp_path / "preview.mp4", []
    write_preview(old_film, about(old_film), target, Deadline.after(60), heard.append)
    with av.open(str(target)) as film:
        assert film.streams.video[0].codec_context.name in ("h264", "vp9", "libvpx-vp9")
        assert not film.streams.audio
    copied = about(target)
    assert (copied.width, copied.height, playable(copied)) == (*SIZE, "video/mp4")
    times, pictures = times_and_pictures(old_film)
    copied_times, copies = times_and_pictures(target)
    assert copied_times == pytest.approx(times, abs=1e-4)
    for picture, copy in zip(pictures, copies, strict=True):
        assert np.abs(picture.astype(float) - copy).mean() < 6
    assert heard[-1] == pytest.approx(times[-1])


def test_many_frames_a_second_are_thinned_to_thirty(tmp_path):
    fast, target = tmp_path / "fast.avi", tmp_path / "preview.mp4"
    with av.open(str(fast), "w") as film:
        stream = film.add_stream("mpeg4", rate=120)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(120):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 120)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    write_preview(fast, about(fast), target, Deadline.after(60))
    times, _ = times_and_pictures(target)
    assert 25 <= len(times) <= 32
    assert times[-1] > 0.9


def test_nothing_is_left_of_a_copy_that_fails(old_film, tmp_path):
    target = tmp_path / "preview.mp4"
    with pytest.raises(TimeBudgetExceeded):
        write_preview(old_film, about(old_film), target, Deadline.after(0))
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"no film")
    with pytest.raises(UnmaskError):
        write_preview(broken, about(old_film), target, Deadline.after(60))
    assert not target.exists()


@pytest.mark.parametrize(
    ("name", "lasts", "expected"),
    [
        ("a.webp", (100, 300, 200), (0.0, 0.1, 0.4)),
        ("a.gif", (0, 0, 0), (0.0, 0.1, 0.2)),
    ],
)
def test_an_animated_picture_has_one_that_keeps_step(tmp_path, name, lasts, expected):
    """It is made by what reads it for an analysis: FFmpeg reads no animated WebP."""
    source, target = tmp_path / name, tmp_path / "preview.mp4"
    shades = [Image.new("RGB", (1280, 720), (shade,) * 3) for shade in (20, 120, 220)]
    more = {"duration": list(lasts), "lossless": True} if name.endswith("webp") else {}
    shades[0].save(source, save_all=True, append_images=shades[1:], **more)
    assert wanted_at_once(about(source))
    write_preview(source, about(source), target, Deadline.after(60))
    assert (about(target).width, about(target).height) == (640, 360)
    times, _ = times_and_pictures(target)
    assert times == pytest.approx(expected, abs=1e-3)
    with av.open(str(target)) as film:
        shown = [frame.to_ndarray(format="rgb24").mean() for frame in film.decode(video=0)]
    assert shown == pytest.approx([20, 120, 220], abs=4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (640, 360)), ((1080, 1920), (360, 640)), ((321, 181), (320, 180)),
     ((64, 64), (64, 64)), ((4000, 3), (640, 2))],
)  # fmt: skip
def test_sizes_are_small_and_even(size, expected):
    assert preview_size(*size) == expected


def test_which_films_have_one(old_film, clip):
    old = about(old_film)
    assert wanted_at_once(old)
    assert not wanted_at_once(about(clip))
    assert not wanted_at_once(old.model_copy(update={"duration_s": 7200.0}))
    assert not wanted_at_once(old.model_copy(update={"kind": "image", "duration_s": None}))


def test_an_analysis_makes_one_that_is_deleted_with_the_file(submit, desk, old_film):
    id = submit(old_film).id
    sha256 = desk.book.get(id).sha256
    Workshop(desk.history, desk.folders).run()
    assert desk.book.get(id).state == "done"
    preview = desk.vault.find_preview(sha256)
    assert playable(about(preview)) == "video/mp4"
    assert not (desk.picture_folder(id) / "preview.mp4").exists()
    assert make_preview(desk, desk.history.get(id).analysis.media) == preview
    desk.delete(id)
    assert list(desk.folders.uploads.rglob("*")) == []


def test_one_is_made_when_asked_for(submit, desk, old_film):
    submit(old_film)
    media = about(old_film)
    assert make_preview(desk, media).stat().st_size > 1000
    assert list(desk.folders.incoming.iterdir()) == []


def test_what_is_no_film_or_not_there_has_none(submit, desk, old_film):
    media = about(old_film)
    with pytest.raises(NoPreview, match="not kept here"):
        make_preview(desk, media)
    id = submit(b"no film at all").id
    with pytest.raises(NoPreview, match="no preview can be made"):
        make_preview(desk, media.model_copy(update={"sha256": desk.book.get(id).sha256}))
    assert list(desk.folders.incoming.iterdir()) == []
