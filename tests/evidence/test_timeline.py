"""The plot of scores through time."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from report_samples import face, frame

from unmask.core.analysis import Face, Thresholds
from unmask.evidence.pictures import face_colour
from unmask.evidence.timeline import Timeline

NS = "{http://www.w3.org/2000/svg}"
LIMITS = Thresholds(low=0.25, high=0.75)


def drawn(*faces: Face, end_s: float = 10.0, page: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(Timeline(faces, end_s, LIMITS).svg(page))


def test_a_mark_for_each_scored_frame_a_bar_for_each_clip() -> None:
    one = face(frames=5)
    gap = one.model_copy(update={"frames": (*one.frames, frame(9.0, None))})
    picture = drawn(gap)
    assert len(picture.findall(f"{NS}circle")) == 5
    bars = [line for line in picture.findall(f"{NS}line") if line.get("stroke-width") == "5"]
    assert len(bars) == 1
    assert bars[0].get("stroke") == face_colour(0)


def test_height_is_the_score_and_width_the_time() -> None:
    one = face().model_copy(update={"frames": (frame(0.0, 0.0), frame(10.0, 1.0), frame(5.0, 0.5))})
    marks = drawn(one).findall(f"{NS}circle")
    x0, x1, xm = (float(mark.get("cx", "")) for mark in marks)
    y0, y1, ym = (float(mark.get("cy", "")) for mark in marks)
    assert xm == pytest.approx((x0 + x1) / 2, abs=0.1)
    assert ym == pytest.approx((y0 + y1) / 2, abs=0.1)
    assert x1 > x0
    assert y1 < y0  # up is manipulated


def test_the_bands_meet_at_the_thresholds() -> None:
    clear, between, bad = drawn(face()).findall(f"{NS}rect")[:3]
    whole = sum(float(band.get("height", "")) for band in (clear, between, bad))
    assert float(clear.get("height", "")) == pytest.approx(0.25 * whole, abs=0.2)
    assert float(between.get("height", "")) == pytest.approx(0.5 * whole, abs=0.2)
    assert float(bad.get("y", "")) + float(bad.get("height", "")) == pytest.approx(
        float(between.get("y", "")), abs=0.2
    )


def test_lines_do_not_cross_what_nobody_looked_at() -> None:
    times = (0.0, 0.1, 0.2, 8.0, 8.1, 8.2)
    one = face().model_copy(update={"frames": tuple(frame(t) for t in times)})
    assert len(drawn(one).findall(f"{NS}polyline")) == 2


def test_neighbouring_faces_differ_in_shape_and_colour() -> None:
    picture = drawn(*(face(number, frames=2) for number in range(4)))
    assert len(picture.findall(f"{NS}circle")) == 2
    assert len(picture.findall(f"{NS}rect")) == 3 + 2  # the bands and the squares
    assert len(picture.findall(f"{NS}path")) == 4
    assert len({face_colour(number) for number in range(6)}) == 6


@pytest.mark.parametrize(
    ("end_s", "last"),
    [
        (0.08, "0:00.08"),
        (0.5, "0:00.50"),
        (12.5, "0:12"),
        (61, "1:00"),
        (3600, "1:00:00"),
        (2 * 3600 + 100, "2:00:00"),
        (10**6, "270:00:00"),
    ],
)
def test_the_axis_has_round_times(end_s: float, last: str) -> None:
    words = [text.text for text in drawn(face(), end_s=end_s).findall(f"{NS}text")]
    times = [word for word in words if word and ":" in word]
    assert times[-1] == last
    assert 2 <= len(times) <= 28


def test_on_a_page_the_style_sheet_colours_it() -> None:
    assert 'class="t-clear"' in Timeline((face(),), 5.0, LIMITS).svg(True)
    assert "class=" not in Timeline((face(),), 5.0, LIMITS).svg(False)


def test_one_frame_at_time_nought() -> None:
    one = face().model_copy(update={"frames": (frame(0.0),), "clips": ()})
    assert len(drawn(one, end_s=0.0).findall(f"{NS}circle")) == 1
