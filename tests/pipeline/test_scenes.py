"""From a file to its document, on films of a real face."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from films import (
    FACE,
    FACELESS,
    WHOLE,
    animated,
    cut,
    film,
    overlap,
    panning,
    picture,
    remuxed,
    speaking,
    two_people,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from unmask.core.analysis import Analysis, Thresholds
from unmask.core.errors import Damaged, InputEmpty, InputNotFound, NotMedia, TimeBudgetExceeded
from unmask.pipeline import Analyser, AnalysisRequest


def stable(analysis: Analysis) -> dict[str, object]:
    """The document without what differs between runs."""
    return analysis.model_dump(by_alias=True, exclude={"timings_s"})


@pytest.fixture(scope="module")
def panned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "pan ✈ 1.mp4", panning(), frames=75)


def test_a_video_of_one_face(analyser: Analyser, panned: Path) -> None:
    analysis = analyser.analyse(panned)
    (face,) = analysis.faces
    assert analysis.media.name == "pan ✈ 1.mp4"
    assert analysis.media.frames_decoded >= 16
    assert (face.id, len(face.frames), len(face.clips)) == (0, 16, 4)
    assert face.first_s == face.frames[0].time_s == 0.0
    assert face.last_s == face.frames[-1].time_s <= 3.0
    times = [frame.time_s for frame in face.frames]
    assert times == sorted(set(times))
    for frame in face.frames:
        left = abs(round(frame.time_s * 25) % 80 - 40)
        there = (FACE[0] - left, FACE[1], FACE[2] - left, FACE[3])
        assert overlap(frame.box, there) > 0.6
        assert frame.score is not None
        assert frame.sharpness is not None
        assert frame.detector_score > 0.95
        assert frame.landmarks[0][0] < frame.landmarks[1][0]
    assert face.best_box in [frame.box for frame in face.frames]
    assert face.verdict.probability == analysis.verdict.probability is not None
    assert analysis.warnings == ()
    stages = {"open", "load", "decode", "detect", "track", "align", "score", "temporal", "verdict"}
    assert stages | {"total"} <= set(analysis.timings_s)


def test_clips_span_their_windows(analyser: Analyser, panned: Path) -> None:
    (face,) = analyser.analyse(panned).faces
    for number, clip in enumerate(face.clips):
        inside = [frame.time_s for frame in face.frames[4 * number : 4 * number + 4]]
        assert (clip.first_s, clip.last_s) == (inside[0], inside[-1])


def test_the_same_input_gives_the_same_output(
    analyser: Analyser, panned: Path, tiny_model: Path
) -> None:
    first = stable(analyser.analyse(panned))
    assert stable(analyser.analyse(panned)) == first
    assert stable(Analyser(tiny_model, device="cpu", precision="f32").analyse(panned)) == first


def test_the_document_survives_json(analyser: Analyser, panned: Path) -> None:
    analysis = analyser.analyse(panned)
    assert Analysis.from_json(analysis.to_json()) == analysis


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_rotated_phone_video_speaks_of_the_picture_as_seen(
    analyser: Analyser, tmp_path: Path, turn: int
) -> None:
    tall = panning(WHOLE, width=300, height=400)
    upright = analyser.analyse(film(tmp_path / "upright.mp4", tall, frames=30))
    held = analyser.analyse(film(tmp_path / "held.mp4", tall, frames=30, turn=turn))
    assert held.media.rotation != 0
    assert (held.media.width, held.media.height) == (300, 400)
    boxes = [[frame.box for frame in one.faces[0].frames] for one in (upright, held)]
    assert len(boxes[0]) == len(boxes[1]) > 0
    assert min(overlap(a, b) for a, b in zip(*boxes, strict=True)) > 0.8


def test_two_faces_are_told_apart(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(film(tmp_path / "two.mp4", two_people(), frames=60))
    left, right = sorted(analysis.faces, key=lambda face: face.best_box[0])
    assert left.best_box[2] < 384 < right.best_box[0]
    assert [face.id for face in analysis.faces] == [0, 1]
    bright, dark = (np.mean([frame.score for frame in face.frames]) for face in (left, right))
    assert bright > dark + 0.1  # the toy looks at brightness


def test_fewer_faces_than_there_are(tiny_model: Path, tmp_path: Path) -> None:
    analyser = Analyser(
        tiny_model, device="cpu", precision="f32", options=AnalysisRequest(max_faces=1)
    )
    analysis = analyser.analyse(film(tmp_path / "two.mp4", two_people(), frames=60))
    assert [face.id for face in analysis.faces] == [0]
    assert [notice.code for notice in analysis.warnings] == ["faces-left-out"]


def test_nobody_there(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(film(tmp_path / "none.mp4", lambda i: FACELESS[i % 5 :][:200]))
    assert analysis.faces == ()
    assert (analysis.verdict.label, analysis.verdict.probability) == ("no-face", None)


def test_a_cut_ends_a_face(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(film(tmp_path / "cut.mp4", cut(25), frames=50))
    assert len(analysis.faces) == 2
    for face in analysis.faces:
        sides = {frame.box[0] < 320 for frame in face.frames}
        assert len(sides) == 1
        assert all(clip.last_s <= 1.0 or clip.first_s >= 1.0 for clip in face.clips)


def test_a_picture_has_frames_and_no_clips(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(picture(tmp_path / "astronaut.png"))
    (face,) = analysis.faces
    assert analysis.media.kind == "image"
    assert (len(face.frames), face.clips) == (1, ())
    assert overlap(face.best_box, FACE) > 0.6
    assert face.verdict.probability == face.frames[0].score
    assert analysis.warnings == ()


def test_an_animated_webp_is_a_video(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(animated(tmp_path / "moving.webp", panning()))
    assert analysis.media.kind == "video"
    (face,) = analysis.faces
    assert len(face.frames) == 16
    assert len(face.clips) == 4


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_download_that_broke_off_says_so(analyser: Analyser, tmp_path: Path, name: str) -> None:
    """Cut between two packets it decodes without an error; its header knows better."""
    late = 2.0  # what begins late is not cut short
    whole = remuxed(film(tmp_path / "whole.mp4", panning(), frames=75), tmp_path / name, late)
    assert not analyser.analyse(whole).warnings
    broken = tmp_path / f"broken {name}"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    analysis = analyser.analyse(broken)
    assert analysis.media.stated_duration_s == pytest.approx(3, abs=0.05)
    assert analysis.media.duration_s is not None
    assert 1 < analysis.media.duration_s < 1.9
    notice = next(one for one in analysis.warnings if one.code == "incomplete")
    assert "states a length of 3.0 s and its pictures end after 1." in notice.message


def test_a_film_that_begins_small_is_looked_at_in_full_size(
    analyser: Analyser, tmp_path: Path
) -> None:
    """Three small frames shrank the faces of all of it."""
    small = cv2.resize(WHOLE, (96, 96), interpolation=cv2.INTER_AREA)
    first = film(tmp_path / "small.h264", lambda _: small, frames=3)
    rest = film(tmp_path / "rest.h264", panning(), frames=47)
    both = tmp_path / "both.h264"
    both.write_bytes(first.read_bytes() + rest.read_bytes())
    analysis = analyser.analyse(both)
    assert (analysis.media.width, analysis.media.height) == (448, 384)
    assert max(frame.size_px for face in analysis.faces for frame in face.frames) > 70
    assert [notice.code for notice in analysis.warnings] == ["size-changes"]


def test_a_film_that_is_turned_midway_says_so(analyser: Analyser, tmp_path: Path) -> None:
    wide = film(tmp_path / "wide.h264", panning(), frames=25)
    tall = film(tmp_path / "tall.h264", panning(width=288), frames=25)
    both = tmp_path / "both.h264"
    both.write_bytes(wide.read_bytes() + tall.read_bytes())
    analysis = analyser.analyse(both)
    assert [notice.code for notice in analysis.warnings] == ["size-changes"]
    (face,) = analysis.faces
    for frame in face.frames:
        x0, y0, x1, y1 = frame.box
        assert 0.65 < (x1 - x0) / (y1 - y0) < 0.95


def test_a_video_of_one_frame(analyser: Analyser, tmp_path: Path) -> None:
    analysis = analyser.analyse(film(tmp_path / "still.mp4", panning(), frames=1))
    assert [notice.code for notice in analysis.warnings] == ["single-frame"]
    assert analysis.verdict.label == "inconclusive"
    assert analysis.verdict.reasons == ("too-few-frames",)


def test_a_truncated_film_is_judged_by_what_is_left(analyser: Analyser, tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", panning(), frames=100)
    half = tmp_path / "half.mkv"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 3])
    analysis = analyser.analyse(half)
    assert len(analysis.faces) == 1
    assert analysis.faces[0].last_s < 3.0


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", InputEmpty), (b"text, for all its name", NotMedia), (None, InputNotFound)],
)
def test_what_cannot_be_analysed_is_an_error(
    analyser: Analyser, tmp_path: Path, content: bytes | None, error: type[Exception]
) -> None:
    path = tmp_path / "a film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match="a film"):
        analyser.analyse(path)


def test_a_spent_budget_is_an_error(analyser: Analyser, panned: Path) -> None:
    with pytest.raises(TimeBudgetExceeded, match="ran out while"):
        analyser.analyse(panned, timeout=1e-6)
    assert analyser.analyse(panned).verdict.label != "no-face"  # and harms nothing after it


def test_a_header_without_frames_is_damaged(analyser: Analyser, tmp_path: Path) -> None:
    path = film(tmp_path / "whole.mkv", panning(), frames=25)
    content = path.read_bytes()
    path.write_bytes(content[:1200])
    with pytest.raises((Damaged, NotMedia)):
        analyser.analyse(path)


def test_a_face_on_its_side_is_not_judged(analyser: Analyser, tmp_path: Path) -> None:
    """Of a film that has lost its rotation MTCNN finds some faces, and the model sees nonsense."""
    large = cv2.resize(WHOLE, None, fx=2, fy=2)
    turned = np.ascontiguousarray(np.rot90(large, 3))
    analysis = analyser.analyse(film(tmp_path / "turned.mp4", lambda _: turned, frames=25))
    assert analysis.faces
    assert analysis.verdict.label == "inconclusive"
    assert analysis.verdict.probability is None
    assert "face-turned" in analysis.verdict.reasons


def test_what_else_is_in_a_file_is_said(analyser: Analyser, tmp_path: Path) -> None:
    page = Image.fromarray(panning()(0))
    page.save(tmp_path / "pages.tif", save_all=True, append_images=[page, page])
    page.save(tmp_path / "motion.jpg", xmp=b'<rdf:Description Camera:MotionPhoto="1"/>')
    both = film(tmp_path / "one.mp4", panning(), frames=25)
    tracks = tmp_path / "two.mkv"
    with av.open(str(both)) as one, av.open(str(tracks), "w") as out:
        source = one.streams.video[0]
        into = [out.add_stream_from_template(source) for _ in range(2)]
        for packet in one.demux(source):
            if packet.dts is not None:
                packet.stream = into[0]
                out.mux(packet)
                packet.stream = into[1]
                out.mux(packet)
    for name, said in (
        ("pages.tif", "Further pictures in the file: 2."),
        ("motion.jpg", "motion photo"),
        ("two.mkv", "Further films in the file (picture tracks): 1."),
    ):
        (notice,) = analyser.analyse(tmp_path / name).warnings
        assert notice.code == "more-in-file"
        assert said in notice.message


def test_a_picture_that_breaks_off_at_its_end_says_so(analyser: Analyser, tmp_path: Path) -> None:
    path = picture(tmp_path / "a.jpg")
    whole = analyser.analyse(path)
    path.write_bytes(path.read_bytes()[:-2])
    analysis = analyser.analyse(path)
    assert analysis.verdict == whole.verdict
    (notice,) = analysis.warnings
    assert notice.code == "incomplete"
    assert "end mark" in notice.message


def test_a_picture_with_another_face_on_black_is_not_cleared(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Over white it is the astronaut, over black her mirror image, a little darker."""
    on_white = 128 + WHOLE.mean(axis=2) / 2
    on_black = WHOLE[:, ::-1].mean(axis=2) / 2
    alpha = np.maximum(255 - on_white + on_black, 1)
    grey = np.clip(255 * on_black / alpha, 0, 255)
    both = np.dstack([grey, grey, grey, alpha]).round().astype(np.uint8)
    Image.fromarray(both).save(tmp_path / "two.png")
    clearing = AnalysisRequest(thresholds=Thresholds(low=0.999, high=0.9999))
    analyser = Analyser(tiny_model, device="cpu", precision="f32", options=clearing)
    whole = analyser.analyse(picture(tmp_path / "one.png"))
    assert "see-through" not in whole.verdict.reasons
    analysis = analyser.analyse(tmp_path / "two.png")
    assert "see-through" in analysis.verdict.reasons
    assert analysis.verdict.label == "inconclusive"
    assert [notice.code for notice in analysis.warnings] == ["transparent"]


