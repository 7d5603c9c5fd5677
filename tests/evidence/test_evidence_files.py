"""Strips, the collector's bounds, and what is written."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

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
from unmask.core.errors import UsageError
from unmask.core.language import LANGUAGES, _, spoken
from unmask.core.wording import LABELS
from unmask.evidence import (
    ContentCredentials,
    EvidenceCollector,
    Provenance,
    ScoredCrop,
    face_strip,
    write_evidence,
)

MANIPULATED = Verdict(label="manipulated", probability=0.93, reasons=("above-threshold",))


def crop(face: int = 0, tenths: int = 0, score: float = 0.5) -> ScoredCrop:
    image = np.full((64, 64, 3), 30 + 3 * tenths % 200, np.uint8)
    return ScoredCrop(face, Fraction(tenths, 10), image, np.zeros((4, 4), np.float32), score)


def analysis(faces: int) -> Analysis:
    frame = FaceFrame(
        time_s=0.0,
        box=(0.0, 0.0, 64.0, 64.0),
        detector_score=0.99,
        landmarks=((20.0, 20.0), (40.0, 20.0), (30.0, 30.0), (22.0, 45.0), (38.0, 45.0)),
        size_px=64.0,
        sharpness=5.0,
        score=0.5,
    )
    return Analysis(
        unmask="0.1.0",
        media=MediaInfo(
            name="clip.mp4",
            sha256="0" * 64,
            bytes=1,
            kind="video",
            container="mp4",
            codec="h264",
            width=64,
            height=64,
            rotation=0,
            duration_s=1.0,
            frame_rate="25",
            frames_decoded=1,
            frames_damaged=0,
            has_audio=False,
        ),
        model=ModelRef(name="tiny", version="0.1", sha256="0" * 64),
        options=AnalysisOptions(
            clips=1,
            frames_per_clip=1,
            min_face_px=40,
            max_faces=8,
            device="cpu",
            runtime="openvino",
            precision="f32",
            thresholds=Thresholds(low=0.4, high=0.6),
            default_thresholds=True,
        ),
        verdict=MANIPULATED,
        faces=tuple(
            Face(
                id=number,
                first_s=0.0,
                last_s=0.0,
                verdict=MANIPULATED,
                best_box=frame.box,
                frames=(frame,),
                clips=(),
            )
            for number in range(faces)
        ),
        warnings=(),
        timings_s={},
    )


@pytest.mark.parametrize("count", [1, 7, 8, 9, 20])
def test_a_strip_grows_by_rows(count: int) -> None:
    strip = face_strip([crop(tenths=i, score=i / 20) for i in range(count)], title="Face 0")
    assert strip.dtype == np.uint8
    rows = -(-count // 8)
    one = face_strip([crop()]).shape[0]
    two = face_strip([crop()] * 9).shape[0]
    assert strip.shape == (one + (rows - 1) * (two - one), strip.shape[1], 3)
    assert strip.shape[1] <= 1200


def test_a_strip_of_a_face_that_was_not_judged_has_no_scores() -> None:
    strips = [face_strip([crop(score=score)], counted=False) for score in (0.1, 0.9)]
    assert np.array_equal(*strips)
    assert not np.array_equal(*(face_strip([crop(score=score)]) for score in (0.1, 0.9)))


def test_the_words_on_pictures_are_in_the_language_asked_for(tmp_path: Path) -> None:
    collector = EvidenceCollector()
    collector.add(crop())
    strips = {}
    for language in ("en", "de"):
        write_evidence(tmp_path / language, analysis(1), collector, language=language)
        with Pillow.open(tmp_path / language / "face-0.png") as image:
            strips[language] = np.asarray(image)
    title = np.s_[:40, :400]
    assert not np.array_equal(strips["en"][title], strips["de"][title])
    documents = [(tmp_path / one / "analysis.json").read_bytes() for one in strips]
    assert documents[0] == documents[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_a_strip_is_drawn(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow draws an empty box for a letter that its font has not got, and says nothing."""
    written: list[str] = []
    plain = ImageDraw.ImageDraw.text

    def text(draw: ImageDraw.ImageDraw, at: Any, words: str, **more: Any) -> None:
        written.append(words)
        plain(draw, at, words, **more)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    with spoken(language):
        labels = " · ".join(_(label) for label in LABELS.values())
        face_strip([crop()], title=f"{_('Face %(n)s', n=0)} · {labels} {_('P(manipulated)')}")
    assert set("".join(written)) <= {*map(chr, range(32, 127)), "·"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_strip_is_cut_off(language: str) -> None:
    title = "Gesicht 12 · Keine Manipulation gefunden · P(manipuliert) 0,44"
    with spoken(language):
        strip = face_strip([crop()], title=title)
    paper = strip[0, 0]
    assert (strip[:, -10:] == paper).all()
    assert (strip[-4:] == paper).all()
    assert (strip[-25:-4, :200] != paper).any()  # the sentence under the legend


def test_a_strip_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        face_strip([])


def test_the_bar_is_as_long_as_the_score() -> None:
    def orange(score: float) -> int:
        strip = face_strip([crop(score=score)])[40:-60].astype(int)  # without title and legend
        return int(((strip[..., 0] > 200) & (strip[..., 2] < 60)).sum())

    assert orange(0.0) == 0
    assert orange(0.5) > 0
    assert orange(1.0) == pytest.approx(2 * orange(0.5), rel=0.05)


def test_a_collector_is_bounded_spread_and_keeps_the_strongest() -> None:
    collector = EvidenceCollector(per_face=8)
    for tenths in range(1000):
        collector.add(crop(tenths=tenths, score=0.9 if tenths == 333 else 0.1))
    kept = [round(float(one.time) * 10) for one in collector.crops(0)]
    assert 4 <= len(kept) <= 8
    assert kept[0] == 0
    assert kept[-1] > 700
    assert len({b - a for a, b in pairwise(kept)}) == 1
    strongest = collector.strongest(0)
    assert strongest is not None
    assert strongest.score == 0.9


@pytest.mark.parametrize("count", range(1, 40))
def test_a_collector_never_exceeds_its_bound(count: int) -> None:
    collector = EvidenceCollector(per_face=3)
    for tenths in range(count):
        collector.add(crop(tenths=tenths))
    kept = [one.time for one in collector.crops(0)]
    assert 1 <= len(kept) <= 3
    assert kept == sorted(set(kept))


def test_what_a_collector_has_not_seen_is_empty() -> None:
    collector = EvidenceCollector()
    assert (collector.faces(), collector.crops(3), collector.strongest(3)) == ((), (), None)


def test_the_map_of_a_face_is_of_what_lasts_where_that_is_known(tmp_path: Path) -> None:
    collector = EvidenceCollector()
    collector.add(crop(0))
    document = analysis(1)
    lasting = tuple(tuple(8.0 * (row == column == 2) for column in range(6)) for row in range(6))
    marked = document.faces[0].model_copy(update={"traces": lasting})
    pictures = []
    for name, face in (("own", document.faces[0]), ("lasting", marked)):
        whole = document.model_copy(update={"faces": (face,)})
        write_evidence(tmp_path / name, whole, collector)
        with Pillow.open(tmp_path / name / "face-0-map.png") as image:
            pictures.append(np.asarray(image.convert("RGB"), dtype=np.int32))
    orange = pictures[1][..., 0] - pictures[1][..., 2] > 60
    rows, columns = np.nonzero(orange)
    side = orange.shape[0]
    assert abs(rows.mean() - side * 2.5 / 6) < side / 30
    assert abs(columns.mean() - side * 2.5 / 6) < side / 30
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.parametrize("probability", [0.05, 0.4, None])
def test_nothing_is_coloured_on_a_face_that_is_not_suspected(
    tmp_path: Path, probability: float | None
) -> None:
    """Something stands out of every face, and its frames may say more than they come to."""
    collector = EvidenceCollector()
    standing_out = np.full((4, 4), 9.0, np.float32)
    picture = np.full((64, 64, 3), 90, np.uint8)
    collector.add(ScoredCrop(0, Fraction(0), picture, standing_out, probability or 0.9))
    label = "inconclusive" if probability is None else "no-manipulation-found"
    verdict = Verdict(label=label, probability=probability, reasons=("below-threshold",))
    document = analysis(1)
    told = {"verdict": verdict, "traces": tuple(map(tuple, standing_out.tolist()))}
    seen = (document.faces[0].model_copy(update=told),)
    write_evidence(tmp_path, document.model_copy(update={"faces": seen}), collector)
    tile = np.s_[170:298, 8:136]  # of a strip, the map under its only crop
    for name, part in (("face-0-map.png", np.s_[:, :]), ("face-0.png", tile)):
        with Pillow.open(tmp_path / name) as image:
            shown = np.asarray(image.convert("RGB"), dtype=np.int32)[part]
        assert (np.ptp(shown, axis=2) == 0).all()


def test_files_are_written_for_each_face_with_crops(tmp_path: Path) -> None:
    collector = EvidenceCollector()
    for tenths in range(3):
        collector.add(crop(1, tenths))
    folder = tmp_path / "new" / "évidence ✓"
    written = write_evidence(folder, analysis(2), collector)
    assert [path.name for path in written] == ["analysis.json", "face-1.png", "face-1-map.png"]
    assert Analysis.from_json((folder / "analysis.json").read_text("utf-8")) == analysis(2)
    for path in written[1:]:
        with Pillow.open(path) as image:
            image.load()
            assert image.format == "PNG"


def test_provenance_lies_beside_the_analysis(tmp_path: Path) -> None:
    said = Provenance(
        unmask="0.1.0",
        sha256="0" * 64,
        credentials=ContentCredentials(state="none"),
        created="",
        encoder="Lavf60",
        software="",
        camera="",
        has_location=False,
        tags=(),
    )
    write_evidence(tmp_path, analysis(0), EvidenceCollector(), said)
    text = (tmp_path / "provenance.json").read_text("utf-8")
    assert '"schema": "unmask.provenance/1"' in text
    assert Provenance.model_validate_json(text) == said


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")
    with pytest.raises(UsageError, match="evidence cannot be written"):
        write_evidence(place / "sub", analysis(0), EvidenceCollector())
