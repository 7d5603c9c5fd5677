import re
from pathlib import Path

from unmask.verdict import REASONS, explain, judge_file

DOCS = Path(__file__).parents[2] / "docs" / "verdicts.md"


def test_the_docs_list_every_reason_and_no_other():
    table = DOCS.read_text(encoding="utf-8").split("## Reasons")[1].split("##")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", table, flags=re.MULTILINE)
    assert listed
    assert sorted(listed) == sorted(REASONS)


def test_every_code_has_one_sentence():
    for code, sentence in REASONS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert sentence.endswith(".")
        assert sentence.count(".") == 1
        assert explain(code) == sentence


def test_nothing_is_ever_called_authentic_in_the_sentences():
    for sentence in REASONS.values():
        assert not re.search(r"\b(authentic|genuine|real)\b", sentence)


def test_a_code_of_a_newer_version_is_shown_as_it_is():
    assert explain("sounds-odd") == "sounds-odd"


def test_no_face_is_its_own_label(thresholds):
    verdict = judge_file([], [], thresholds)
    assert (verdict.label, verdict.probability) == ("no-face", None)
