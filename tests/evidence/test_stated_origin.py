"""What is picked out of a file's metadata."""

from __future__ import annotations

import pytest

from unmask.evidence.provenance import Tag, camera, created, encoder, software


def tags(**values: str) -> list[Tag]:
    return [Tag(place="EXIF", name=name.replace("__", "."), value=v) for name, v in values.items()]


@pytest.mark.parametrize(
    ("found", "when"),
    [
        ({}, ""),
        ({"creation_time": "2024-05-06T07:08:09.000000Z"}, "2024-05-06T07:08:09.000000Z"),
        (
            {"DateTime": "2025:01:01 00:00:00", "DateTimeOriginal": "2024:05:06 07:08:09"},
            "2024:05:06 07:08:09",
        ),
        (
            {"DateTimeOriginal": "2024:05:06 07:08:09", "OffsetTimeOriginal": "+02:00"},
            "2024:05:06 07:08:09 +02:00",
        ),
        (
            {
                "creation_time": "2024-05-06T05:08:09Z",
                "com__apple__quicktime__creationdate": "2024-05-06T07:08:09+0200",
            },
            "2024-05-06T07:08:09+0200",
        ),
    ],
)
def test_creation_time(found: dict[str, str], when: str) -> None:
    assert created(tags(**found)) == when


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({}, ""),
        ({"Make": "Canon", "Model": "Canon EOS R5"}, "Canon EOS R5"),
        ({"Make": "Apple", "Model": "iPhone 15"}, "Apple iPhone 15"),
        ({"Model": "X100"}, "X100"),
        ({"com__android__manufacturer": "Google", "com__android__model": "Pixel"}, "Google Pixel"),
    ],
)
def test_camera(found: dict[str, str], name: str) -> None:
    assert camera(tags(**found)) == name


def test_each_encoder_and_each_software_once() -> None:
    found = [
        Tag(place="container", name="encoder", value="Lavf60"),
        Tag(place="video stream", name="encoder", value="Lavc60 libx264"),
        Tag(place="audio stream", name="encoder", value="Lavf60"),
        Tag(place="EXIF", name="Software", value="Photo Editor 25"),
        Tag(place="XMP", name="CreatorTool", value="Photo Editor 25"),
    ]
    assert encoder(found) == "Lavf60, Lavc60 libx264"
    assert software(found) == "Photo Editor 25"
