"""Content Credentials, read from files that the tests sign."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest
from report_samples import SHA256, report

from unmask.evidence import ContentCredentials, Provenance, html_report
from unmask.evidence.provenance import read_credentials

pytest.importorskip("c2pa")

from signed_files import jpeg, signed

SAMPLE = Path(__file__).parents[2] / "examples" / "samples" / "untouched.mp4"
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def read(folder: Path, content: bytes, name: str = "a.jpg") -> ContentCredentials:
    path = folder / name
    path.write_bytes(content)
    return read_credentials(path)


def test_what_a_credential_says(tmp_path: Path) -> None:
    actions = (
        {
            "action": "c2pa.created",
            "digitalSourceType": SOURCE + "digitalCapture",
            "softwareAgent": {"name": "Lens", "version": "3"},
        },
        {"action": "c2pa.color_adjustments"},
    )
    found = read(tmp_path, signed(jpeg(), actions=actions))
    assert found.state == "found"
    one = found.credential
    assert one is not None
    assert one.signature == "valid"  # nobody on a trust list vouched for the test's certificate
    assert one.signer == "Test Camera, Test Org"
    assert one.generator == "Test Camera App 1.2"
    assert one.title == "a test"
    assert one.problems == ()
    assert [(s.action, s.software, s.source_type) for s in one.steps] == [
        ("c2pa.created", "Lens 3", "digitalCapture"),
        ("c2pa.color_adjustments", "", ""),
    ]
    assert not one.claims_ai


@pytest.mark.parametrize(
    ("kind", "claims"),
    [
        ("trainedAlgorithmicMedia", True),
        ("compositeWithTrainedAlgorithmicMedia", True),
        ("digitalCapture", False),
        ("algorithmicallyEnhanced", False),
    ],
)
def test_whether_it_says_that_a_model_made_it(tmp_path: Path, kind: str, claims: bool) -> None:
    actions = ({"action": "c2pa.created", "digitalSourceType": SOURCE + kind},)
    one = read(tmp_path, signed(jpeg(), actions=actions)).credential
    assert one is not None
    assert one.claims_ai is claims


def test_a_film(tmp_path: Path) -> None:
    found = read(tmp_path, signed(SAMPLE.read_bytes(), "video/mp4"), "film.mp4")
    assert found.state == "found"
    assert found.credential is not None
    assert found.credential.signature == "valid"


def test_a_file_changed_after_signing_is_invalid(tmp_path: Path) -> None:
    content = bytearray(signed(jpeg()))
    content[-20] ^= 0xFF
    one = read(tmp_path, bytes(content)).credential
    assert one is not None
    assert one.signature == "invalid"
    assert "assertion.dataHash.mismatch" in one.problems


def test_a_suffix_that_lies_does_not_matter(tmp_path: Path) -> None:
    assert read(tmp_path, signed(jpeg()), "a.mp4").state == "found"


def test_none(tmp_path: Path) -> None:
    assert read(tmp_path, jpeg()) == ContentCredentials(state="none")
    assert read_credentials(SAMPLE).state == "none"
    assert read(tmp_path, b"no media at all").state == "none"


def test_what_lies_on_the_network_is_not_fetched(tmp_path: Path) -> None:
    found = read(tmp_path, signed(jpeg(), remote="http://127.0.0.1:9/claim.c2pa"))
    assert found.state == "elsewhere"
    assert found.note == "Address: http://127.0.0.1:9/claim.c2pa"


def test_torn_credentials_are_unreadable_or_invalid_and_never_none(tmp_path: Path) -> None:
    whole = signed(jpeg())
    start = whole.index(b"c2pa.claim")
    for at in range(start, start + 400, 40):
        torn = bytearray(whole)
        torn[at : at + 16] = b"\xff" * 16
        found = read(tmp_path, bytes(torn))
        assert found.state in ("unreadable", "found")
        if found.credential is not None:
            assert found.credential.signature == "invalid"


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "c2pa", raising=False)
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "c2pa":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    found = read_credentials(SAMPLE)
    assert found.state == "not-read"
    assert found.note == (
        "reading Content Credentials needs the extra 'provenance', which is not installed: "
        'pip install "unmask[provenance]"'
    )


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_credentials(tmp_path / "none.jpg")


def provenance(credentials: ContentCredentials, **fields: Any) -> Provenance:
    given = {
        "unmask": "0.1.0",
        "sha256": SHA256,
        "credentials": credentials,
        "created": "",
        "encoder": "",
        "software": "",
        "camera": "",
        "has_location": False,
        "tags": (),
    }
    return Provenance(**{**given, **fields})


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("none", "No credentials found. Most files have none: their absence says nothing."),
        ("unreadable", "There are Content Credentials, but they cannot be read."),
        ("elsewhere", "it was not asked, as nothing leaves this machine."),
        ("not-read", "Content Credentials were not read."),
    ],
)
def test_a_report_says_plainly_what_was_found(state: Any, words: str) -> None:
    assert words in html_report(report(provenance=provenance(ContentCredentials(state=state))))


def test_a_report_shows_credentials_beside_the_verdict(tmp_path: Path) -> None:
    actions = ({"action": "c2pa.created", "digitalSourceType": SOURCE + "trainedAlgorithmicMedia"},)
    found = read(tmp_path, signed(jpeg(), actions=actions))
    text = html_report(report(provenance=provenance(found, has_location=True, encoder="Lavf60")))
    for words in (
        "Test Camera, Test Org",
        "this program carries no list of trusted signers",
        "The credential itself says that a generative model made or altered this.",
        "stored in the file, not shown here",
        "Lavf60",
        "none of it entered the score",
    ):
        assert words in text
    # The verdict and its weight are those of a report without credentials.
    plain = html_report(report())
    cut = plain.index("<h2>Provenance</h2>")
    assert text[:cut] == plain[:cut]
