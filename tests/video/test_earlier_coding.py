"""A picture that was coarse before it was saved finely tells it by its pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from media_factory import plan, sample
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut

from unmask.video.earlier import earlier_quantiser
from unmask.video.quantiser import of_jpeg

WHOLE = Image.fromarray(astronaut()).resize((448, 448), Image.Resampling.LANCZOS)


def again(image: Image.Image, *qualities: int) -> Image.Image:
    """Saved as JPEG so many times."""
    for quality in qualities:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        image = Image.open(buffer).convert("RGB")
    return image


def told(image: Image.Image) -> float | None:
    return earlier_quantiser(np.asarray(image.convert("RGB")))


def as_its_table(quality: int) -> float:
    buffer = io.BytesIO()
    WHOLE.save(buffer, "JPEG", quality=quality)
    return of_jpeg(Image.open(buffer).quantization[0]) or 0.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("last", [(), (92,), (80,), (95, 90)])
@pytest.mark.parametrize("first", [15, 25, 40])
def test_it_is_told_of_a_fine_copy_nearly_as_coarse_as_it_was(
    first: int, last: tuple[int, ...]
) -> None:
    found = told(again(WHOLE, first, *last))
    assert found is not None
    assert as_its_table(first) - 4 < found < as_its_table(first) + 0.5


def test_a_picture_that_never_was_coarse_tells_nothing() -> None:
    assert told(WHOLE) is None
    assert told(again(WHOLE, 95)) is None
    for other in (95, 90):
        assert (told(again(WHOLE, other, 92)) or 0) < 20


@pytest.mark.parametrize("last", [(), (92,)])
@pytest.mark.parametrize(("left", "top"), [(3, 5), (8, 1), (0, 7)])
def test_where_it_was_cropped_does_not_matter(left: int, top: int, last: tuple[int, ...]) -> None:
    whole = again(WHOLE, 15)
    cropped = again(whole.crop((left, top, 440, 440)), *last)
    assert told(cropped) == pytest.approx(told(whole), abs=1.5)


def test_scaled_nothing_is_left() -> None:
    for side in (400, 500):
        assert told(again(WHOLE, 15).resize((side, side))) is None


def drawings() -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:400, :400]
    tile = rng.integers(0, 2, (16, 16), np.uint8) * 255
    return {
        "flat": np.full((400, 400), 90, np.uint8),
        "slope": (across // 2).astype(np.uint8),
        "stripes": ((across // 3 % 2) * 200).astype(np.uint8),
        "tiles": np.tile(tile, (25, 25)),
        "mosaic": np.kron(rng.integers(0, 256, (50, 50)), np.ones((8, 8))).astype(np.uint8),
        "small mosaic": np.kron(rng.integers(0, 256, (100, 100)), np.ones((4, 4))).astype(np.uint8),
        "noise": rng.integers(0, 256, (400, 400), dtype=np.uint8),
        "circles": (np.hypot(down - 200, across - 200) // 9 % 2 * 180).astype(np.uint8),
        "few greys": (rng.integers(0, 4, (400, 400)) * 80).astype(np.uint8),
        "letters": (rng.random((400, 400)) > 0.7).astype(np.uint8) * 255,
    }


@pytest.mark.parametrize("name", drawings())
def test_drawings_are_not_taken_for_it(name: str) -> None:
    assert earlier_quantiser(np.repeat(drawings()[name][..., None], 3, axis=2)) is None


@pytest.mark.parametrize("shape", [(1, 1), (7, 900), (32, 32), (33, 4000), (3000, 39)])
def test_any_size_will_do(shape: tuple[int, int]) -> None:
    assert earlier_quantiser(np.zeros((*shape, 3), np.uint8)) is None


@pytest.mark.parametrize("code", [1, 3, 6])
def test_a_frame_has_the_coarser_of_both(tmp_path, code: int) -> None:
    """Also where it is turned for display: its blocks lie as it is stored."""
    exif = Image.Exif()
    exif[0x0112] = code
    coarse = again(WHOLE.crop((0, 0, 444, 440)), 15)
    for name, more in (("a.jpg", {"quality": 92}), ("a.png", {})):
        coarse.save(tmp_path / name, exif=exif, **more)
        ((frame,),) = sample(tmp_path / name, plan(0, 1, 1, 0.1))
        assert frame.quantiser == pytest.approx(told(again(coarse, 92)), abs=1)
    again(WHOLE, 60).save(tmp_path / "a.jpg", quality=20)
    ((frame,),) = sample(tmp_path / "a.jpg", plan(0, 1, 1, 0.1))
    assert frame.quantiser == pytest.approx(as_its_table(20))
