"""The report as one HTML page."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from PIL import Image
from report_samples import SHA256, analysis, face, frame, manifest, report

from unmask.core.analysis import FaceClip, Verdict
from unmask.evidence import (
    Pictures,
    document_sha256,
    html_report,
    report_csp,
)

VOID = {"meta", "img", "br", "line", "rect", "circle", "path", "polyline"}


class Page(HTMLParser):
    """What a test asks of a page: tags with attributes, the text, balance."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(html_report(report()))


def test_every_part_is_there(page: Page) -> None:
    for heading in (
        "Verdict",
        "Weight of the evidence",
        "File",
        "What was examined",
        "Timeline",
        "Key frames",
        "Faces",
        "Face 0",
        "Provenance",
        "Model",
        "Limitations",
        "Custody log",
    ):
        assert heading in page.words, heading


@pytest.mark.parametrize(
    "words",
    [
        SHA256,
        "P(manipulated) 0.90",
        "weak support for manipulation",
        "117 untouched and 240 manipulated clips held out",
        "1,234,567 bytes (1.2 MB)",
        "29.97 per second (30000/1001)",
        "160 × 120 pixels, shown turned by 90°",
        "0:12.500",
        "3 packets or frames could not be decoded",
        "4 stretches spread over the file, 8 frames each",
        "This result used other thresholds than the model's own",
        "Portraits CC0 4,508 pictures",
        "calibration clips: auc 0.9312",
        "Received",
        "2026-03-04 05:06:07 UTC",
        "0123456789abcdef0123",
        "The probability lies in the range that counts as manipulated.",
        "10, 20, 70, 90",
    ],
)
def test_what_it_states(page: Page, words: str) -> None:
    assert words in page.text


def test_it_names_the_document_it_reports(page: Page) -> None:
    assert page.text.count(document_sha256(analysis())) == 3  # examined, analysed, exported


def test_nothing_is_fetched_and_nothing_runs(page: Page) -> None:
    assert not page.all("script")
    assert not page.all("link")
    assert not page.all("iframe")
    for name, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on") or key == "style"], name
        for key in ("src", "href", "srcset", "xlink:href", "data", "action"):
            if key in attributes:
                assert (attributes[key] or "").startswith("data:image/jpeg;base64,"), name
    assert "url(" not in html_report(report())
    assert "@import" not in html_report(report())


def test_it_works_under_its_own_policy() -> None:
    import hashlib

    text = html_report(report())
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert report_csp() == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"


def test_every_picture_is_whole_and_described(page: Page) -> None:
    pictures = page.all("img")
    assert len(pictures) == 4  # the frame and the face, each plain and under the evidence
    for attributes in pictures:
        assert attributes["alt"]
        data = base64.b64decode((attributes["src"] or "").partition(",")[2])
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.format == "JPEG"
            assert "exif" not in image.info


def test_headings_do_not_skip_a_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tags_are_closed(page: Page) -> None:
    assert page.open == []
    assert page.all("html") == [{"lang": "en"}]


def test_it_is_made_for_the_dark_for_paper_and_for_phones() -> None:
    text = html_report(report())
    for needed in ("prefers-color-scheme: dark", "@media print", "max-width: 34rem", "viewport"):
        assert needed in text


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.mp4",
        '"><img src=x onerror=alert(1)>.mp4',
        "a&b.mp4",
        "世界 🎬 שלום مرحبا.mp4",
    ],
)
def test_a_name_is_text_whatever_it_is(name: str) -> None:
    page = Page(html_report(report(analysis(name))))
    assert not page.all("script")
    assert len(page.all("img")) == 4
    assert f"Report on {name}" in page.words


def test_a_name_cannot_turn_the_line_around() -> None:
    text = html_report(report(analysis("gpj.\u202egniht\x07.mp4")))
    assert "\u202e" not in text
    assert "\x07" not in text
    assert "gpj.‹U+202E›gniht‹U+0007›.mp4" in text


def test_a_data_sets_name_cannot_turn_the_line_around_even_when_read_aloud() -> None:
    evaluation = {"data": {"name": "v\u202eed"}, "methods": [{"name": "one", "manipulated": 1}]}
    stated = manifest().model_copy(update={"metrics": {"evaluations": [evaluation]}})
    text = html_report(report(manifest=stated))
    assert "\u202e" not in text
    assert 'aria-label="By method of manipulation, on v‹U+202E›ed."' in text


def test_a_file_without_faces() -> None:
    page = Page(html_report(report(analysis(faces=()))))
    assert "No face" in page.words
    assert "no probability" in page.words
    assert "there is neither a probability nor a likelihood ratio" in page.text
    assert "Timeline" not in page.words
    assert not page.all("img")


