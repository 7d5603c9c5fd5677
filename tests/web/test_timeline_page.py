from itertools import pairwise

import pytest

from unmask.core.analysis import (
    Analysis,
    AnalysisOptions,
    Face,
    FaceFrame,
    MediaInfo,
    ModelRef,
    Thresholds,
    Verdict,
)
from unmask.web.timeline import HEIGHT, WIDTH, height, place, timeline_of

VERDICT = Verdict(label="inconclusive", probability=0.5, reasons=())


def seen(time):
    return FaceFrame(
        time_s=time,
        box=(0, 0, 9, 9),
        detector_score=1,
        landmarks=((1, 1),) * 5,
        size_px=9,
        sharpness=1,
        score=0.5,
    )


def film(times, duration):
    """An analysis of one face seen at these times."""
    face = Face(
        id=0,
        first_s=times[0],
        last_s=times[-1],
        verdict=VERDICT,
        best_box=(0, 0, 9, 9),
        frames=tuple(map(seen, times)),
        clips=(),
    )
    media = MediaInfo(
        name="a.mp4",
        sha256="0" * 64,
        bytes=1,
        kind="video",
        container="mp4",
        codec="h264",
        width=9,
        height=9,
        rotation=0,
        duration_s=duration,
        frame_rate="25",
        frames_decoded=1,
        frames_damaged=0,
        has_audio=False,
    )
    options = AnalysisOptions(
        clips=4,
        frames_per_clip=8,
        min_face_px=40,
        max_faces=8,
        device="cpu",
        runtime="openvino",
        precision="f32",
        thresholds=Thresholds(low=0.4, high=0.6),
        default_thresholds=True,
    )
    return Analysis(
        unmask="0",
        media=media,
        model=ModelRef(name="m", version="1", sha256="1" * 64),
        options=options,
        verdict=VERDICT,
        faces=(face,),
        warnings=(),
        timings_s={},
    )


def test_scores_from_top_to_bottom():
    assert height(1.0) < height(0.5) < height(0.0) < HEIGHT
    assert height(0.5) == HEIGHT / 2


def test_a_short_film_is_to_scale():
    timeline = timeline_of(film([0.0, 0.1, 0.2, 1.0, 1.1, 1.2], 2.0))
    assert len(timeline.windows) == 2
    line = timeline_of(film([0.0, 0.1, 0.2, 0.3], 0.4))
    assert line.to_scale
    assert place(line.knots, 0.2) == pytest.approx(WIDTH / 2)


def test_in_a_long_film_each_stretch_gets_its_share():
    times = [start + step * 0.1 for start in (0, 2000, 4000, 6000) for step in range(8)]
    timeline = timeline_of(film(times, 7200.0))
    assert not timeline.to_scale
    widths = [x1 - x0 for x0, x1 in timeline.windows]
    assert len(widths) == 4
    assert min(widths) > WIDTH / 5
    assert max(widths) == pytest.approx(min(widths), abs=0.05)
    seconds = [second for second, _ in timeline.knots]
    assert all(before <= after for before, after in pairwise(seconds))
    assert all(before[1] <= after[1] for before, after in pairwise(timeline.knots))
    assert place(timeline.knots, 7200.0) == WIDTH


def test_lines_do_not_cross_what_was_not_looked_at():
    timeline = timeline_of(film([0.0, 0.1, 0.2, 5.0, 5.1, 5.2], 10.0))
    assert timeline.curves[0].line.count("M") == 2
    assert timeline.curves[0].points.count("M") == 6


def test_when_a_face_is_in_the_picture_is_drawn_of_those_that_were_not_judged_too():
    analysis = film([0.0, 0.1, 0.2, 5.0, 5.1, 5.2], 10.0)
    stretches = ((0.0, 0.2), (2.5, 2.7), (5.0, 5.2))
    poor = Verdict(label="inconclusive", probability=None, reasons=("face-too-small",))
    face = analysis.faces[0].model_copy(update={"verdict": poor})
    timeline = timeline_of(analysis.model_copy(update={"faces": (face,), "stretches": stretches}))
    assert timeline.curves == ()
    assert timeline.sightings[0].spans == (timeline.windows[0], timeline.windows[2])


def test_a_picture_and_a_film_without_faces_have_none():
    analysis = film([0.0, 0.1], 1.0)
    picture = analysis.model_copy(
        update={"media": analysis.media.model_copy(update={"kind": "image", "duration_s": None})}
    )
    assert timeline_of(picture) is None
    assert timeline_of(analysis.model_copy(update={"faces": ()})) is None


def test_frames_that_were_not_scored_leave_no_point():
    analysis = film([0.0, 0.1, 0.2], 1.0)
    first, *rest = analysis.faces[0].frames
    frames = (first.model_copy(update={"score": None}), *rest)
    face = analysis.faces[0].model_copy(update={"frames": frames})
    timeline = timeline_of(analysis.model_copy(update={"faces": (face,)}))
    assert timeline.curves[0].points.count("M") == 2
