"""The plot of scores through time."""

from __future__ import annotations

from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from report_samples import analysis, face, frame, report
from skimage import color

from unmask.core.analysis import Face, Thresholds
from unmask.evidence import html_report
from unmask.evidence.document import Surface
from unmask.evidence.pictures import FACE_COLOURS, KeyFrame, face_colour, face_ink, luminance
from unmask.evidence.timeline import Timeline, shape_name

NS = "{http://www.w3.org/2000/svg}"
LIMITS = Thresholds(low=0.25, high=0.75)


ALL = ((0.0, 10.0),)


def drawn(
    *faces: Face,
    end_s: float = 10.0,
    surface: Surface = "paper",
    stretches: tuple[tuple[float, float], ...] = ALL,
) -> ElementTree.Element:
    return ElementTree.fromstring(Timeline(faces, end_s, LIMITS, stretches).svg(surface))


def test_a_mark_for_each_scored_frame_a_bar_for_each_clip() -> None:
    one = face(frames=5)
    gap = one.model_copy(update={"frames": (*one.frames, frame(9.0, None))})
    picture = drawn(gap)
    assert len(picture.findall(f"{NS}circle")) == 5
    bars = [line for line in picture.findall(f"{NS}line") if line.get("stroke-width") == "5"]
    assert len(bars) == 1
    assert bars[0].get("stroke") == face_colour(0)


@pytest.mark.parametrize("change", [{"counted": False}, {"temporal_score": None}])
def test_no_bar_for_a_clip_that_did_not_count_or_was_scored_by_an_older_version(
    change: dict[str, object],
) -> None:
    one = face(frames=5)
    clips = (one.clips[0].model_copy(update=change),)
    lines = drawn(one.model_copy(update={"clips": clips})).findall(f"{NS}line")
    assert not [line for line in lines if line.get("stroke-width") == "5"]


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


@pytest.mark.parametrize(
    ("times", "stretches", "lines"),
    [
        ((0.0, 0.1, 0.2, 8.0, 8.1, 8.2), ((0.0, 0.2), (8.0, 8.2)), 2),
        ((0.1, 8.1), ((0.0, 0.2), (8.0, 8.2)), 0),  # a face that is seen once in each
        ((0.0, 4.0, 8.0), ((0.0, 0.0), (4.0, 4.0), (8.0, 8.0)), 0),
        ((0.0, 0.4), ((0.0, 0.4),), 1),  # frames in between were looked at
    ],
)
def test_lines_do_not_cross_what_nobody_looked_at(
    times: tuple[float, ...], stretches: tuple[tuple[float, float], ...], lines: int
) -> None:
    one = face().model_copy(update={"frames": tuple(frame(t) for t in times)})
    assert len(drawn(one, stretches=stretches).findall(f"{NS}polyline")) == lines


def test_a_report_draws_lines_within_the_stretches_of_its_document() -> None:
    one = face().model_copy(update={"frames": (frame(0.1), frame(8.1)), "clips": ()})
    film = analysis(faces=(one,)).model_copy(update={"stretches": ((0.0, 0.2), (8.0, 8.2))})
    assert html_report(report(film)).count("<polyline") == 0
    known = film.model_copy(update={"stretches": ((0.0, 8.2),)})
    assert html_report(report(known)).count("<polyline") == 2  # for pages and for phones


def test_neighbouring_faces_differ_in_shape_and_colour() -> None:
    picture = drawn(*(face(number, frames=2) for number in range(4)))
    assert len(picture.findall(f"{NS}circle")) == 2
    assert len(picture.findall(f"{NS}rect")) == 3 + 2  # the bands and the squares
    assert len(picture.findall(f"{NS}path")) == 4


def test_eight_faces_differ_in_colour_and_without_any() -> None:
    picture = drawn(*(face(number, frames=3) for number in range(8)))
    marks = [mark for mark in picture if mark.tag in {f"{NS}circle", f"{NS}rect", f"{NS}path"}][3:]
    assert len(marks) == 8 * 3
    shapes = {shape_name(number) for number in range(8)}
    assert len(shapes) == 8
    assert len({(mark.tag, mark.get("d", "")[-6:], mark.get("fill")) for mark in marks[::3]}) == 8
    dashes = [line.get("stroke-dasharray") for line in picture.findall(f"{NS}polyline")]
    assert len(dashes) == 8
    assert all(one != other for one, other in pairwise(dashes))


# What is left of linear red, green and blue to those who lack one kind of cone: Machado, Oliveira
# & Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009.
VISION = {
    "every cone": np.eye(3),
    "no red": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "no green": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "no blue": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


@pytest.mark.parametrize("vision", VISION)
def test_the_colours_of_faces_differ_to_any_colour_vision(vision: str) -> None:
    shown = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in FACE_COLOURS])
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    left = np.clip(linear @ VISION[vision].T, 0, 1)
    seen = np.where(left <= 0.0031308, left * 12.92, 1.055 * left ** (1 / 2.4) - 0.055)
    lab = color.rgb2lab(seen)
    assert len(lab) >= 8
    assert min(color.deltaE_ciede2000(one, other) for one, other in combinations(lab, 2)) > 10


def test_a_number_is_readable_on_its_colour() -> None:
    for number in range(len(FACE_COLOURS)):
        one, other = luminance(face_colour(number)), luminance(face_ink(number))
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


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


@pytest.mark.parametrize("end_s", [0.08, 12.5, 61, 3600, 7300, 10**6])
def test_on_a_phone_the_times_have_room(end_s: float) -> None:
    picture = drawn(face(), end_s=end_s, surface="phone")
    assert float(picture.get("width", "")) <= 350  # of 390, less the margins of a page
    times = [one for one in picture.findall(f"{NS}text") if ":" in (one.text or "")]
    places = [float(one.get("x", "")) for one in times]
    assert end_s > 10**5 or all(b - a > 60 for a, b in pairwise(places))
    assert len(picture.findall(f"{NS}circle")) == len(face().frames)


def test_on_a_page_the_style_sheet_colours_it() -> None:
    assert 'class="t-clear"' in Timeline((face(),), 5.0, LIMITS, ALL).svg("page")
    assert "class=" not in Timeline((face(),), 5.0, LIMITS, ALL).svg("paper")


def test_one_frame_at_time_nought() -> None:
    one = face().model_copy(update={"frames": (frame(0.0),), "clips": ()})
    assert len(drawn(one, end_s=0.0).findall(f"{NS}circle")) == 1


def test_the_number_of_a_box_at_the_edge_is_not_cut_off() -> None:
    grey = np.full((120, 160, 3), 120, np.uint8)
    at_edge = frame(0.0).model_copy(update={"box": (150.0, 60.0, 158.0, 80.0)})
    one = face(3).model_copy(update={"frames": (at_edge,)})
    picture = KeyFrame(0.0, grey, 1.0).with_boxes(analysis(faces=(one,)))
    ink = tuple(int(face_ink(3)[i : i + 2], 16) for i in (1, 3, 5))
    strokes = np.argwhere((picture[35:60] == ink).all(axis=2))
    assert strokes[:, 1].max() <= 155  # with the margin that a number has elsewhere
