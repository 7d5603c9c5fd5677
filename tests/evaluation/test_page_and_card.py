"""The page and the card say what the documents say, whatever names are in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from made_up import DATA, SCORER, case, separated
from tiny_model import write_tiny_model

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError, ModelAltered, ModelInvalid
from unmask.evaluation.card import MARK, PSEUDO, model_card
from unmask.evaluation.evaluating import Protocol, evaluate, extended
from unmask.evaluation.figures import Drawing
from unmask.evaluation.packages import copy_package, rewrite, with_evaluation
from unmask.evaluation.page import render
from unmask.evaluation.report import Comparison, Distorted, Evaluation, Figure, Nuisance, Scorer
from unmask.evaluation.scorers import graphs_of
from unmask.evidence.worth import worth
from unmask.runtime import ModelPackage
from unmask.runtime.package import DataSource

NASTY = '<img src=x onerror="alert(1)">|`*_'
FIGURE = Figure(value=0.75, low=0.5, high=0.9)


def document(scorer: Scorer = SCORER, thresholds: Thresholds | None = None) -> Evaluation:
    cases = [
        *separated(12),
        case(1, 0.9, name=NASTY, method=NASTY, source="x", attributes={"group": NASTY}),
        case(0, 0.2, name="g", source="y", attributes={"group": NASTY}),
        case(0, None, name="h", source="y", error="no-face-found"),
    ]
    chosen = thresholds or Thresholds(low=0.4, high=0.6)
    found = evaluate(cases, scorer, DATA, Protocol(chosen, "auto", ("group",), Drawing(20)))
    rows = [
        Distorted(distortion="jpeg", level=level, setting="quality", real=9, manipulated=9,
                  auc=FIGURE, false_positive_rate=FIGURE, detected=FIGURE, unscored=0)
        for level in range(6)
    ]  # fmt: skip
    other = Comparison(name=NASTY, files=5, left_out=3, auc=0.7, other_auc=0.6, difference=FIGURE,
                       delong_low=-0.1, delong_high=0.3, z=None, p=None)  # fmt: skip
    return extended(
        found,
        nuisance=[Nuisance(feature="all", files=20, auc=FIGURE)],
        robustness=rows,
        comparisons=[other],
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = render(document())
    tags = Tags()
    tags.feed(page)
    names = [tag for tag, _ in tags.found]
    assert names.count("svg") == 6  # ROC, reliability, two histograms, sources, jpeg
    assert not {"script", "img", "link", "iframe"} & set(names)
    assert not any({"src", "href", "onerror"} & attrs.keys() for _, attrs in tags.found)
    assert "url(" not in page
    assert NASTY not in page
    assert "&lt;img src=x" in page
    assert all(svg.get("role") == "img" for tag, svg in tags.found if tag == "svg")


def test_the_page_shows_the_documents_figures_and_levels() -> None:
    found = document()
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", render(found)))
    assert f"{found.video.auc.value:.3f}" in page
    assert f"{found.video.auc.low:.3f} – {found.video.auc.high:.3f}" in page
    for words in ("Video level", "Frame level", "unscored as errors", "no-face-found",
                  "does not mean genuine", "Robustness", "False positives by group",
                  "5 (3 left out)"):  # fmt: skip
        assert words in page


def test_what_a_set_gives_away_is_read_as_the_manual_reads_it() -> None:
    page = render(document())
    assert "Far above 0.5, the set can be solved" in page
    assert "Below 0.5, nothing was found" in page


def test_no_tick_lies_under_the_name_of_its_axis() -> None:
    (plot,) = [one for one in render(document()).split("<svg ") if "AUC under jpeg" in one]
    ticks = re.findall(
        r'<text class="tick" x="([\d.]+)" y="[\d.]+" text-anchor="end">([^<]+)', plot
    )
    assert "0.625" in [words for _, words in ticks]
    for right, words in ticks:  # a digit is about 6.7 of 11 pixels wide, and the name ends at 16
        assert float(right) - 6.7 * len(words) > 16


def test_a_page_without_frames_probabilities_or_extras() -> None:
    cases = [case(0, -2.0, name="a"), case(1, 3.0, name="b"), case(1, 1.0, name="c")]
    found = evaluate(cases, SCORER, DATA, Protocol(Thresholds(low=0.5, high=0.5)))
    page = render(found)
    assert "Frame level" not in page
    assert "Reliability" not in page
    assert "Robustness" not in page


@pytest.fixture
def package(tmp_path: Path) -> ModelPackage:
    return ModelPackage.load(write_tiny_model(tmp_path / "tiny"))


def evaluation_of(package: ModelPackage) -> Evaluation:
    manifest = package.manifest
    scorer = Scorer(
        kind="model",
        name=manifest.name,
        version=manifest.version,
        graphs=graphs_of(package),
        calibration=manifest.calibration.model_dump(),
    )
    return document(scorer, manifest.thresholds)


def test_the_card_is_made_of_the_manifest(package: ModelPackage) -> None:
    manifest = package.manifest
    data = (DataSource(name="Portraits|of <b>people", licence="CC0", count=1234, unit="pictures"),)
    training = manifest.training.model_copy(update={"data": data, "seed": 77})
    fitted = {"calibration clips": {"auc": 0.9, "auc by kind": {"blend": 0.8, "swap": 0.7}}}
    manifest = manifest.model_copy(update={"training": training, "metrics": fitted})
    found = evaluation_of(package)
    card = model_card(with_evaluation(manifest, found, graphs_of(package)))
    assert card.startswith(MARK)
    for words in (
        "1,234 pictures", "CC0", "Portraits\\|of \\<b\\>people", "seed 77", "From 0.6",
        "Below 0.4", "video level", "frame level", "blend, swap", "| jpeg | 0.750 | 0.750 |",
        "Not for: deciding alone about a person", "no face, only resolution",
        f"{found.video.auc.value:.3f} [{found.video.auc.low:.3f}, {found.video.auc.high:.3f}]",
        "27 files, 14 real and 13 manipulated",
        "calibration clips / auc by kind / blend | 0.8",
    ):  # fmt: skip
        assert words in card, words
    assert "<img" not in card.replace("\\<img", "")
    unseen = card.split("## What it has never seen")[1].split("##")[0]
    assert "reenact" in unseen
    assert "swap" not in unseen.split("does on what it was not fitted on:")[1]


def test_what_a_fit_makes_itself_is_not_called_unseen(package: ModelPackage) -> None:
    found = evaluation_of(package)
    own = tuple(row.model_copy(update={"name": f"{PSEUDO}{row.name}"}) for row in found.methods)
    made = found.model_copy(update={"methods": own})
    card = model_card(with_evaluation(package.manifest, made, graphs_of(package)))
    assert PSEUDO in card.split("## What it has never seen")[0]
    assert "does on what it was not fitted on" not in card
    kinds = card.split("Kinds of manipulation it was fitted and calibrated on: ")[1].split(". ")[0]
    assert "swap" in kinds.split(", ")


def test_a_method_that_nobody_names_is_not_called_unseen(package: ModelPackage) -> None:
    """It may be the very one that was fitted on."""
    source = (DataSource(name="mine", licence="as the data set", count=9, unit="clips"),)
    training = package.manifest.training.model_copy(update={"data": source})
    manifest = package.manifest.model_copy(update={"training": training})
    found = evaluation_of(package)
    unnamed = tuple(row.model_copy(update={"name": "unknown"}) for row in found.methods[:1])
    evaluated = found.model_copy(update={"methods": unnamed})
    card = model_card(with_evaluation(manifest, evaluated, graphs_of(package)))
    assert "| unknown |" in card
    assert "does on what it was not fitted on" not in card


def test_each_threshold_is_said_to_be_set_where_it_was(package: ModelPackage) -> None:
    fitted = {
        "method": "platt", "data": "dev.csv", "real": 49, "manipulated": 50,
        "thresholds": "chosen", "false_positives_allowed": 0.05, "misses_allowed": 0.1,
    }  # fmt: skip

    def text(**metrics: object) -> str:
        both = package.manifest.metrics | {"calibration": fitted} | metrics
        return model_card(package.manifest.model_copy(update={"metrics": both}))

    upper = (
        "upper threshold was set there so that at most this share of real files reaches it: 0.05"
    )
    lower = (
        "lower threshold was set there so that at most this share of manipulated files lies below "
        "it: 0.1"
    )
    assert f"; the {upper}; the {lower}. Where" in text()
    later = {"data": "held.csv", "real": 303, "false_positives_allowed": 0.025}
    assert "The upper threshold was chosen on held.csv" in text(upper_threshold=later)
    assert f"50 manipulated files; the {lower}. Where" in text(upper_threshold=later)
    kept = text(calibration=fitted | {"thresholds": "as before", "misses_allowed": None})
    assert "files; both thresholds, set on the fit's own held-out clips, moved along. Where" in kept


def test_a_card_without_evaluations_claims_nothing(package: ModelPackage) -> None:
    card = model_card(package.manifest)
    assert "No evaluation has been recorded" in card
    assert "Not measured: no evaluation recorded here" in card
    assert "None is stated." in card
    broken = package.manifest.model_copy(update={"metrics": {"evaluations": [{"x": 1}]}})
    with pytest.raises(ModelInvalid, match="cannot be read"):
        model_card(broken)


def test_an_evaluation_replaces_the_one_of_the_same_files(package: ModelPackage) -> None:
    found, graphs = evaluation_of(package), graphs_of(package)
    manifest = with_evaluation(package.manifest, found, graphs)
    manifest = with_evaluation(manifest, found, graphs)
    assert len(manifest.metrics["evaluations"]) == 1
    other = found.model_copy(update={"data": found.data.model_copy(update={"name": "b.csv"})})
    manifest = with_evaluation(manifest, other, graphs)
    assert [one["data"]["name"] for one in manifest.metrics["evaluations"]] == [
        "made-up.csv", "b.csv",
    ]  # fmt: skip
    assert manifest.metrics["evaluations"][0]["roc"] == []
    assert len(manifest.metrics["evaluations"][0]["reliability"]) == len(found.reliability) > 0


@pytest.mark.parametrize("change", ["kind", "graphs", "calibration", "thresholds"])
def test_an_evaluation_of_another_model_is_refused(package: ModelPackage, change: str) -> None:
    found = evaluation_of(package)
    if change == "thresholds":
        found = found.model_copy(update={"thresholds": Thresholds(low=0.1, high=0.2)})
    else:
        other = {"kind": "scores", "graphs": {}, "calibration": {}}[change]
        scorer = found.scorer.model_copy(update={change: other})
        found = found.model_copy(update={"scorer": scorer})
    with pytest.raises(DataError, match=r"evaluat"):
        with_evaluation(package.manifest, found, graphs_of(package))


def test_a_rewritten_package_verifies_and_its_card_is_hashed(package: ModelPackage) -> None:
    before = package.reference().sha256
    manifest = with_evaluation(package.manifest, evaluation_of(package), graphs_of(package))
    changed = rewrite(package, manifest, card=True)
    changed.verify()
    assert changed.card == model_card(manifest)
    assert changed.reference().sha256 != before
    assert sorted(path.name for path in package.folder.iterdir()) == [
        "README.md", "backbone.onnx", "model.json", "temporal.onnx",
    ]  # fmt: skip
    again = rewrite(changed, changed.manifest, card=True)
    assert again.reference() == changed.reference()
    (package.folder / "README.md").write_text("changed", encoding="utf-8")
    with pytest.raises(ModelAltered, match="README"):
        ModelPackage.load(package.folder).verify()


def test_a_card_that_was_written_by_hand_stays(package: ModelPackage) -> None:
    card = package.card
    changed = rewrite(package, package.manifest.model_copy(update={"version": "0.2"}), card=False)
    assert changed.card == card
    assert changed.manifest.version == "0.2"


def test_a_manifest_that_cannot_be_written_leaves_the_package_whole(
    package: ModelPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unmask.evaluation import packages

    write = packages._write

    def full(path: Path, text: str) -> None:
        if path.name == "model.json":
            raise OSError(28, "No space left on device")
        write(path, text)

    monkeypatch.setattr(packages, "_write", full)
    with pytest.raises(DataError, match="No space left"):
        rewrite(package, package.manifest, card=True)
    ModelPackage.load(package.folder).verify()


def test_a_copy_is_whole_and_never_over_something(package: ModelPackage, tmp_path: Path) -> None:
    copied = copy_package(package, tmp_path / "new")
    copied.verify()
    assert copied.card == package.card
    with pytest.raises(DataError, match="is not empty"):
        copy_package(package, tmp_path / "new")
    (package.folder / "backbone.onnx").write_bytes(b"x")
    with pytest.raises(ModelAltered):
        copy_package(package, tmp_path / "other")


def test_a_few_figures_say_what_answers_are_worth(package: ModelPackage) -> None:
    found = evaluation_of(package)
    known = worth(with_evaluation(package.manifest, found, graphs_of(package)))
    assert known is not None
    real, fake = sorted(found.decisions, key=lambda row: row.label)
    assert (known.real, known.manipulated) == (real.files, fake.files) == (14, 13)
    assert known.caught == round((fake.correct.value or 0) * 13) > 0
    assert known.missed == round((fake.wrong.value or 0) * 13)
    assert known.accused == round((real.wrong.value or 0) * 14)
    assert known.auc == found.video.auc.value
