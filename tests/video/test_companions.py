"""Files that hold more than the picture or film that is looked at."""

from __future__ import annotations

import struct

import av
import numpy as np
import pytest
from media_factory import info_of, numbered, numbers, plan, sample, write
from PIL import Image, TiffImagePlugin
from test_pictures import ORIENTATION, colours, near, read, save

from unmask.core.errors import NotMedia
from unmask.video import DamageCount

REDUCED, SUB_IFDS, DNG_VERSION = 254, 330, 50_706
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}/></x:xmpmeta>'


def counted(path) -> DamageCount:
    damage = DamageCount()
    sample(path, plan(0, 1, 2, 0.1), damage=damage)
    return damage


def tagged(**tags) -> TiffImagePlugin.ImageFileDirectory_v2:
    listed = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, (kind, value) in tags.items():
        number = int(tag.removeprefix("t"))
        listed.tagtype[number] = kind
        listed[number] = value
    return listed


@pytest.mark.parametrize("name", ["a.tif", "a.heic"])
def test_pages_and_pictures_are_counted(tmp_path, name):
    pages = [Image.fromarray(colours()), *(Image.new("RGB", (60, 40)) for _ in range(2))]
    save(tmp_path / name, pages[0], save_all=True, append_images=pages[1:])
    assert info_of(tmp_path / name).kind == "image"
    assert near(read(tmp_path / name), colours(), 30)
    assert counted(tmp_path / name).further == 2
    save(tmp_path / f"single-{name}", pages[0])
    assert counted(tmp_path / f"single-{name}").further == 0


@pytest.mark.parametrize(
    ("kind", "further"), [(0x02_0002, 1), (0x02_0001, 1), (0, 0), (0x01_0001, 0)]
)
def test_pictures_of_a_stereo_camera_are_counted(tmp_path, kind, further):
    """Maps of gain or depth, of phones, have kind 0; previews have their own."""
    path = tmp_path / "a.jpg"
    first, second = Image.fromarray(colours()), Image.new("RGB", (60, 40))
    first.save(path, format="MPO", save_all=True, append_images=[second])
    data = bytearray(path.read_bytes())
    begin = data.index(b"MPF\0") + 4  # a TIFF's directory, of which Pillow writes bytes low first
    entries = data.index(struct.pack("<HHI", 0xB002, 7, 32), begin)
    (offset,) = struct.unpack_from("<I", data, entries + 8)
    at = begin + offset + 16  # past the first picture's
    data[at : at + 4] = struct.pack("<I", kind)
    path.write_bytes(data)
    assert info_of(path).kind == "image"
    assert near(read(path), colours(), 30)
    assert counted(path).further == further


def test_the_first_page_is_turned_as_it_says(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 3
    first = Image.fromarray(np.ascontiguousarray(colours()[::-1, ::-1]))
    first.save(
        tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (9, 9))], exif=exif
    )
    assert near(read(tmp_path / "a.tif"), colours())


def test_a_smaller_version_is_no_further_picture(tmp_path):
    small = Image.new("RGB", (6, 4))
    small.encoderinfo = {"tiffinfo": tagged(t254=(4, 1))}
    Image.fromarray(colours()).save(tmp_path / "a.tif", save_all=True, append_images=[small])
    assert counted(tmp_path / "a.tif").further == 0


