"""The report as a PDF."""

from __future__ import annotations

import builtins
import io
import sys
import time
from typing import Any

import pytest
from pypdf import PdfReader
from report_samples import SHA256, WHEN, analysis, face, report

from unmask.core.analysis import Notice
from unmask.core.errors import MissingExtra
from unmask.evidence import pdf_report

pytest.importorskip("typst")


def opened(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content), strict=True)


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module")
def reader() -> PdfReader:
    return opened(pdf_report(report()))


def test_every_page_has_its_number_and_the_hash(reader: PdfReader) -> None:
    count = len(reader.pages)
    assert count >= 3
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        assert f"Page {number} of {count}" in text
        assert SHA256 in text


@pytest.mark.parametrize(
    "words",
    [
        "Report on clip.mp4",
        "Manipulated",
        "P(manipulated) 0.90",
        "weak support for manipulation",
        "117 untouched and 240 manipulated clips held out",
        "160 × 120 pixels",
        "Timeline",
        "Face 0: every sampled frame that shows it.",
        "10, 20, 70, 90",
        "Custody log",
        "2026-03-04 05:06:07 UTC",
        "It identifies nobody.",
    ],
)
def test_what_it_states(reader: PdfReader, words: str) -> None:
    assert words in text_of(reader)


def test_it_carries_its_pictures_and_fonts(reader: PdfReader) -> None:
    assert sum(len(page.images) for page in reader.pages) == 4
    fonts: dict[str, Any] = {}
    for page in reader.pages:
        fonts |= page["/Resources"]["/Font"]
    for font in fonts.values():
        (inner,) = font.get_object()["/DescendantFonts"].get_object()
        descriptor = inner.get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


def test_it_says_what_it_is(reader: PdfReader) -> None:
    assert reader.metadata is not None
    assert reader.metadata.title == "Report on clip.mp4"
    assert reader.metadata.author == "Unmask 0.1.0"
    assert reader.metadata.creation_date == WHEN
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp.replace(" ", "")
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp.replace(" ", "")


def test_nothing_in_it_runs_or_calls_out() -> None:
    content = pdf_report(report())
    for word in (b"/JavaScript", b"/Launch", b"/URI", b"/OpenAction", b"/EmbeddedFile"):
        assert word not in content


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Grüße – Ελληνικά – Кириллица.mp4", "Grüße – Ελληνικά – Кириллица.mp4"),
        ("👩‍👩‍👧 🎬.mp4", ".mp4"),
        ("視頻 비디오 ビデオ.mp4", ".mp4"),
        ("שלום.mp4", "שלום"),
        ("مرحبا.mp4", ".mp4"),
        ("हिन्दी ไทย.mp4", ".mp4"),
        ("\ue000\U000f1234\uffff.mp4", "‹U+E000›‹U+F1234›‹U+FFFF›.mp4"),
        ("gpj.\u202egniht.mp4", "gpj.‹U+202E›gniht.mp4"),
        ("a\nb\tc.mp4", "a b c.mp4"),
        ('#panic("x") $x$ *b* _i_ <label> @ref \\ `raw` //c.mp4', '#panic("x") $x$ *b* _i_'),
        ("x" * 250 + ".mp4", "x" * 60),
    ],
)
def test_any_name_can_be_printed(name: str, shown: str) -> None:
    reader = opened(pdf_report(report(analysis(name))))
    text = text_of(reader)
    assert shown in text.replace("\u200b", "")
    if not name.isascii():
        # Whatever the fonts of this machine, the name can be read off in ASCII.
        odd = next(char for char in name if not char.isascii())
        assert f"‹U+{ord(odd):04X}›" in text


def test_what_no_font_has_is_written_as_its_code_point() -> None:
    text = text_of(opened(pdf_report(report(analysis("\U00012000.mp4")))))  # Cuneiform
    assert "‹U+12000›.mp4" in text


@pytest.mark.parametrize(
    "name",
    [
        "\u09e3\u09f0\u09b7.mp4",  # a mark without the letter it belongs to
        "‹\u17d1›\u0b4a\u0591\u0300.mp4",
        "e\u0301\u0323\u0591\u064b.mp4",  # each has a font, together they have none
        "a\ufe0f\u20e3\U0001f3fb.mp4",
        "".join(map(chr, range(0x0900, 0x0980))),
    ],
)
def test_marks_that_combine_with_nothing(name: str) -> None:
    assert len(opened(pdf_report(report(analysis(name)))).pages) >= 3


def test_a_text_without_end_is_cut() -> None:
    endless = analysis().model_copy(
        update={"warnings": (Notice(code="note", message="é" * 100_000),)}
    )
    assert "96,000 more characters" in text_of(opened(pdf_report(report(endless))))


def test_no_face_no_pictures() -> None:
    reader = opened(pdf_report(report(analysis(faces=()))))
    assert "there is neither a probability nor a likelihood ratio" in text_of(reader)
    assert sum(len(page.images) for page in reader.pages) == 0


def test_a_crowd_is_quick_enough() -> None:
    crowd = tuple(face(number, frames=40) for number in range(20))
    started = time.perf_counter()
    reader = opened(pdf_report(report(analysis(faces=crowd))))
    assert time.perf_counter() - started < 8
    text = text_of(reader)
    assert "Face 19" in text
    assert len(reader.pages) > 15


def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "typst", raising=False)
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="needs the extra 'report'") as caught:
        pdf_report(report())
    assert caught.value.hint == 'pip install "unmask[report]"'
