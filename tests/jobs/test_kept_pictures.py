"""The pictures beside an analysis: of the right moment, in the right colours, and in place."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from unmask.clips.align import TEMPLATE
from unmask.core.analysis import Analysis, Face, FaceFrame
from unmask.core.deadline import Deadline
from unmask.evidence import EvidenceCollector, ScoredCrop
from unmask.evidence.heatmap import AGAINST, FOR
from unmask.jobs.pictures import read_index, write_pictures
from unmask.video import probe

MARGIN = 1.5
TILTED = 100 + 60 * (np.array(TEMPLATE) - 0.5) @ np.array([[0.8, 0.6], [-0.6, 0.8]])


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A black second without a face, and a white one."""
    path = tmp_path_factory.mktemp("film") / "film.avi"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(20):
            grey = np.full((64, 64, 3), 255 * (number >= 10), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def folder(film, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    seen = FaceFrame.model_construct(time_s=1.0, landmarks=tuple(map(tuple, TILTED)))
    face = Face.model_construct(id=3, frames=(seen,), traces=None)
    media = probe(film, deadline=Deadline.after(60))
    stands_out = np.zeros((6, 6), np.float32)
    stands_out[:3, :3], stands_out[3:, 3:] = 4.0, -4.0
    kept = EvidenceCollector()
    for time in (Fraction(1), Fraction(3, 2)):
        crop = np.full((64, 64, 3), 90, np.uint8)
        kept.add(ScoredCrop(3, time, crop, stands_out, 0.98))
    model = SimpleNamespace(manifest=SimpleNamespace(crop=SimpleNamespace(margin=MARGIN)))
    write_pictures(folder, film, Analysis.model_construct(media=media, faces=(face,)), kept, model)
    return folder


def test_the_poster_is_of_the_moment_in_which_the_first_face_is_seen(folder):
    poster = np.asarray(Image.open(folder / read_index(folder).poster))
    assert poster.mean() > 200


def test_the_heat_is_orange_where_it_speaks_for_manipulation_and_nothing_where_it_is_silent(folder):
    heat = np.asarray(Image.open(folder / read_index(folder).faces[3][0].heat))
    *orange, strong = heat[8, 8]
    *blue, strong_too = heat[-9, -9]
    assert (tuple(orange), tuple(blue)) == (FOR, AGAINST)
    assert min(strong, strong_too) > 150
    assert max(heat[8, -9, 3], heat[-9, 8, 3]) < 10


def test_a_crop_lies_over_its_face_also_where_that_is_tilted(folder):
    """The six numbers are those of a canvas, which are columns."""
    first, second = read_index(folder).faces[3]
    a, b, c, d, e, f = first.place
    shares = (np.array(TEMPLATE) - 0.5) / MARGIN + 0.5
    placed = [(a * x + c * y + e, b * x + d * y + f) for x, y in shares]
    assert np.array(placed) == pytest.approx(TILTED, abs=0.01)
    assert second.place is None  # the document says nothing of that moment