def test_pages_that_are_broken_do_not_harm_the_first(tmp_path):
    path = tmp_path / "a.tif"
    pages = [Image.fromarray(colours()) for _ in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert near(read(path), colours())


@pytest.mark.parametrize(
    "said",
    ['GCamera:MotionPhoto="1"', 'GCamera:MicroVideo="1"', 'GCamera:MotionPhoto="0"', 'dc:a="b"'],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.heic"])
def test_motion_photos(tmp_path, name, said):
    path = tmp_path / name
    save(path, Image.fromarray(colours()), xmp=XMP.format(said).encode())
    film = write(tmp_path / "film.mp4", frames=5)
    path.write_bytes(path.read_bytes() + film.read_bytes())
    assert info_of(path).kind == "image"
    assert near(read(path), colours(), 30)
    assert counted(path).film_beside is ("1" in said)


def samsungs(film: bytes, kind: int) -> bytes:
    """What Samsung's phones put behind a picture, and where they say what it is."""
    entry = struct.pack("<2H2I", 0, kind, 16, len(b"MotionPhoto_Data")) + b"MotionPhoto_Data" + film
    directory = b"SEFH" + struct.pack("<2I2H2I", 107, 1, 0, kind, len(entry), len(entry))
    return entry + directory + struct.pack("<I4s", len(directory), b"SEFT")


@pytest.mark.parametrize("name", ["a.jpg", "a.heic"])
@pytest.mark.parametrize(("kind", "film"), [(0x0A30, True), (0x0A01, False)])
def test_motion_photos_that_only_samsung_marks(tmp_path, name, kind, film):
    """As it did before 2020; other kinds are what time it was, and the like."""
    path = tmp_path / name
    save(path, Image.fromarray(colours()))
    behind = samsungs(write(tmp_path / "film.mp4", frames=5).read_bytes(), kind)
    path.write_bytes(path.read_bytes() + behind)
    assert near(read(path), colours(), 30)
    assert counted(path).film_beside is film


@pytest.mark.parametrize("length", [0, 5, 23, 25, 2**16, 2**32 - 1])
def test_a_damaged_mark_is_none(tmp_path, length):
    path = tmp_path / "a.jpg"
    save(path, Image.fromarray(colours()))
    whole = path.read_bytes() + samsungs(b"", 0x0A30)
    path.write_bytes(whole[:-8] + struct.pack("<I4s", length, b"SEFT"))
    assert counted(path).film_beside is False


def test_a_picture_that_players_take_for_a_film(tmp_path):
    """The film's header counts from the beginning of the whole file."""
    save(tmp_path / "a.heic", Image.fromarray(colours()))
    picture = (tmp_path / "a.heic").read_bytes()
    film = bytearray(write(tmp_path / "film.mp4", frames=5).read_bytes())
    table = film.index(b"stco") + 8
    for place in range(table + 4, table + 4 + 4 * int.from_bytes(film[table : table + 4]), 4):
        moved = int.from_bytes(film[place : place + 4]) + len(picture)
        film[place : place + 4] = moved.to_bytes(4)
    path = tmp_path / "a.mp4"
    path.write_bytes(picture + film)
    assert info_of(path).kind == "image"
    assert counted(path).plays
    assert not counted(tmp_path / "a.heic").plays


RAW = {
    "dng": tagged(t50706=(1, b"\1\4\0\0")),
    "nef": tagged(t254=(4, 1), t330=(4, 8)),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_raw_file_is_not_judged_by_its_preview(tmp_path, kind):
    Image.fromarray(colours()).save(tmp_path / "a", "TIFF", tiffinfo=RAW[kind])
    with pytest.raises(NotMedia, match="preview") as caught:
        info_of(tmp_path / "a")
    assert "develop" in caught.value.hint


def test_canons_raw_files(tmp_path):
    path = tmp_path / "a.cr2"
    Image.fromarray(colours()).save(path, "TIFF")
    data = path.read_bytes()
    (begins,) = np.frombuffer(data[4:8], "<u4")
    moved = data[:4] + np.uint32(len(data)).tobytes() + b"CR\2\0" + data[12:] + data[begins:]
    path.write_bytes(moved)
    with pytest.raises(NotMedia, match="raw"):
        info_of(path)


@pytest.mark.parametrize(
    "head",
    [b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", b"FUJIFILMCCD-RAW 0201", b"IIRO\x08", b"IIU\0\x18"],
)
def test_raw_files_that_are_no_tiff(tmp_path, head):
    """CR3 is an MP4 to FFmpeg, which would call it cut short or without a decoder."""
    (tmp_path / "a").write_bytes(head + bytes(500))
    with pytest.raises(NotMedia, match="raw") as caught:
        info_of(tmp_path / "a")
    assert "develop" in caught.value.hint


@pytest.mark.parametrize("flag", [{254: 1}, {}])
def test_a_tiff_is_no_raw_file(tmp_path, flag):
    """Also where a single picture calls itself a smaller version of another."""
    tags = {f"t{tag}": (4, value) for tag, value in flag.items()}
    Image.fromarray(colours()).save(tmp_path / "a.tif", tiffinfo=tagged(**tags))
    assert near(read(tmp_path / "a.tif"), colours())


@pytest.mark.parametrize(
    ("name", "frames", "further"), [("a.mp4", 25, 1), ("a.mkv", 25, 1), ("a.mp4", 1, 0)]
)
def test_further_tracks_are_counted(tmp_path, name, frames, further):
    """One of a single frame is a preview."""
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for stream, count, first in zip(streams, (25, frames), (0, 100), strict=True):
            for index in range(count):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(first + index))))
            out.mux(stream.encode())
    damage = DamageCount()
    (window,) = sample(path, plan(0, 1, 2, 0.2), damage=damage)
    assert numbers(window) == [0, 5]
    assert damage.further == further
    assert counted(write(tmp_path / f"one-{name}")).further == 0
