"""Reports in the reader's language: not a sentence stays behind, and not a figure changes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from report_samples import analysis, face, frame, manifest, report

from unmask.core.analysis import Notice, Verdict
from unmask.core.language import spoken
from unmask.evidence import ContentCredentials, Pictures, Provenance, html_report, pdf_report
from unmask.evidence.document import Document, Plot
from unmask.evidence.provenance.records import Credential, Step, Tag
from unmask.evidence.report import Report
from unmask.evidence.sections import compose
from unmask.verdict import REASONS

# What no language has a word for: names, formats, what the package and the file say.
SAME = re.compile(
    r"SHA-256 ?[0-9a-f]*|[0-9a-f]{20,}|Name|Software|Unmask|AUC|Format|Content Credentials\.|"
    r".*ü.*|.*U\+00FC.*|0\.1\.0|tiny 0\.1|CC0|Apache-2\.0|Portraits|uploaded|clip\.mp4|mp4, h264|"
    r"one convolution, one LSTM|calibration clips: \w+|dev|sadtalker|Lavf60|Tool 1|Newsroom|"
    r"c2pa\..*|EXIF|Make|Acme|2026.*Z"
)


def credential(signature: Any = "valid") -> Credential:
    return Credential(
        title="clip.mp4",
        generator="Tool 1",
        signer="Newsroom",
        signed_at="2026-01-01T00:00:00Z",
        signature=signature,
        problems=("c2pa.broken",),
        steps=(Step(action="c2pa.created", software="Tool 1", source_type="", when=""),),
        ingredients=("clip.mp4",),
        claims_ai=True,
    )


def provenance(credentials: ContentCredentials) -> Provenance:
    return Provenance(
        unmask="0.1.0",
        sha256="ab" * 32,
        credentials=credentials,
        created="",
        encoder="Lavf60",
        software="",
        camera="",
        has_location=True,
        tags=tuple(Tag(place="EXIF", name="Make", value="Acme") for _ in range(70)),
    )


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.02}


def evaluated() -> Any:
    measured = {
        "data": {"name": "dev"},
        "video": {"real": 1, "manipulated": 57, "auc": figure(0.9123), "eer": figure(0.1)},
        "decisions": [{"label": 0, "wrong": figure(0.05)}, {"label": 1, "correct": figure(0.8)}],
        "methods": [{"name": "sadtalker", "manipulated": 1200, "auc": figure(0.9)}],
    }
    metrics = {**manifest().metrics, "evaluations": [measured]}
    return manifest().model_copy(update={"metrics": metrics})


def unsure(number: int = 1) -> Any:
    verdict = Verdict(label="inconclusive", probability=None, reasons=("too-blurred",))
    return face(number, None).model_copy(update={"verdict": verdict, "frames": (frame(1.0, None),)})


def crowd() -> tuple[Any, ...]:
    return (*(face(number, 0.02) for number in range(63)), unsure(63))


def everything() -> list[Report]:
    """Reports that between them have every part."""
    clear = Verdict(label="no-manipulation-found", probability=0.02, reasons=tuple(REASONS))
    calm = analysis(faces=(face(frames=300), unsure())).model_copy(update={"verdict": clear})
    odd = analysis(
        "ü.mp4",
        duration_s=None,
        frame_rate=None,
        has_audio=False,
        frames_damaged=0,
        rotation=0,
    )
    picture = analysis(kind="image", duration_s=None, frame_rate=None, bytes=900)
    nothing = analysis(faces=()).model_copy(
        update={"warnings": (Notice(code="one-frame", message=ONE_FRAME),)}
    )
    unstated = manifest().model_copy(
        update={
            "metrics": {},
            "training": manifest().training.model_copy(update={"data": ()}),
        }
    )
    found = ContentCredentials(state="found", credential=credential())
    states = ("none", "unreadable", "elsewhere", "not-read")
    return [
        report(manifest=evaluated(), provenance=provenance(found)),
        report(calm, manifest=unstated, custody=()),
        report(odd, manifest=None, pictures=Pictures.none("")),
        report(picture),
        report(nothing, id="", pictures=Pictures.none("")),
        report(analysis(faces=crowd())),
        *(report(provenance=provenance(ContentCredentials(state=one))) for one in states),
        *(
            report(
                provenance=provenance(
                    ContentCredentials(state="found", credential=credential(signature))
                )
            )
            for signature in ("trusted", "invalid")
        ),
    ]


ONE_FRAME = "Only one frame of the video could be looked at."


def texts(value: Any) -> Iterator[str]:
    """Every text of a document, also those of its drawings, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Plot):
        yield from re.findall(r"<text[^>]*>([^<]*)<", value.svg("paper"))
        yield from (value.alt, value.caption)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from texts(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            if name not in ("label", "style"):
                yield from texts(getattr(value, name))


def written(one: Report, language: str) -> list[str]:
    with spoken(language):
        document: Document = compose(one)
        return list(texts(document))


@pytest.mark.parametrize("one", everything())
def test_no_sentence_stays_english(one: Report) -> None:
    english, german = written(one, "en"), written(one, "de")
    assert len(english) == len(german)
    same = {
        text
        for text, other in zip(english, german, strict=True)
        if text == other and re.search("[A-Za-z]{2}", text) and not SAME.fullmatch(text)
    }
    assert same - {"3 packets could not be decoded."} == set()  # a message of no room of ours


@pytest.mark.parametrize("one", everything())
def test_no_figure_changes_with_the_language(one: Report) -> None:
    for english, german in zip(written(one, "en"), written(one, "de"), strict=True):
        if SAME.fullmatch(english) or "UTC" in english:
            continue
        swapped = german.translate(str.maketrans(".,", ",."))
        assert sorted(digits(english)) == sorted(digits(swapped)), (english, german)


def digits(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,:]\d+)*", text)


def test_a_page_says_its_language() -> None:
    text = html_report(report(language="de"))
    assert '<html lang="de">' in text
    for words in (
        "Bericht über clip.mp4",
        "am 04.03.2026, 05:06:07 UTC",
        "P(manipuliert) 0,90",
        "1.234.567 Bytes (1,2 MB)",
        "0:01,000",
        'aria-label="Werte im Lauf der Zeit.',
        "etwa 9,0: schwache Stützung der Annahme einer Manipulation",
    ):
        assert words in text, words
    assert '<html lang="en">' in html_report(report())


def test_a_pdf_says_its_language() -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst", reason="the extra 'report' is not installed")
    for language, tag, page in (("de", "de", "Seite 1 von"), ("en", "en-GB", "Page 1 of")):
        reader = pypdf.PdfReader(io.BytesIO(pdf_report(report(language=language))))
        assert reader.trailer["/Root"]["/Lang"] == tag
        assert page in reader.pages[0].extract_text()
