"""Frames as they are meant to be seen: turned, square, in true colours, opaque."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from media_factory import NEVER, info_of, need_encoder, number, numbers, plan, sample, write
from PIL import Image
from test_pictures import colours, near

from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged, TimeBudgetExceeded, TooLarge
from unmask.video import DamageCount, probe, read_facts
from unmask.video.limits import WINDOW_BYTES, check_size, frames_that_fit
from unmask.video.orientation import displayed

LARGE = np.kron(colours(), np.ones((4, 4, 1), np.uint8))  # 160×240


def encode(path, codec, pixels, *, image=LARGE, matrix=None, full=None, turn=None, aspect=None):
    """One colour in each corner, three frames, its YCbCr matrix and range as asked, or unsaid."""
    need_encoder(codec)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = pixels
        if turn is not None:
            stream.set_display_rotation(*turn)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if matrix is not None:
            stream.codec_context.colorspace = {"itu709": 1, "itu601": 6}[matrix]
        if full is not None:
            stream.codec_context.color_range = 2 if full else 1
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
                format=pixels,
                dst_colorspace=matrix,
                dst_color_range=None if full is None else 2 if full else 1,
            )
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def first(path):
    ((frame, *_), *_) = sample(path, plan(0, 1, 2, 0.1))
    return frame.image


@pytest.mark.parametrize(
    ("codec", "pixels", "matrix", "full"),
    [
        ("libx264", "yuv420p", "itu709", False),
        ("libx264", "yuv420p", "itu601", False),
        ("libx264", "yuv420p", "itu709", True),
        ("libx264", "yuv444p", "itu601", True),
        ("libx264", "yuv420p10le", "itu709", False),
        ("libx265", "yuv420p10le", "itu709", False),
        ("libvpx-vp9", "yuv420p", "itu709", False),
        ("mjpeg", "yuvj420p", None, True),
        ("mpeg4", "yuv420p", "itu601", False),
        ("ffv1", "bgr0", None, None),
    ],
)
def test_colours(tmp_path, codec, pixels, matrix, full):
    options = {"matrix": matrix, "full": full}
    if matrix is None and pixels != "bgr0":
        options["matrix"] = "itu601"
    path = encode(tmp_path / "a.mkv", codec, pixels, **options)
    assert near(first(path), LARGE, 16)


@pytest.mark.parametrize(("lines", "matrix"), [(160, "itu601"), (720, "itu709")])
def test_an_unnamed_matrix_goes_by_the_size(tmp_path, lines, matrix):
    image = np.repeat(np.repeat(colours(), lines // 40, axis=0), lines // 40, axis=1)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10, options={"qscale": "2"})
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(image).reformat(format="yuv420p", dst_colorspace=matrix)
        frame.colorspace = 2
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert near(first(path), image, 16)


@pytest.mark.parametrize(
    ("turn", "code", "clockwise"),
    [
        ((0, False, False), 1, 0),
        ((90, False, False), 8, 270),  # PyAV's angle is counterclockwise
        ((-90, False, False), 6, 90),
        ((180, False, False), 3, 180),
        ((0, True, False), 2, 0),
        ((0, False, True), 4, 180),
    ],
)
def test_rotation(tmp_path, turn, code, clockwise):
    path = encode(tmp_path / "a.mp4", "libx264", "yuv420p", matrix="itu601", turn=turn)
    info = info_of(path)
    wanted = displayed(LARGE, code)
    assert info.rotation == clockwise
    assert (info.height, info.width) == wanted.shape[:2]
    assert near(first(path), wanted, 16)


def test_a_portrait_phone_video(tmp_path):
    """Stored lying on its side with a matrix that turns it clockwise, as phones do."""
    path = write(tmp_path / "phone.mov", turn=(-90, False, False), sound=True)
    info = info_of(path)
    assert (info.width, info.height, info.rotation) == (64, 96, 90)
    (window,) = sample(path, plan(0, 2, 3, 0.2))
    assert window[0].image.shape == (96, 64, 3)
    upright = [np.rot90(frame.image) for frame in window]  # back to how the bars were drawn
    assert [number(image) for image in upright] == [0, 5, 10]


@pytest.mark.parametrize(
    ("aspect", "turn", "size"),
    [
        (Fraction(16, 15), None, (256, 160)),
        (Fraction(1, 2), None, (120, 160)),
        (Fraction(2), (-90, False, False), (160, 480)),
    ],
)
def test_pixels_that_are_not_square_stretch_the_width(tmp_path, aspect, turn, size):
    path = encode(
        tmp_path / "a.mp4", "libx264", "yuv420p", matrix="itu601", aspect=aspect, turn=turn
    )
    info = info_of(path)
    assert (info.width, info.height) == size
    assert first(path).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(97, 65), (31, 17), (1, 1)])
def test_odd_sizes(tmp_path, size):
    image = np.full((size[1], size[0], 3), (200, 60, 90), np.uint8)
    path = encode(tmp_path / "a.mkv", "ffv1", "bgr0", image=image)
    assert (first(path) == image).all()


def test_what_is_cropped_on_the_left_is_not_shown(tmp_path):
    """FFmpeg leaves up to 63 columns there unless told not to care how they lie in memory."""
    whole, path = write(tmp_path / "whole.mp4", size=(192, 64), frames=2), tmp_path / "a.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w") as out:
        (stream,) = source.streams
        copy = out.add_stream_from_template(stream)
        cut = BitStreamFilterContext("h264_metadata=crop_left=24:crop_top=16", stream, copy)
        for packet in source.demux(stream):
            for changed in cut.filter(packet if packet.size else None):
                changed.stream = copy
                out.mux(changed)
    info = info_of(path)
    assert (info.width, info.height) == (168, 48)
    (uncut,), (shown,) = (sample(one, plan(0, 1, 1, 1)) for one in (whole, path))
    assert np.array_equal(shown[0].image, uncut[0].image[16:, 24:])


@pytest.mark.parametrize(
    ("entry", "options", "otherwise"),
    [
        ("hvc1", {}, False),
        ("dvh1", {}, True),
        ("dvh1", {"x265-params": "log-level=none:transfer=16"}, False),  # PQ under it, as of 8.1
    ],
)
def test_dolby_vision_of_colours_of_its_own(tmp_path, entry, options, otherwise):
    path = write(tmp_path / "a.mp4", codec="libx265", frames=3, options=options)
    data = path.read_bytes()
    at = data.index(b"stsd") + 16
    path.write_bytes(data[:at] + entry.encode() + data[at + 4 :])
    damage = DamageCount()
    sample(path, plan(0, 1, 2, 0.1), damage=damage)
    assert damage.shown_otherwise is otherwise


def test_alpha_lies_over_white(tmp_path):
    path = tmp_path / "a.mov"
    rgba = np.dstack([LARGE, np.full(LARGE.shape[:2], 255, np.uint8)])
    rgba[:, 120:, 3] = 0
    with av.open(str(path), "w") as out:
        stream = out.add_stream("qtrle", rate=10)
        stream.height, stream.width = rgba.shape[:2]
        stream.pix_fmt = "argb"
        frame = av.VideoFrame.from_ndarray(rgba, format="rgba").reformat(format="argb")
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    ((frame,),) = sample(path, plan(0, 1, 1, 1))
    assert (frame.image[:, :120] == LARGE[:, :120]).all()
    assert (frame.image[:, 120:] == 255).all()
    assert frame.opacity is not None
    assert (frame.opacity == rgba[..., 3]).all()


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_alpha_that_webm_keeps_beside_the_colours(tmp_path, codec):
    """FFmpeg decodes the colours alone; browsers hide what is transparent."""
    need_encoder(codec)
    rgba = np.dstack([LARGE, np.full(LARGE.shape[:2], 128, np.uint8)])
    for name, form in (("a.webm", "yuva420p"), ("opaque.webm", "yuv420p")):
        with av.open(str(tmp_path / name), "w") as out:
            fast = {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"}
            stream = out.add_stream(codec, rate=10, options=fast)
            stream.height, stream.width, stream.pix_fmt = *LARGE.shape[:2], form
            frame = av.VideoFrame.from_ndarray(rgba, format="rgba").reformat(format=form)
            frame.pts = 0
            out.mux(stream.encode(frame))
            out.mux(stream.encode())
    ((clear,),) = sample(tmp_path / "a.webm", plan(0, 1, 1, 1))
    ((opaque,),) = sample(tmp_path / "opaque.webm", plan(0, 1, 1, 1))
    assert near(clear.image, LARGE, 30)
    assert clear.opacity is not None
    assert not clear.opacity.any()
    assert opaque.opacity is None


def test_interlaced_mpeg(tmp_path):
    path = write(
        tmp_path / "a.mpg", codec="mpeg2video", options={"flags": "+ildct+ilme"}, frames=30
    )
    assert numbers(sample(path, plan(0, 1, 3, 0.2))[0]) == [0, 5, 10]


def test_a_size_that_changes_midway_is_scaled_to_the_first(tmp_path):
    small, large = tmp_path / "s.ts", tmp_path / "l.ts"
    write(small, frames=25)
    write(large, frames=25, size=(192, 128))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    windows = sample(both, plan(0, 3, 100, 0.04))
    assert {frame.image.shape for window in windows for frame in window} == {(64, 96, 3)}
    assert sum(len(window) for window in windows) >= 48


def test_a_shape_that_changes_midway_is_kept(tmp_path):
    """As in a call on a phone that is turned: the upright pictures stand between black bars."""
    wide, tall = tmp_path / "w.h264", tmp_path / "t.h264"
    encode(wide, "libx264", "yuv420p", matrix="itu601")
    encode(tall, "libx264", "yuv420p", matrix="itu601", image=np.rot90(LARGE))
    both = tmp_path / "both.h264"
    both.write_bytes(wide.read_bytes() + tall.read_bytes())
    damage = DamageCount()
    (window,) = sample(both, plan(0, 1, 6, 0.04), damage=damage)
    assert near(window[0].image, LARGE, 16)
    later = window[-1].image  # 240×160, scaled by two thirds to 160×107
    assert later.shape == LARGE.shape
    assert (later[:, :66] == 0).all()
    assert (later[:, -66:] == 0).all()
    inner = np.asarray(Image.fromarray(np.rot90(LARGE)).resize((107, 160)))
    assert near(np.ascontiguousarray(later[:, 66:173]), inner, 20)
    assert damage.sizes == {(240, 160), (160, 240)}


def test_8k_frames(tmp_path):
    path = tmp_path / "8k.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 7680, 4320, "yuvj420p"
        frame = av.VideoFrame(7680, 4320, "yuvj420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    info = info_of(path)
    assert (info.width, info.height) == (7680, 4320)
    (window,) = sample(path, plan(0, 1, 3, 0.1))
    assert [frame.image.shape for frame in window] == [(4320, 7680, 3)]
    assert window[0].image[4000, 7000].tolist() == [128, 128, 128]


def test_a_window_of_huge_frames_is_shorter():
    assert frames_that_fit(1920, 1080) > 64
    assert frames_that_fit(3840, 2160) >= 16
    assert frames_that_fit(7680, 4320) == 3
    assert frames_that_fit(16_384, 12_000) == 1
    assert frames_that_fit(7680, 4320) * 7680 * 4320 * 3 <= WINDOW_BYTES
    check_size("phone.jpg", 16_320, 12_240)


GREYS = [(40 * k, 255 - 40 * k, 20) for k in range(6)]
LASTS = [100, 200, 50, 40, 300, 100]
BEGINS = [0, 0.1, 0.3, 0.35, 0.39, 0.69]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.avif"])
def test_animations_are_videos(tmp_path, name):
    frames = [Image.new("RGB", (48, 32), colour) for colour in GREYS]
    path = tmp_path / name
    options = {"lossless": True} if name == "a.webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=LASTS, loop=0, **options)
    info = info_of(path)
    assert info.kind == "video"
    assert info.container == {"a.png": "apng"}.get(name, name[2:])
    assert (info.width, info.height, info.has_audio) == (48, 32, False)
    assert info.duration_s == pytest.approx(0.79)
    (window,) = sample(path, plan(0, 1, 10, 0.001))
    assert [float(frame.time) for frame in window] == pytest.approx(BEGINS)
    for frame, colour in zip(window, GREYS, strict=True):
        assert np.abs(frame.image[16, 24].astype(int) - colour).max() <= 6
    late = sample(path, plan(0, 0.35, 2, 0.1), plan(0.35, 0.79, 2, 0.04))
    assert [float(frame.time) for frame in late[1]] == pytest.approx([0.35, 0.39])


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp"])
def test_frames_of_an_animation_are_whole(tmp_path, name):
    """Partial frames, disposal and transparency come out as Pillow composes them."""
    base = Image.new("RGBA", (64, 64), (200, 30, 30, 255))
    frames = [base]
    for k in range(1, 5):
        step = frames[-1].copy()
        step.paste((30, 60 * k % 255, 200, 255), (8 * k, 8, 8 * k + 8, 16))
        frames.append(step)
    options = {"lossless": True} if name == "a.webp" else {}
    path = tmp_path / name
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
    (window,) = sample(path, plan(0, 1, 10, 0.01))
    assert len(window) == 5
    for ours, theirs in zip(window, frames, strict=True):
        wanted = np.asarray(theirs.convert("RGB")).astype(int)
        assert np.abs(ours.image.astype(int) - wanted).max() <= 8


@pytest.mark.parametrize("one_has", [False, True])
def test_frames_of_a_gif_need_no_delays(tmp_path, one_has):
    """FFmpeg takes frames without a delay of their own for parts of the one before."""
    frames = [Image.new("RGB", (48, 32), colour) for colour in GREYS]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    if one_has:  # a delay before the third frame alone, as some editors leave them
        parts = path.read_bytes().split(b",\0\0\0\0")
        parts[2] += b"!\xf9\x04\0\x14\0\0\0"
        path.write_bytes(b",\0\0\0\0".join(parts))
    lasts = [0.1, 0.1, 0.2 if one_has else 0.1, 0.1, 0.1, 0.1]
    info = info_of(path)
    assert (info.kind, info.container) == ("video", "gif")
    assert info.duration_s == pytest.approx(sum(lasts))
    (window,) = sample(path, plan(0, 1, 10, 0.001))
    assert [float(frame.time) for frame in window] == pytest.approx(np.cumsum([0, *lasts[:5]]))
    for frame, colour in zip(window, GREYS, strict=True):
        assert np.abs(frame.image[16, 24].astype(int) - colour).max() <= 6


def _gif(path, *sizes, kept=1):
    """Frames of one colour, of these sizes on a canvas of 8×8, without delays; ``kept``: disposal,
    2 for those that give way to the background.
    """
    canvas = b"GIF89a\x08\0\x08\0\x80\0\0" + b"\0\0\0" + b"\xff\xff\xff"
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.save(path)
    data = path.read_bytes()
    pixels = data[data.index(b",\0\0\0\0") + 10 : -1].lstrip(b"\0")
    control = b"!\xf9\x04" + bytes([kept << 2]) + b"\0\0\0\0"
    frames = [
        (control if kept > 1 else b"") + struct.pack("<cHHHHB", b",", 0, 0, *size, 0) + pixels
        for size in sizes
    ]
    path.write_bytes(canvas + b"".join(frames) + b";")
    return path


HUGE = (14_200, 14_200)


def test_a_gif_that_grows_beyond_what_is_decoded(tmp_path):
    path = _gif(tmp_path / "a.gif", (8, 8), HUGE)
    assert info_of(path).width == 8
    with pytest.raises(TooLarge) as caught:
        sample(path, plan(0, 1, 2, 0.1))
    assert caught.value.hint


def test_a_gif_whose_first_frame_is_too_large(tmp_path, monkeypatch):
    """Before its size can be asked for, Pillow would have made room for its background."""
    path = _gif(tmp_path / "a.gif", HUGE, kept=2)
    filled = []
    monkeypatch.setattr(Image.core, "fill", lambda *given: filled.append(given))
    with pytest.raises(TooLarge):
        info_of(path)
    assert not filled


def test_a_frame_of_a_gif_is_cut_off_at_the_canvas(tmp_path):
    first, second = Image.new("RGB", (48, 32), "red"), Image.new("RGB", (48, 32), "blue")
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    data = bytearray((tmp_path / "a.gif").read_bytes())
    place = data.rindex(b",\0\0\0\0")
    data[place + 1] = 8  # the second lies eight pixels to the right
    (tmp_path / "a.gif").write_bytes(data)
    (window,) = sample(tmp_path / "a.gif", plan(0, 1, 5, 0.1))
    assert [frame.image.shape for frame in window] == [(32, 48, 3)] * 2
    for column, colour in ((4, (255, 0, 0)), (40, (0, 0, 255))):
        assert np.abs(window[1].image[16, column].astype(int) - colour).max() <= 6


def test_the_time_budget_ends_the_walk_through_a_gif(tmp_path):
    path = _gif(tmp_path / "a.gif", *[(8, 8)] * 50)
    with pytest.raises(TimeBudgetExceeded):
        probe(path, deadline=Deadline(0.0, 1.0), facts=read_facts(path, NEVER))


def test_a_still_gif_is_a_picture(tmp_path):
    Image.fromarray(colours()).save(tmp_path / "a.gif")
    assert info_of(tmp_path / "a.gif").kind == "image"


def test_a_truncated_webp_animation_is_damaged(tmp_path):
    random = np.random.default_rng(3)
    frames = [Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)) for _ in range(8)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Damaged, match="cannot be decoded"):
        info_of(path)
