"""The number of a verdict is explained where it is not what its faces or its label suggest."""

import pytest
from report_samples import analysis, report

from unmask.core.analysis import Analysis, Thresholds, Verdict
from unmask.evidence import html_report
from unmask.evidence.figure import about_number


def film(label: str, whole: float | None, *faces: float | None) -> Analysis:
    base = analysis()
    options = base.options.model_copy(update={"thresholds": Thresholds(low=0.4, high=0.9)})
    one = base.faces[0]
    made = tuple(
        one.model_copy(
            update={
                "id": id,
                "verdict": Verdict(label="inconclusive", probability=p, reasons=()),
            }
        )
        for id, p in enumerate(faces)
    )
    verdict = Verdict(label=label, probability=whole, reasons=())
    return base.model_copy(update={"verdict": verdict, "faces": made, "options": options})


def test_what_the_number_means_is_said_with_every_number_and_without_one_never():
    (said,) = about_number(film("manipulated", 0.95, 0.95))
    assert "if half of such files are" in said
    assert about_number(film("inconclusive", None, None)) == ()


def test_a_file_below_its_most_suspicious_face_says_why():
    *_, said = about_number(film("inconclusive", 0.48, 0.63, None, 0.1))
    assert "from the 2 faces that were judged (0.10 to 0.63)" in said
    assert len(about_number(film("inconclusive", 0.5, 0.5, 0.5))) == 1  # nothing to wonder at


@pytest.mark.parametrize(
    ("label", "p", "said"),
    [
        ("inconclusive", 0.11, True),
        ("inconclusive", 0.6, False),
        ("no-manipulation-found", 0.1, False),
    ],
)
def test_a_doubt_on_the_band_where_nothing_is_found_says_what_makes_it_one(label, p, said):
    words = " ".join(about_number(film(label, p, p)))
    assert ("would be “No manipulation found”" in words) is said


def test_reports_say_it_in_their_language():
    several = film("inconclusive", 0.48, 0.63, 0.1)
    assert "(0,10 bis 0,63)" in html_report(report(several, language="de"))