def test_a_picture_that_some_programs_show_much_darker_is_not_cleared(
    tiny_model: Path, tmp_path: Path
) -> None:
    """As browsers show it, by its gamma, the face is there; stored it is in the darkest levels."""
    stored = np.rint(255 * (WHOLE / 255) ** 4.4).astype(np.uint8)
    said = PngInfo()
    said.add(b"gAMA", struct.pack(">I", 200_000))
    Image.fromarray(stored).save(tmp_path / "dark.png", pnginfo=said)
    clearing = AnalysisRequest(thresholds=Thresholds(low=0.999, high=0.9999))
    analyser = Analyser(tiny_model, device="cpu", precision="f32", options=clearing)
    analysis = analyser.analyse(tmp_path / "dark.png")
    assert len(analysis.faces) == 1
    assert "viewers-differ" in analysis.verdict.reasons
    assert analysis.verdict.label == "inconclusive"
    assert [notice.code for notice in analysis.warnings] == ["viewers-differ"]


def test_who_was_cut_out_of_a_picture_is_judged(analyser: Analyser, tmp_path: Path) -> None:
    head = np.zeros(WHOLE.shape[:2], np.uint8)
    cv2.ellipse(head, (223, 117), (70, 90), 0, 0, 360, 255, -1)
    Image.fromarray(np.dstack([WHOLE, cv2.blur(head, (5, 5))])).save(tmp_path / "cut.png")
    analysis = analyser.analyse(tmp_path / "cut.png")
    assert len(analysis.faces) == 1
    assert "see-through" not in analysis.verdict.reasons
    assert [notice.code for notice in analysis.warnings] == ["transparent"]


