"""The files that people really pass, by name: how each is made in a folder."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from films import FACELESS, WHOLE, animated, film, panning, picture
from PIL import Image as Pillow


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text_renamed(folder: Path) -> Path:
    (folder / "letter.mp4").write_text("Dear all,\n" * 500)
    return folder / "letter.mp4"


def locked_archive(folder: Path) -> Path:
    """How a newsroom gets a film with a password: only the names in it can be read."""
    start = b"PK\x03\x04\x14\x00\x09\x00\x08\x00" + bytes(16) + b"\x08\x00\x1c\x00film.mp4"
    (folder / "proof.zip").write_bytes(start + bytes(range(256)) * 8)
    return folder / "proof.zip"


def saved_page(folder: Path) -> Path:
    """What a browser saves under the film's name when the site refuses."""
    page = "\n<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head></html>"
    (folder / "clip.mp4").write_text(page)
    return folder / "clip.mp4"


def shortcut(folder: Path) -> Path:
    (folder / "video.url").write_text("[InternetShortcut]\r\nURL=https://example.org/watch?v=1\r\n")
    return folder / "video.url"


def sound_only(folder: Path) -> Path:
    path = folder / "song.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44_100, layout="mono")
        wave = np.sin(np.arange(44_100) * 0.06).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44_100, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def truncated(folder: Path) -> Path:
    """The first half of a download whose index came last."""
    whole = film(folder / "whole.mp4", panning()).read_bytes()
    (folder / "half.mp4").write_bytes(whole[: len(whole) // 2])
    return folder / "half.mp4"


def truncated_stream(folder: Path) -> Path:
    """The first half of one that can be played while it comes."""
    whole = film(folder / "whole.ts", panning()).read_bytes()
    (folder / "half.ts").write_bytes(whole[: len(whole) // 2])
    return folder / "half.ts"


def zero_duration(folder: Path) -> Path:
    """A header with a picture stream and not one frame."""
    path = folder / "nothing.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        out.start_encoding()
    return path


def one_frame(folder: Path) -> Path:
    return film(folder / "one.mp4", panning(), frames=1)


def large(folder: Path) -> Path:
    path = folder / "8k.jpg"
    Pillow.fromarray(WHOLE).resize((7680, 4320), Pillow.Resampling.BILINEAR).save(path)
    return path


def animated_gif(folder: Path) -> Path:
    return animated(folder / "moving.gif", panning(), frames=12, milliseconds=80)


def portrait_phone(folder: Path) -> Path:
    return film(folder / "phone.mp4", panning(), turn=90)


def strange_name(folder: Path) -> Path:
    inside = folder / "my holiday  😀"
    inside.mkdir()
    return picture(inside / "a face 👩‍🚀 \u00e9.png")


def nobody(folder: Path) -> Path:
    return picture(folder / "sky.png", FACELESS)


def empty_folder(folder: Path) -> Path:
    (folder / "nothing").mkdir()
    return folder / "nothing"


def no_media(folder: Path) -> Path:
    (folder / "papers").mkdir()
    (folder / "papers" / "notes.txt").write_text("nothing to see")
    return folder / "papers"