def test_a_picture_has_no_timeline_and_no_times() -> None:
    whole = analysis("a.png", (face(frames=1),), kind="image", duration_s=None, frame_rate=None)
    page = Page(html_report(report(whole)))
    assert "Timeline" not in page.words
    assert "the whole picture" in page.text
    assert "as examined" in page.words
    assert "Length" not in page.words
    assert "It looked at the frames listed here" not in page.text
    assert "It looked at the frames listed here" in Page(html_report(report())).text


def test_of_a_picture_without_a_face_nothing_is_said_of_frames() -> None:
    whole = analysis("a.png", (), kind="image", duration_s=None, frame_rate=None)
    verdict, _, _ = Page(html_report(report(whole))).text.partition("Weight of the evidence")
    assert "No face was found in the picture, so nothing was judged." in verdict
    assert "frames" not in verdict


LASTS = "what lasts through the frames: the number of the face rests on this"


def test_what_lasts_comes_before_the_frames_of_a_face() -> None:
    steady = face().model_copy(update={"traces": ((4.0, 0.0), (0.0, 0.0))})
    page, plain = (Page(html_report(report(analysis(faces=(one,))))) for one in (steady, face()))
    assert LASTS in page.words
    assert page.text.index(LASTS) < page.text.index(", as examined")
    assert LASTS not in plain.words
    assert len(page.all("img")) == len(plain.all("img")) + 1


BLURRED = Verdict(label="inconclusive", probability=None, reasons=("too-blurred",))


def test_a_face_that_was_not_judged_has_no_number() -> None:
    steady = {"verdict": BLURRED, "traces": ((4.0, 0.0), (0.0, 0.0))}
    blurred = face(0, None).model_copy(update=steady)
    page = Page(html_report(report(analysis(faces=(blurred, face(1))))))
    assert "2 faces were looked at, of which 1 could be judged." in page.text
    assert "2 looked at (at most 8), 1 judged" in page.text
    assert "none: nothing usable was measured" in page.text
    assert "The face is too blurred to show traces of manipulation." in page.text


def test_no_score_of_a_face_that_was_not_judged_is_shown_as_if_it_counted() -> None:
    blurred = face(0, None).model_copy(update={"verdict": BLURRED})
    text = Page(html_report(report(analysis(faces=(blurred,))))).text
    assert "Timeline" not in text
    assert "P(manipulated) from" not in text
    assert "tracks through time" not in text
    assert "evidence, score" not in text
    assert "with the evidence over it" not in text
    assert text.count("not counted") == len(blurred.frames)
    both = Page(html_report(report(analysis(faces=(blurred, face(1)))))).text
    assert "Scores of face 1 (square)." in both
    assert "Face 0 could not be judged and is left out." in both


def test_no_score_is_shown_as_a_certainty() -> None:
    sure = face().model_copy(
        update={
            "frames": (frame(1.0, 1.0), frame(1.25, 0.0), frame(1.5, 0.4567)),
            "clips": (FaceClip(first_s=1.0, last_s=1.5, score=0.99999, temporal_score=0.75),),
        }
    )
    page = Page(html_report(report(analysis(faces=(sure,)))))
    text = page.text
    assert any("scores from < 0.01 to > 0.99." in str(tag) for _, tag in page.tags)
    assert re.search(r"0\.998 > 0\.99 .*0\.998 < 0\.01 .*0\.998 0\.46 ", text)
    assert re.search(r"0:01\.000 0:01\.500 > 0\.99", text)
    assert "1.000 " not in text.replace("0:01.000 ", "")


def test_the_caption_of_a_frame_names_every_face_that_has_a_box() -> None:
    whole = analysis(faces=(face(0), face(1)))
    assert {one.face for one in report(whole).pictures.faces} == {0}
    assert "Frame at 0:01.000, faces 0, 1" in Page(html_report(report(whole))).words


def test_what_is_missing_is_said() -> None:
    bare = report(manifest=None, custody=(), pictures=Pictures.none("No pictures: gone."))
    page = Page(html_report(bare))
    assert "No pictures: gone." in page.text
    assert "No log was kept" in page.text
    assert "The model package is not installed here any more" in page.text
    assert "not stated by the model package" in page.text
    assert "were not read for this report" in page.text


def test_an_unknown_reason_is_shown_as_its_code() -> None:
    odd = face().model_copy(
        update={
            "verdict": Verdict(label="manipulated", probability=0.9, reasons=("from-tomorrow",))
        }
    )
    assert "from-tomorrow" in html_report(report(analysis(faces=(odd,))))