def test_a_face_under_a_caption_is_not_judged(analyser: Analyser, tmp_path: Path) -> None:
    """Letters look like traces: a model finds them before anything else."""
    large = cv2.resize(WHOLE, None, fx=2, fy=2)
    for shade, width in ((0, 6), (255, 2)):
        cv2.putText(large, "AND THEN THEY SAID", (300, 190), 0, 0.9, (shade,) * 3, width)
    analysis = analyser.analyse(film(tmp_path / "captioned.mp4", lambda _: large, frames=25))
    assert analysis.verdict.label == "inconclusive"
    assert analysis.verdict.reasons == ("written-over",)


def test_a_pixelated_face_is_not_judged(analyser: Analyser, tmp_path: Path) -> None:
    large = cv2.resize(WHOLE, None, fx=2, fy=2)
    face = large[110:360, 350:550]
    tiles = cv2.resize(face, (16, 20), interpolation=cv2.INTER_AREA)
    face[:] = cv2.resize(tiles, face.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    analysis = analyser.analyse(film(tmp_path / "pixelated.mp4", lambda _: large, frames=25))
    assert analysis.verdict.label == "inconclusive"
    assert "pixelated" in analysis.verdict.reasons


def test_a_gif_of_few_colours_is_not_cleared(analyser: Analyser, tmp_path: Path) -> None:
    few = [Image.fromarray(speaking()(number)).quantize(64) for number in range(12)]
    few[0].save(tmp_path / "few.gif", save_all=True, append_images=few[1:], duration=100)
    verdict = analyser.analyse(tmp_path / "few.gif").verdict
    assert verdict.label == "inconclusive"
    assert "tones-lost" in verdict.reasons


def test_a_film_of_one_photograph_is_judged_as_a_picture(analyser: Analyser, panned: Path) -> None:
    (face,) = analyser.analyse(panned).faces
    assert "still-face" in face.verdict.reasons
