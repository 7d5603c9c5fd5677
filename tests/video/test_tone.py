"""Films of high dynamic range look as on an ordinary screen."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from media_factory import need_encoder, plan, sample
from test_pictures import colours, near

from unmask.video import tone

LARGE = np.kron(colours(), np.ones((4, 4, 1), np.uint8))  # 160×240
NITS = 203 * (LARGE * 0.7 / 255) ** 2.4  # clear of the highlights that are pressed together
FROM_709 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


def in_pq(nits):
    """As ITU-R BT.2100 states the inverse EOTF."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = (nits / 10_000) ** m1
    return ((c1 + c2 * power) / (1 + c3 * power)) ** m2


def in_hlg(nits):
    """The inverse OOTF for a screen of 1,000 nits, then the OETF."""
    shown = nits / 1000
    luma = (shown @ [0.2627, 0.6780, 0.0593])[..., None]
    scene = shown * np.maximum(luma, 1e-9) ** (-0.2 / 1.2)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


@pytest.mark.parametrize("pixels", ["yuv444p10le", "yuva444p10le"])
@pytest.mark.parametrize(("encode", "transfer"), [(in_pq, 16), (in_hlg, 18)])
def test_a_film_of_high_range(tmp_path, encode, transfer, pixels):
    need_encoder("ffv1")
    signal = np.rint(encode(NITS @ FROM_709.T) * 65_535).astype(np.uint16)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.height, stream.width = signal.shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.colorspace = 9
        stream.codec_context.color_primaries = 9
        stream.codec_context.color_trc = transfer
        stream.codec_context.color_range = 1
        frame = av.VideoFrame.from_ndarray(signal, format="rgb48le").reformat(
            format=pixels, dst_colorspace=9, dst_color_range=1
        )
        frame.pts, frame.time_base = 0, Fraction(1, 10)
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    ((shown, *_),) = sample(path, plan(0, 1, 1, 0.1))
    assert near(shown.image, np.rint(LARGE * 0.7), 6)


@pytest.mark.parametrize("transfer", [tone.PQ, tone.HLG])
def test_highlights_are_pressed_together_and_grey_stays_grey(transfer):
    ramp = np.repeat(np.arange(65_536, dtype=np.uint16)[None, :, None], 3, axis=2)
    shown = tone.to_ordinary(ramp, transfer)[0].astype(int)
    assert (np.diff(shown[:, 1]) >= 0).all()
    assert (np.ptp(shown, axis=1) <= 1).all()
    assert (shown[0] == 0).all()
    assert (shown[-1] >= 253).all()


def test_strips_leave_no_seam(monkeypatch):
    image = np.random.default_rng(0).integers(0, 65_536, (33, 20, 3), np.uint16)
    whole = tone.to_ordinary(image, tone.HLG)
    monkeypatch.setattr(tone, "_STRIP_PIXELS", 100)
    assert (tone.to_ordinary(image, tone.HLG) == whole).all()
