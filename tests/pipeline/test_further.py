"""A scan looks at more of a film where what it has seen tells little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from films import FACELESS, WHOLE, film

from unmask.core.analysis import Analysis
from unmask.core.deadline import Deadline
from unmask.pipeline import Analyser, AnalysisRequest
from unmask.pipeline.further import Glimpse, tells_little


def sharp(quantiser: float | None, enlarged: float = 0.5) -> Glimpse:
    return Glimpse(enlarged, quantiser)


@pytest.mark.parametrize(
    ("seen", "little"),
    [
        ([], True),  # no face yet
        ([sharp(None)] * 3, False),
        ([sharp(None, 1.1)] * 3, True),
        ([sharp(None, 1.1), sharp(None), sharp(None)], False),
        ([sharp(None, 9.0), sharp(None), sharp(None)], False),  # one far away is not the film
        ([sharp(None, 1.0)] * 3, False),  # as large as the crop
        ([sharp(30.0)] * 3, True),
        ([sharp(29.9)] * 3, False),
        ([sharp(31.0)] * 3, True),
        ([sharp(31.0), sharp(24.0), sharp(None)], False),
    ],
)
def test_what_tells_little(seen: list[Glimpse], little: bool) -> None:
    assert tells_little(seen) is little


def stretches(path: Path, model: Path, **options: Any) -> int:
    looked = analysed(path, model, **options).stretches
    assert looked
    return len(looked)


def analysed(path: Path, model: Path, **options: Any) -> Analysis:
    request = AnalysisRequest(**options)
    return Analyser(model, device="cpu", precision="f32", options=request).analyse(path)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "large.mp4", lambda _: WHOLE, frames=150)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "small.mp4"
    return film(path, lambda _: WHOLE[:510:3, :510:3], frames=150)


def test_small_faces_are_looked_at_for_longer(tiny_model: Path, large: Path, small: Path) -> None:
    assert stretches(large, tiny_model) == 4
    assert (
        stretches(small, tiny_model, min_face=20) == 7
    )  # between the first two nothing is known yet
    assert stretches(small, tiny_model, min_face=20, clips=2) == 3
    assert stretches(small, tiny_model, min_face=20, clips=1) == 1


def test_all_of_it_counts(tiny_model: Path, small: Path) -> None:
    analysis = analysed(small, tiny_model, min_face=20)
    (face,) = analysis.faces
    assert len(face.clips) == 7
    assert [frame.time_s for frame in face.frames] == sorted(
        {frame.time_s for frame in face.frames}
    )
    assert analysis.warnings == ()


def test_a_face_may_come_later(tiny_model: Path, tmp_path: Path) -> None:
    def late(index: int) -> Any:
        return WHOLE if index > 80 else WHOLE[::-1]

    path = film(tmp_path / "late.mp4", late, frames=150)
    assert stretches(path, tiny_model) > 4
    nobody = film(tmp_path / "nobody.mp4", lambda _: FACELESS[:128, :160], frames=150)
    assert stretches(nobody, tiny_model) == 7


def test_coarse_films_are_looked_at_for_longer(tiny_model: Path, large: Path) -> None:
    coarse = large.parent / "coarse.mp4"
    with av.open(str(large)) as given, av.open(str(coarse), "w") as out:
        taken = given.streams.video[0]
        options = {"crf": "40", "x264-params": "log-level=none"}
        stream = out.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = taken.width, taken.height, "yuv420p"
        for frame in given.decode(video=0):
            frame.pict_type = 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    assert stretches(coarse, tiny_model) == 7


def test_not_when_half_of_the_time_is_spent(
    tiny_model: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Deadline.after(60).half_left
    assert Deadline.after(None).half_left
    assert not Deadline.after(60).later(-40).half_left
    monkeypatch.setattr(Deadline, "half_left", False)
    assert stretches(small, tiny_model, min_face=20) == 4
