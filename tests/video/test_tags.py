"""The metadata of files."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from unmask.core.deadline import Deadline
from unmask.core.errors import NotMedia
from unmask.video import FileTags, read_tags

FOREVER = Deadline.after(None)


def tags(path: Path) -> FileTags:
    return read_tags(path, deadline=FOREVER)


def values(found: FileTags) -> dict[tuple[str, str], str]:
    return {(tag.place, tag.name): tag.value for tag in found.tags}


def picture(path: Path, **options: object) -> Path:
    Image.new("RGB", (32, 32), "red").save(path, **options)
    return path


def film(path: Path, **metadata: str) -> Path:
    # Names of one's own are kept in an MP4 only on request.
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(metadata)
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def exif(location: bool = False) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Make] = "Canon"
    found[ExifTags.Base.Software] = "Editor 25"
    inner = found.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    inner[ExifTags.Base.BodySerialNumber] = "123456789"
    inner[ExifTags.Base.MakerNote] = b"\x00\x01\x02secret"
    if location:
        place = found.get_ifd(ExifTags.IFD.GPSInfo)
        place[ExifTags.GPS.GPSLatitudeRef] = "N"
        place[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    return found


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_exif(tmp_path: Path, suffix: str) -> None:
    found = tags(picture(tmp_path / f"a.{suffix}", exif=exif()))
    assert values(found)["EXIF", "Make"] == "Canon"
    if suffix != "tiff":  # into which Pillow writes no nested directory
        assert values(found)["EXIF", "DateTimeOriginal"] == "2024:05:06 07:08:09"
    assert not found.has_location


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_place_is_said_to_be_there_and_not_told(tmp_path: Path, suffix: str) -> None:
    found = tags(picture(tmp_path / f"a.{suffix}", exif=exif(location=True)))
    assert found.has_location
    assert "52" not in repr(found.tags)
    assert "GPS" not in repr(found.tags)


def test_serial_numbers_and_binary_notes_are_left_out(tmp_path: Path) -> None:
    text = repr(tags(picture(tmp_path / "a.jpg", exif=exif())))
    assert "123456789" not in text
    assert "secret" not in text


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmp:CreatorTool="Editor 25" exif:GPSLatitude="52,31N"><xmp:Label>a label</xmp:Label>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("suffix", ["jpg", "webp", "png"])
def test_xmp(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        picture(path, pnginfo=info)
    else:
        picture(path, xmp=XMP)
    found = tags(path)
    assert values(found)["XMP", "CreatorTool"] == "Editor 25"
    assert values(found)["XMP", "Label"] == "a label"
    assert found.has_location
    assert "52,31" not in repr(found.tags)


PLACES_IN_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:State="Bavaria"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmlns:iptc="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<dc:creator><rdf:Seq><rdf:li>Jo Doe</rdf:li></rdf:Seq></dc:creator>
<aux:SerialNumbers><rdf:Bag><rdf:li>0815</rdf:li></rdf:Bag></aux:SerialNumbers>
<iptc:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource">
<iptc:LocationName><rdf:Alt><rdf:li xml:lang="x-default">Marienplatz</rdf:li></rdf:Alt>
</iptc:LocationName><iptc:Identifier>place-17</iptc:Identifier></rdf:li></rdf:Bag>
</iptc:LocationCreated></rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_a_place_in_the_lists_of_xmp(tmp_path: Path) -> None:
    found = tags(picture(tmp_path / "a.jpg", xmp=PLACES_IN_XMP))
    assert found.has_location
    assert values(found)["XMP", "creator"] == "Jo Doe"
    for personal in ("Bavaria", "Marienplatz", "place-17", "0815"):
        assert personal not in repr(found.tags)


@pytest.mark.parametrize(
    "packet",
    [
        b"<not closed",
        b"\xff\xfe\x00",
        b"",
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    ],
    ids=["broken", "binary", "empty", "entities"],
)
def test_odd_xmp_is_passed_over(tmp_path: Path, packet: bytes) -> None:
    found = tags(picture(tmp_path / "a.webp", xmp=packet))
    assert [tag for tag in found.tags if tag.place == "XMP"] == []


def test_broken_exif_leaves_the_rest_readable(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "a program")
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9)).save(path, pnginfo=info, exif=b"Exif\0\0" + bytes(33))
    (found,) = read_tags(path, deadline=Deadline.after(None)).tags
    assert (found.name, found.value) == ("Software", "a program")


def test_png_text(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Painter 3")
    info.add_text("parameters", "a face, Steps: 20, Sampler: Euler")
    found = values(tags(picture(tmp_path / "a.png", pnginfo=info)))
    assert found["text", "Software"] == "Painter 3"
    assert found["text", "parameters"].startswith("a face")


def test_a_film(tmp_path: Path) -> None:
    found = tags(film(tmp_path / "a.mp4", title="Grüße", model="X100", comment="cut"))
    told = values(found)
    assert told["container", "title"] == "Grüße"
    assert told["container", "model"] == "X100"
    assert told["container", "encoder"].startswith("Lavf")
    assert ("video stream", "handler_name") in told
    assert not found.has_location


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("location", "+52.5200+013.4050/"),
        ("com.apple.quicktime.location.ISO6709", "+52.5200+013.4050+034.000/"),
        ("comment", "+52.5200+013.4050/"),
    ],
)
def test_a_place_in_a_film(tmp_path: Path, name: str, value: str) -> None:
    found = tags(film(tmp_path / "a.mp4", **{name: value}))
    assert found.has_location
    assert "52.52" not in repr(found.tags)


def test_what_is_found_is_bounded(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    for number in range(1200):
        info.add_text(f"key{number}", "v" * 5000)
    found = tags(picture(tmp_path / "a.png", pnginfo=info))
    assert len(found.tags) <= 500
    assert max(len(tag.value) for tag in found.tags) <= 2000


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    with pytest.raises(NotMedia):
        tags(path)
