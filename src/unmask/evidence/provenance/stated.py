"""The few things people ask of a file's metadata, found among its tags."""

from __future__ import annotations

from collections.abc import Sequence

from unmask.evidence.provenance.records import Tag

_CREATED = (
    "datetimeoriginal",
    "com.apple.quicktime.creationdate",
    "datecreated",
    "createdate",
    "datetimedigitized",
    "creation_time",
    "date",
    "creation time",
    "datetime",
)
_ENCODER = ("encoder", "encoding_tool", "writing_application", "compressor_name")
_SOFTWARE = (
    "software",
    "processingsoftware",
    "creatortool",
    "softwareagent",
    "com.apple.quicktime.software",
    "com.android.version",
    "tool",
    "history",
)
_MAKE = ("make", "com.apple.quicktime.make", "com.android.manufacturer")
_MODEL = ("model", "com.apple.quicktime.model", "com.android.model")
_ZONE = ("offsettimeoriginal", "offsettime")


def created(tags: Sequence[Tag]) -> str:
    """When the file says it was made, in its own form; with its zone where EXIF keeps it apart."""
    value = _first(tags, _CREATED)
    zone = _first(tags, _ZONE)
    return (
        f"{value} {zone}" if zone and value and value[-1].isdigit() and len(value) == 19 else value
    )


def encoder(tags: Sequence[Tag]) -> str:
    """What encoded it: every different name, the container's first."""
    return _all(tags, _ENCODER)


def software(tags: Sequence[Tag]) -> str:
    """What wrote or edited it."""
    return _all(tags, _SOFTWARE)


def camera(tags: Sequence[Tag]) -> str:
    """Make and model, the make not repeated where the model begins with it."""
    make, model = _first(tags, _MAKE), _first(tags, _MODEL)
    if make and model.casefold().startswith(make.casefold()):
        return model
    return f"{make} {model}".strip()


def _first(tags: Sequence[Tag], names: Sequence[str]) -> str:
    for name in names:
        for tag in tags:
            if tag.name.casefold() == name:
                return tag.value
    return ""


def _all(tags: Sequence[Tag], names: Sequence[str]) -> str:
    values = [tag.value for name in names for tag in tags if tag.name.casefold() == name]
    return ", ".join(dict.fromkeys(values))
