"""Pictures in other colours than sRGB are seen in their own."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms
from profile_factory import ADOBE, P3, PRO_PHOTO, grey_profile, ink_profile
from test_pictures import colours, near, read, save

from unmask.video import profiles

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.avif", "a.heic"])
@pytest.mark.parametrize("space", [P3, ADOBE, PRO_PHOTO], ids=["p3", "adobe", "prophoto"])
def test_colours_of_a_profile(tmp_path, space, name):
    stored = Image.fromarray(space.store(colours()))
    options = {"quality": 95} if name[2:] in ("jpg", "webp", "avif", "heic") else {}
    save(tmp_path / name, stored, icc_profile=space.profile(), **options)
    assert near(read(tmp_path / name), colours(), 20)
    save(tmp_path / f"plain-{name}", stored, **options)
    assert not near(read(tmp_path / f"plain-{name}"), colours(), 20)


@pytest.mark.parametrize("space", [P3, ADOBE, PRO_PHOTO], ids=["p3", "adobe", "prophoto"])
def test_colours_are_exact(tmp_path, space):
    stored = Image.fromarray(space.store(colours()))
    stored.save(tmp_path / "a.png", icc_profile=space.profile())
    assert near(read(tmp_path / "a.png"), colours(), 4)


def test_srgb_stays_as_it_is(tmp_path):
    noise = np.random.default_rng(5).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png", icc_profile=SRGB)
    assert (read(tmp_path / "a.png") == noise).all()


def test_alpha_is_no_colour(tmp_path):
    stored = np.dstack([P3.store(colours()), np.full((40, 60), 255, np.uint8)])
    stored[:, 30:, 3] = 0
    Image.fromarray(stored).save(tmp_path / "a.png", icc_profile=P3.profile())
    image = read(tmp_path / "a.png")
    assert np.abs(image[:, :30].astype(int) - colours()[:, :30]).max() <= 4
    assert (image[:, 30:] == 255).all()


def test_a_palette_has_a_profile_too(tmp_path):
    image = Image.fromarray(P3.store(colours())).convert("P", palette=Image.Palette.ADAPTIVE)
    image.save(tmp_path / "a.png", icc_profile=P3.profile())
    assert near(read(tmp_path / "a.png"), colours(), 8)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_grey(tmp_path, kind):
    """Linear light: a fifth of it is the middle of what is shown."""
    value = 55 if kind is np.uint8 else 55 * 257
    Image.fromarray(np.full((40, 60), value, kind)).save(
        tmp_path / "a.png", icc_profile=grey_profile(1.0)
    )
    assert np.abs(read(tmp_path / "a.png").astype(int) - 128).max() <= 2


def test_a_picture_of_inks(tmp_path):
    """Pillow itself shows pure inks as pure light: cyan as (0, 255, 255)."""
    inks = np.zeros((40, 60, 4), np.uint8)
    inks[:, 30:, 0] = 255
    image = Image.fromarray(inks, "CMYK")
    image.save(tmp_path / "a.jpg", icc_profile=ink_profile(), quality=95)
    shown = read(tmp_path / "a.jpg")
    assert (shown[20, 10] >= 252).all()
    red, green, blue = shown[20, 50].astype(int)
    assert red < 40
    assert 120 < green < 170
    assert 190 < blue < 235


BROKEN = {
    "rubbish": b"rubbish",
    "zeros": bytes(400),
    "cut short": P3.profile()[:300],
    "no tags": P3.profile()[:128] + bytes(4),
    "of inks": ink_profile(),
    "of grey": grey_profile(1.0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_profile_that_is_of_no_use_is_passed_over(tmp_path, name):
    Image.fromarray(colours()).save(tmp_path / "a.png", icc_profile=BROKEN[name])
    assert (read(tmp_path / "a.png") == colours()).all()


def test_an_enormous_profile_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "_LARGEST", 100)
    Image.fromarray(colours()).save(tmp_path / "a.png", icc_profile=P3.profile())
    assert (read(tmp_path / "a.png") == colours()).all()


def test_strips_are_of_the_same_colours(tmp_path, monkeypatch):
    noise = np.random.default_rng(6).integers(0, 256, (101, 40, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png", icc_profile=ADOBE.profile())
    whole = read(tmp_path / "a.png")
    monkeypatch.setattr("unmask.video.pictures._STRIP_PIXELS", 400)
    assert (read(tmp_path / "a.png") == whole).all()
    assert (whole != noise).any()
