"""JPEGs that break off before their end: shown by viewers, refused by Pillow."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from media_factory import plan, sample
from PIL import Image
from test_pictures import ORIENTATION

from unmask.core.errors import Damaged
from unmask.video import DamageCount
from unmask.video.orientation import stored

KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "many restarts": {"restart_marker_blocks": 1},
    "full colour": {"subsampling": 0},
}
SCAN, RESTART = b"\xff\xda", b"\xff\xd3"


def detailed() -> np.ndarray:
    """200×160, different everywhere."""
    small = np.random.default_rng(4).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((160, 200), Image.Resampling.BICUBIC))


def coded(**options: object) -> bytes:
    held = BytesIO()
    Image.fromarray(detailed()).save(held, "JPEG", quality=90, **options)
    return held.getvalue()


def read(path) -> tuple[np.ndarray, DamageCount]:
    damage = DamageCount()
    ((frame,),) = sample(path, plan(0, 1, 1, 0.1), damage=damage)
    return frame.image, damage


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", [1, 2])
def test_without_its_end_mark_nothing_is_missing(tmp_path, kind, lost):
    whole, path = coded(**KINDS[kind]), tmp_path / "a.jpg"
    path.write_bytes(whole)
    wanted, undamaged = read(path)
    assert undamaged.rows_missing is None
    path.write_bytes(whole[:-lost])
    shown, damage = read(path)
    assert (shown == wanted).all()
    assert damage.rows_missing == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_bytes_more_cost_the_last_rows(tmp_path, kind):
    whole, path = coded(**KINDS[kind]), tmp_path / "a.jpg"
    path.write_bytes(whole)
    wanted, _ = read(path)
    path.write_bytes(whole[:-40])
    shown, damage = read(path)
    assert 0 < damage.rows_missing <= 24
    assert (shown[: -damage.rows_missing] == wanted[: -damage.rows_missing]).all()


def test_it_is_turned_as_any_other(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    held = BytesIO()
    lying = Image.fromarray(np.ascontiguousarray(stored(detailed(), 6)))
    lying.save(held, "JPEG", quality=95, exif=exif)
    (tmp_path / "a.jpg").write_bytes(held.getvalue()[:-2])
    shown, _ = read(tmp_path / "a.jpg")
    assert shown.shape == (200, 160, 3)
    assert np.abs(shown.astype(int) - detailed()).mean() < 8


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.85])
def test_where_more_is_missing_it_is_refused(tmp_path, kind, kept):
    """Half a face, or a blurred one, is not what the file was to show."""
    whole = coded(**KINDS[kind])
    (tmp_path / "a.jpg").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(Damaged, match="truncated"):
        read(tmp_path / "a.jpg")


@pytest.mark.parametrize(("kind", "mark"), [("progressive", SCAN), ("restarts", RESTART)])
def test_breaking_off_between_two_parts_is_noticed(tmp_path, kind, mark):
    """Whatever comes after such a place decodes to nothing, the same both times."""
    whole, at, places = coded(**KINDS[kind]), 0, []
    while (at := whole.find(mark, at + 1)) > 0:
        places.append(at)
    assert len(places) > 1
    for place in places[1 if mark == SCAN else 0 : -1]:
        (tmp_path / "a.jpg").write_bytes(whole[:place])
        with pytest.raises(Damaged):
            read(tmp_path / "a.jpg")
