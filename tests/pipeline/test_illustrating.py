"""Pictures made by reading a file again."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from films import FACELESS, animated, film, panning, picture, two_people
from tiny_model import write_tiny_model

from unmask.core.analysis import Analysis
from unmask.evidence import EvidenceCollector, html_report
from unmask.evidence.looked import longest_unseen
from unmask.pipeline import Analyser, illustrate, read_provenance, report_of
from unmask.runtime import file_sha256


@pytest.fixture(scope="module")
def seen(
    analyser: Analyser, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Analysis, EvidenceCollector]:
    """A film, its analysis, and the crops that were scored."""
    path = film(tmp_path_factory.mktemp("films") / "pan.mp4", panning(), frames=75)
    collector = EvidenceCollector(per_face=100)
    return path, analyser.analyse(path, evidence=collector), collector


def test_a_face_is_shown_as_it_was_scored(analyser, seen) -> None:
    path, analysis, collector = seen
    pictures = illustrate(path, analysis, analyser)
    assert pictures.note == ""
    assert len(pictures.faces) == 4
    scored = {float(crop.time): crop for crop in collector.crops(0)}
    for face in pictures.faces:
        crop = scored[face.time_s]
        # The document keeps landmarks to a hundredth of a pixel, so grey levels may differ by few.
        difference = np.abs(face.crop.astype(int) - crop.image.astype(int))
        assert difference.max() <= 6
        assert difference.mean() < 0.2
        assert face.map is not None
        assert np.allclose(face.map, crop.map, atol=0.02)
        assert face.score == crop.score
    strongest = collector.strongest(0)
    assert strongest is not None
    assert [frame.time_s for frame in pictures.frames] == [float(strongest.time)]


def test_a_report_whose_pictures_take_too_long_lacks_them(analyser, seen) -> None:
    path, analysis, _ = seen
    report = report_of(analysis, source=str(path), analyser=analyser, timeout=1e-6)
    assert report.pictures.faces == ()
    assert report.pictures.note.startswith("No pictures: the time budget of 1e-06 s ran out while")


def test_whole_frames_are_those_of_the_film_with_the_box_where_the_face_is(analyser, seen) -> None:
    path, analysis, _ = seen
    (frame,) = illustrate(path, analysis, analyser).frames
    assert frame.image.shape == (384, 448, 3)
    assert frame.scale == 1.0
    wanted = panning()(round(frame.time_s * 25)).astype(int)
    assert np.abs(frame.image.astype(int) - wanted).mean() < 8
    changed = np.argwhere((frame.with_boxes(analysis) != frame.image).any(axis=2))
    sighting = next(one for one in analysis.faces[0].frames if one.time_s == frame.time_s)
    (top, first), (bottom, last) = changed.min(axis=0), changed.max(axis=0)
    assert abs(first - sighting.box[0]) < 6
    assert abs(last - sighting.box[2]) < 6
    assert abs(bottom - sighting.box[3]) < 6
    assert top <= sighting.box[1] + 6


def test_heat_lies_on_the_face_and_nowhere_else(analyser, seen) -> None:
    path, analysis, _ = seen
    pictures = illustrate(path, analysis, analyser)
    (frame,) = pictures.frames
    heated = frame.with_heat(pictures.faces)
    changed = (heated != frame.image).any(axis=2)
    sighting = next(one for one in analysis.faces[0].frames if one.time_s == frame.time_s)
    x0, y0, x1, y1 = (round(value) for value in sighting.box)
    assert changed[y0:y1, x0:x1].mean() > 0.5
    reach = round(0.6 * (x1 - x0))  # the crop shows more than the box
    outside = changed.copy()
    outside[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach] = False
    assert not outside.any()


def test_without_the_model_there_are_pictures_and_no_heat(seen, tmp_path) -> None:
    path, analysis, _ = seen
    for analyser in (None, Analyser(write_tiny_model(tmp_path / "other", bias=3), device="cpu")):
        pictures = illustrate(path, analysis, analyser)
        assert len(pictures.faces) == 4
        assert all(face.map is None for face in pictures.faces)
        assert pictures.note == "No heat maps: the model that scored is not at hand."


def test_a_file_that_has_changed_or_gone(analyser, seen, tmp_path) -> None:
    path, analysis, _ = seen
    other = tmp_path / "other.mp4"
    shutil.copy(path, other)
    with other.open("ab") as stream:
        stream.write(b"\0")
    assert "is not the one that was analysed" in illustrate(other, analysis, analyser).note
    gone = illustrate(tmp_path / "gone.mp4", analysis, analyser)
    assert "the file is not there any more" in gone.note
    assert "cannot be read" in illustrate(tmp_path, analysis, analyser).note
    assert gone.frames == gone.faces == ()


def test_another_name_does_not_matter(analyser, seen, tmp_path) -> None:
    path, analysis, _ = seen
    blob = tmp_path / analysis.media.sha256
    shutil.copy(path, blob)
    assert len(illustrate(blob, analysis, analyser).faces) == 4


def _after_sound(source: Path, target: Path, late: int) -> Path:
    """The same pictures, ``late`` seconds after sound has begun, as films are cut on phones."""
    with av.open(str(source)) as given, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(given.streams.video[0])
        voice = out.add_stream("aac", rate=44_100, layout="mono")
        for number in range(100):
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate, silence.pts = 44_100, 1024 * number
            out.mux(voice.encode(silence))
        out.mux(voice.encode())
        for packet in given.demux(video=0):
            if packet.pts is None or packet.dts is None:
                continue  # the end
            packet.pts += int(late / packet.time_base)
            packet.dts += int(late / packet.time_base)
            packet.stream = stream
            out.mux(packet)
    return target


def test_a_film_of_which_the_sound_comes_first(analyser, seen, tmp_path) -> None:
    path, usual, _ = seen
    late = _after_sound(path, tmp_path / "late.mp4", 2)
    analysis = analyser.analyse(late)
    assert analysis.media.starts_s == pytest.approx(2, abs=0.03)
    assert analysis.media.duration_s == pytest.approx(usual.media.duration_s + 2, abs=0.03)
    assert [code.code for code in analysis.warnings] == []
    times = [time for stretch in analysis.stretches for time in stretch]
    assert times == pytest.approx([time + 2 for one in usual.stretches for time in one], abs=0.03)
    assert longest_unseen(analysis) == pytest.approx(longest_unseen(usual), abs=0.03)
    assert illustrate(late, analysis, analyser).note == ""


def test_a_document_from_before_sound_counted_has_its_pictures(analyser, seen, tmp_path) -> None:
    path, usual, _ = seen
    late = _after_sound(path, tmp_path / "late.mp4", 2)
    media = usual.media.model_copy(update={"sha256": file_sha256(late)})
    assert illustrate(late, usual.model_copy(update={"media": media}), analyser).note == ""


def test_two_people_have_pictures_each(analyser, tmp_path) -> None:
    path = film(tmp_path / "two.mp4", two_people(), frames=50)
    analysis = analyser.analyse(path)
    pictures = illustrate(path, analysis, analyser)
    assert all(4 <= len(pictures.of_face(number)) <= 5 for number in (0, 1))
    assert 1 <= len(pictures.frames) <= 2
    for frame in pictures.frames:
        shown = [one for one in pictures.faces if one.time_s == frame.time_s]
        assert sorted(one.face for one in shown) == [0, 1]
        assert all(one.map is not None for one in shown)


def test_a_picture(analyser, tmp_path) -> None:
    path = picture(tmp_path / "one.png")
    analysis = analyser.analyse(path)
    pictures = illustrate(path, analysis, analyser)
    assert len(pictures.faces) == len(pictures.frames) == 1


def test_an_animation(analyser, tmp_path) -> None:
    path = animated(tmp_path / "one.webp", panning(), frames=10)
    analysis = analyser.analyse(path)
    assert len(illustrate(path, analysis, analyser).faces) >= 2


def test_no_face(analyser, tmp_path) -> None:
    path = picture(tmp_path / "none.png", FACELESS)
    pictures = illustrate(path, analyser.analyse(path), analyser)
    assert pictures.note == "No face was scored, so there are no pictures of faces."


def test_a_report_is_put_together(analyser, seen) -> None:
    path, analysis, _ = seen
    report = report_of(analysis, source=path, analyser=analyser, id="abc")
    assert report.manifest == analyser.package.manifest
    assert report.provenance is not None
    assert report.provenance.encoder.startswith("Lavf")
    assert "No credentials found" in html_report(report)
    bare = report_of(analysis, source=None, analyser=analyser)
    assert "No pictures: the file is not there any more" in html_report(bare)
    assert bare.manifest == analyser.package.manifest
    assert bare.provenance is None


def test_a_report_takes_no_card_of_another_model(seen, tmp_path) -> None:
    path, analysis, _ = seen
    other = Analyser(write_tiny_model(tmp_path / "other", bias=3), device="cpu")
    assert report_of(analysis, source=path, analyser=other).manifest is None


def test_provenance_of_another_file_is_not_reported(analyser, seen, tmp_path) -> None:
    _, analysis, _ = seen
    other = picture(tmp_path / "one.png")
    assert read_provenance(other).sha256 != analysis.media.sha256
    assert report_of(analysis, source=other, analyser=analyser).provenance is None


def test_provenance_never_reaches_the_analysis(seen) -> None:
    _, analysis, _ = seen
    assert "provenance" not in Analysis.model_json_schema()["properties"]
    assert "encoder" not in analysis.to_json()


def test_what_is_no_media_has_no_tags(tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("no media")
    found = read_provenance(path)
    assert found.tags == ()
    assert found.credentials.state in ("none", "not-read")
