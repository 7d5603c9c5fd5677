"""How coarsely pictures were coded, and films of them, as their files say it."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media_factory import info_of, plan, sample, write
from PIL import Image
from skimage.data import astronaut

from unmask.video.pillow import recognised
from unmask.video.quantiser import _VP8_PLACES, _VP8_STEPS, of_jpeg, of_vp8
from unmask.video.stills import quantiser
from unmask.video.vp8 import Vp8Headers

FACE = Image.fromarray(astronaut()[:200, 140:340]).resize((160, 160))
STEP_OF_32 = 4 + 6 * 5  # in H.264's quantisers


def said(path: Path) -> float | None:
    """The frame has it, too, unless its pixels tell of a coarser one."""
    ((frame,),) = sample(path, plan(0, 1, 1, 0.1))
    with recognised(path) as image:
        assert image is not None
        told = quantiser(path, image)
    assert frame.quantiser == told or (frame.quantiser or 0) > (told or 0)
    return told


def saved(path: Path, image: Image.Image = FACE, **options: object) -> Path:
    image.save(path, **options)
    return path


def even(step: int) -> dict[str, list[list[int]]]:
    return {"qtables": [[step] * 64] * 2}


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"subsampling": "4:4:4"}])
def test_jpeg_says_it_by_its_table(tmp_path: Path, mode: str, more: dict[str, object]) -> None:
    path = saved(tmp_path / "a.jpg", FACE.convert(mode), **even(32), **more)
    assert said(path) == pytest.approx(STEP_OF_32 - 2)


def test_jpegs_first_component_counts(tmp_path: Path) -> None:
    """Whose steps six diagonals of low frequencies tell, the first row and column alike."""
    fine, coarse = [8] * 64, [64] * 64
    assert said(saved(tmp_path / "a.jpg", qtables=[fine, coarse])) == pytest.approx(4 + 6 * 3 - 2)
    mixed = [8 if across + down < 6 else 64 for down in range(8) for across in range(8)]
    assert of_jpeg(mixed) == of_jpeg(fine)
    rising = list(range(1, 65))
    assert of_jpeg(rising) == of_jpeg(np.reshape(rising, (8, 8)).T.ravel().tolist())


def test_usual_qualities_lie_where_they_were_measured(tmp_path: Path) -> None:
    """Where JPEG has 23 its pictures are as far off as H.264's at 33."""
    told = {q: said(saved(tmp_path / "a.jpg", quality=q)) for q in (10, 20, 25, 50, 75, 95)}
    assert told[20] == pytest.approx(34.6, abs=0.1)
    assert told[25] == pytest.approx(32.7, abs=0.1)
    values = [value or 0.0 for value in told.values()]
    assert all(coarse > fine for coarse, fine in pairwise(values))


def test_of_several_pictures_in_a_jpeg_the_first_counts(tmp_path: Path) -> None:
    small = Image.new("RGB", (32, 32))
    path = tmp_path / "a.mpo"
    FACE.save(path, save_all=True, append_images=[small], quality=25)
    assert info_of(path).container == "mpo"
    assert said(path) == pytest.approx(32.7, abs=0.1)


def test_a_table_of_noughts_is_no_error() -> None:
    assert of_jpeg([0] * 64) == 2.0
    assert of_jpeg(None) is None


def test_a_jpeg_without_its_table_says_nothing(tmp_path: Path) -> None:
    """As motion JPEG and TIFF may have it; what reads the pixels refuses it."""
    data = bytearray(saved(tmp_path / "a.jpg").read_bytes())
    marker = data.find(b"\xff\xc0")
    data[marker + 12] = 3  # the first component's table
    (tmp_path / "a.jpg").write_bytes(data)
    with recognised(tmp_path / "a.jpg") as image:
        assert image is not None
        assert quantiser(tmp_path / "a.jpg", image) is None


@pytest.mark.parametrize("more", [{}, {"icc_profile": b"x" * 401, "exif": Image.Exif()}])
def test_lossy_webp_says_it(tmp_path: Path, more: dict[str, object]) -> None:
    """Also where other chunks stand before the pixels, and transparency among them."""
    seen = FACE.copy()
    if more:
        seen.putalpha(Image.linear_gradient("L").resize(FACE.size))
    fine, coarse = (
        said(saved(tmp_path / "a.webp", seen, quality=q, method=0, **more)) for q in (90, 10)
    )
    assert fine is not None
    assert coarse is not None
    assert 5 < fine < 20 < 33 < coarse < 45


def test_what_loses_nothing_says_nothing(tmp_path: Path) -> None:
    for name, more in (("a.webp", {"lossless": True}), ("a.png", {}), ("a.tif", {}), ("a.gif", {})):
        assert said(saved(tmp_path / name, **more)) is None


def test_vp8s_table_is_the_specifications() -> None:
    """Its places where it bends, and a step that is twice as large is six coarser."""
    for place, step in zip(_VP8_PLACES, _VP8_STEPS, strict=True):
        coded = 4 + 6 * np.log2(step / 2)
        assert of_vp8([(place, 1.0)]) == pytest.approx(max(0, coded - 5))
        assert of_vp8([(place, 1.0)], still=True) == pytest.approx(coded - 1)
    one, other = of_vp8([(16, 1.0)]), of_vp8([(36, 1.0)])  # steps of 20 and 40
    assert (other or 0) - (one or 0) == pytest.approx(6)
    assert of_vp8([(16, 3.0), (36, 1.0)]) == pytest.approx((one or 0) + 1.5)
    assert of_vp8(None) is None


