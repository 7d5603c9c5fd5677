"""Which HEVC packets a decoder may do without. That no pixel changes is in test_formats.py."""

from __future__ import annotations

import av
import pytest

from unmask.video.needless import needless

TRAIL_N, TRAIL_R, KEY, PARAMETERS = 0, 1, 19, 33


def asked(codec="hevc", layers=1, length=4, version=1):
    context = av.CodecContext.create(codec, "r")
    head = bytearray(23)
    head[0], head[21] = version, layers << 3 | (length - 1)
    context.extradata = bytes(head)
    return needless(context)


def part(kind, layer=1, length=4):
    body = bytes([kind << 1, layer]) + b"rest"
    return len(body).to_bytes(length, "big") + body


@pytest.mark.parametrize(
    ("layers", "kind", "layer", "answer"),
    [
        (1, TRAIL_N, 1, True),
        (1, TRAIL_R, 1, False),
        (1, KEY, 1, False),
        (3, TRAIL_N, 3, True),
        (3, TRAIL_N, 1, False),  # its own layer does not need it, the next may
    ],
)
@pytest.mark.parametrize("length", [2, 4])
def test_a_picture_tells(layers, kind, layer, answer, length):
    packet = av.Packet(part(PARAMETERS, length=length) + part(kind, layer, length))
    assert asked(layers=layers, length=length)(packet) is answer


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\0", b"\0" * 99, part(PARAMETERS)])
def test_what_is_no_slice_is_kept(data):
    assert asked()(av.Packet(data)) is False


@pytest.mark.parametrize("change", [{"codec": "h264"}, {"layers": 0}, {"version": 0}])
def test_streams_that_do_not_tell(change):
    assert asked(**change) is None
