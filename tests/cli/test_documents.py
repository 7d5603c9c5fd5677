"""What a scan writes is what the published schemas say."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from unmask.core.analysis import Analysis
from unmask.core.scan import Scan

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


@pytest.fixture(scope="module")
def valid():
    """Raise unless the document is valid; with the name of a schema's file."""

    def check(document, name):
        schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(document)

    return check


def test_a_video(scan, untouched, valid):
    document = scan(untouched, "--json", "-").json
    valid(document, "unmask.analysis-1.json")
    assert document["schema"] == "unmask.analysis/1"
    assert document["media"]["has_audio"]
    assert Fraction(document["media"]["frame_rate"]) == 25
    face = document["faces"][0]
    assert face["frames"][0]["time_s"] < face["frames"][-1]["time_s"] <= 3.2
    assert all(len(frame["landmarks"]) == 5 for frame in face["frames"])
    assert face["clips"]
    assert set(document["timings_s"]) >= {"open", "decode", "detect", "score"}


def test_a_picture(scan, portrait, valid):
    document = scan(portrait, "--json", "-").json
    valid(document, "unmask.analysis-1.json")
    assert document["media"]["frame_rate"] is None
    assert document["media"]["duration_s"] is None
    assert document["faces"][0]["clips"] == []


def test_several_inputs_of_which_one_fails(scan, portrait, landscape, valid):
    document = scan(portrait, landscape, "/nowhere.mp4", "--json", "-").json
    valid(document, "unmask.scan-1.json")
    assert [sorted(result)[0] for result in document["results"]] == ["faces", "faces", "error"]
    read = Scan.from_json(json.dumps(document))
    assert json.loads(read.to_json()) == document


def test_an_export_of_history(scan, unmask, portrait, landscape, valid):
    scan(portrait, landscape)
    document = unmask("history", "export", "--json", "-").json
    valid(document, "unmask.scan-1.json")
    assert len(document["results"]) == 2


def test_a_document_of_an_older_version(scan, portrait, valid):
    """It lacks the keys that came later, and is of the same schema."""
    document = scan(portrait, "--json", "-").json
    for later in ("judging", "stretches"):
        del document[later]
    valid(document, "unmask.analysis-1.json")
    Analysis.from_json(json.dumps(document))
    with pytest.raises(jsonschema.ValidationError):
        valid(
            {key: value for key, value in document.items() if key != "schema"},
            "unmask.analysis-1.json",
        )


def test_the_schema_refuses_what_a_document_never_is(scan, portrait, valid):
    document = scan(portrait, "--json", "-").json
    for place, value in (("verdict", {"label": "authentic"}), ("media", None), ("extra", 1)):
        with pytest.raises(jsonschema.ValidationError):
            valid(document | {place: value}, "unmask.analysis-1.json")