def test_vp8s_segments_are_read_with_their_shares(tmp_path: Path) -> None:
    """Of which libwebp makes four, the plainer the finer."""
    told = Vp8Headers().places(webp_frame(tmp_path))
    assert told is not None
    places, shares = zip(*told, strict=True)
    assert len(set(places)) == 4
    assert all(10 < place < 90 for place in places)
    assert sum(shares) == pytest.approx(1)
    assert all(0 < share < 0.7 for share in shares)


def webp_frame(folder: Path) -> bytes:
    """A frame as libwebp codes a picture, from its first byte on."""
    data = saved(folder / "a.webp", quality=40).read_bytes()
    return data[data.index(b"VP8 ") + 8 :]


def test_damaged_vp8_says_something_or_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = webp_frame(tmp_path)
    for _ in range(300):
        hurt = bytearray(whole[: rng.integers(0, 60)])
        for at in rng.integers(0, max(1, len(hurt)), 4):
            hurt[at : at + 1] = bytes([rng.integers(0, 256)])
        told = of_vp8(Vp8Headers().places(bytes(hurt)))
        assert told is None or 0 <= told <= 51


def test_a_webp_of_endless_chunks_is_given_up(tmp_path: Path) -> None:
    """Without its pixels, which are lossy, being looked for forever."""
    data = saved(tmp_path / "a.webp", quality=10).read_bytes()
    stuffed = data[:12] + b"JUNK\0\0\0\0" * 100_000 + data[12:]
    (tmp_path / "b.webp").write_bytes(stuffed)
    with recognised(tmp_path / "a.webp") as image:
        assert image is not None
        assert quantiser(tmp_path / "a.webp", image) is not None
        assert quantiser(tmp_path / "b.webp", image) is None


@pytest.mark.parametrize("name", ["a.heic", "a.avif"])
def test_heif_and_avif_say_it(tmp_path: Path, name: str) -> None:
    fine, coarse = (said(saved(tmp_path / name, quality=q)) for q in (90, 10))
    assert fine is not None
    assert coarse is not None
    assert fine < 22 < 33 < coarse <= 51


@pytest.mark.parametrize("name", ["a.heic", "a.avif"])
def test_previews_and_further_pictures_do_not_count(tmp_path: Path, name: str) -> None:
    alone = said(saved(tmp_path / name, quality=10))
    finer = FACE.resize((64, 64))
    if name == "a.heic":
        FACE.save(tmp_path / name, quality=10, save_all=True, append_images=[finer])
        assert said(tmp_path / name) == alone
    see_through = FACE.copy()
    see_through.putalpha(200)
    assert said(saved(tmp_path / name, see_through, quality=10)) == pytest.approx(alone, abs=3)


@pytest.mark.parametrize("name", ["a.heic", "a.avif"])
def test_what_ffmpeg_cannot_read_says_nothing(tmp_path: Path, name: str) -> None:
    """And is read all the same, if whoever decodes pictures can."""
    with recognised(saved(tmp_path / name)) as image:
        assert image is not None
        (tmp_path / "broken").write_bytes((tmp_path / name).read_bytes()[:100])
        assert quantiser(tmp_path / "broken", image) is None
        (tmp_path / "empty").write_bytes(b"")
        assert quantiser(tmp_path / "empty", image) is None


def test_frames_of_motion_jpeg_say_it(tmp_path: Path) -> None:
    """By the tables in each of them: FFmpeg's of quantiser 8 are half as fine as those of 4."""
    fine, coarse = (
        write(
            tmp_path / f"{coded}.avi",
            codec="mjpeg",
            options={"qmin": coded, "qmax": coded, "huffman": "default"},
            pixels="yuvj420p",
            frames=10,
        )
        for coded in ("8", "16")
    )
    first, second = (sample(path, plan(0, 0.4, 3, 0.1))[0] for path in (fine, coarse))
    assert [one.quantiser for one in first] == [pytest.approx(first[0].quantiser)] * 3
    assert (second[0].quantiser or 0) - (first[0].quantiser or 0) == pytest.approx(6, abs=0.3)


def test_frames_of_vp8_say_it(tmp_path: Path) -> None:
    """Key frames and those that lean on others: libvpx's 20th step is the table's 25th place."""
    fixed = {"b": "0", "crf": "20", "qmin": "20", "qmax": "20", "auto-alt-ref": "0"}
    path = write(tmp_path / "film.webm", codec="libvpx", options=fixed, frames=20)
    (frames,) = sample(path, plan(0, 0.7, 5, 0.1))
    told = {one.quantiser for one in frames}
    assert len(told) == 1
    assert told == {of_vp8([(25, 1.0)])}


def test_a_jpeg_in_memory_needs_no_pixels() -> None:
    from unmask.video.jpeg import luma_table_in

    buffer = io.BytesIO()
    FACE.save(buffer, "JPEG", **even(16))
    header = buffer.getvalue()[: buffer.getvalue().index(b"\xff\xda") + 20]
    assert luma_table_in(header) == [16] * 64
    stuffed = header[:2] + b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)
    assert luma_table_in(stuffed + header[2:]) == [16] * 64
    assert luma_table_in(stuffed + 4 * stuffed[2:] + header[2:]) is None
    for broken in (b"", b"\xff\xd8", header[:60], b"\0" * 500):
        assert luma_table_in(broken) is None