def test_many_frames_are_cut_and_said_to_be() -> None:
    many = face().model_copy(update={"frames": tuple(frame(i / 25) for i in range(1000))})
    text = html_report(report(analysis(faces=(many,))))
    assert "The first 200 of 1,000; the CSV and the JSON have them all." in text
    assert text.count("0.998") == 200


def test_authentic_is_never_said(page: Page) -> None:
    assert "authentic" not in page.text.lower()


def test_a_certainty_is_never_stated() -> None:
    sure = face(probability=0.99998)
    text = Page(html_report(report(analysis(faces=(sure,))))).text
    assert "P(manipulated) > 0.9999" in text
    assert "> 0.99 (> 0.9999)" in text
    assert "1.0000" not in text


def test_the_timeline_is_drawn_for_a_phone_too() -> None:
    page = Page(html_report(report()))
    drawn = {one["class"]: float(one["width"]) for one in page.all("svg")}
    assert drawn["for-phone"] < 350 < drawn["for-page"]
    assert {one["role"] for one in page.all("svg")} == {"img"}


def test_figures_of_the_fit_are_told_from_what_came_later() -> None:
    clips = {"calibration clips": {"real": 66}}
    later = {"calibration": {"data": "files.csv"}, "upper_threshold": {"data": "others.csv"}}
    fitted = manifest().model_copy(update={"metrics": clips})
    assert "that calibration and thresholds were fitted to" in html_report(report(manifest=fitted))
    anew = html_report(report(manifest=manifest().model_copy(update={"metrics": clips | later})))
    assert "calibration clips: real" in anew
    assert "upper_threshold" not in anew
    assert "Calibration and thresholds were chosen later, on other files." in anew


def test_a_hash_among_the_figures_is_whole() -> None:
    stated = manifest().model_copy(update={"metrics": {"threshold": {"sha256": "ef" * 32}}})
    assert "ef" * 32 in html_report(report(manifest=stated))


def test_evaluations_in_the_manifest_are_summed_up() -> None:
    figure = {"value": 0.9123, "low": 0.874, "high": 0.9412}
    evaluation = {
        "data": {"name": "dev"},
        "video": {"real": 1, "manipulated": 57, "auc": figure, "eer": {"value": None}},
        "decisions": [{"label": 0, "wrong": {"value": 0.05}}, {"label": 1, "correct": figure}],
        "methods": [{"name": "sadtalker", "manipulated": 12, "auc": figure, "detected": figure}],
    }
    stated = manifest().model_copy(update={"metrics": {"evaluations": [evaluation, "odd", {}]}})
    text = Page(html_report(report(manifest=stated))).text
    assert "With a score: 1 real file and 57 manipulated files." in text
    assert "AUC 0.912 (0.874 to 0.941)" in text
    assert "AUC: of a real and a manipulated file picked at random" in text  # before any figure
    assert text.index("picked at random") < text.index("Measured on")
    assert "Untouched files called manipulated 0.050" in text
    assert "sadtalker 12 0.912 (0.874 to 0.941)" in text


def test_a_crowd_does_not_make_a_book() -> None:
    crowd = tuple(face(number, frames=50) for number in range(100))
    page = Page(html_report(report(analysis(faces=crowd))))
    assert "Face 59" in page.words
    assert "Face 60" not in page.words
    assert "Other faces" in page.words
    assert len(page.all("tr")) < 3500
    assert page.text.count("The first 33 of 50; the CSV and the JSON have them all.") == 60


def test_a_ratio_at_its_bound_is_not_rounded_up() -> None:
    sure = face(0, 0.99999)
    text = Page(html_report(report(analysis(faces=(sure,))))).text
    assert "118 (bounded)" in text
    assert "Such a result is 118 times as probable" in text
    assert "more extreme ratio: the one stated is the bound" in text
    clear = face(0, 0.00001)
    text = Page(html_report(report(analysis(faces=(clear,))))).text
    assert "1/241 (bounded)" in text
    assert "Such a result is 241 times as probable if no face" in text


def test_evidence_never_makes_an_opinion_certain() -> None:
    clear = report(analysis(faces=(face(probability=0.0001),)), manifest=manifest(5000, 5000))
    rows = re.findall(r"1 in 1,000.*?</tr>", html_report(clear), flags=re.DOTALL)
    assert "&lt; 0.001" in rows[0]
    assert "0.000" not in rows[0]


def test_each_heat_map_says_of_when_it_is() -> None:
    assert "0:01.000, evidence, score 0.70" in Page(html_report(report())).text
