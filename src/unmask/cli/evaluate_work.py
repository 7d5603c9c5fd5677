"""The work of ``unmask evaluate``: measuring, documents, exit codes."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from unmask.cli import exits
from unmask.cli.documents import pretty
from unmask.cli.evaluate_options import EvaluateOptions
from unmask.cli.evaluate_steps import ModelScoring, decided, measure_scores
from unmask.cli.evaluate_tables import print_evaluation
from unmask.cli.files import Target, make_folder
from unmask.cli.terminal import note, results_console
from unmask.core.analysis import Thresholds
from unmask.core.claim import claimed_folder
from unmask.datasets.index import Index
from unmask.datasets.met import marks_of_sample
from unmask.datasets.reaching import open_index
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import Case
from unmask.evaluation.delong import compare
from unmask.evaluation.evaluating import Protocol, evaluate, extended
from unmask.evaluation.extra import require_extra
from unmask.evaluation.grouping import AUTO, check_attribute, grouped
from unmask.evaluation.nuisance import nuisance
from unmask.evaluation.page import render
from unmask.evaluation.report import Comparison, DataSet, Evaluation
from unmask.evaluation.robustness import conditions
from unmask.evaluation.scorers import called, data_set, met_before
from unmask.evaluation.selecting import cases_of_file, index_of_scores, select
from unmask.evaluation.several import corrected
from unmask.pipeline import Analyser
from unmask.runtime import file_sha256

_DOCUMENTS = ("evaluation.json", "report.html")


def run(options: EvaluateOptions) -> int:
    """Score, measure, write, print."""
    require_extra("an evaluation")
    out = make_folder(options.out, "--out")
    with ExitStack() as stack:
        targets = (Target(str(out / name), "--out") for name in _DOCUMENTS)
        documents = [stack.enter_context(closing(target)) for target in targets]
        # Two runs would ruin each other's scores.
        stack.enter_context(claimed_folder(out, "--out"))
        evaluation = _evaluate(options)
        texts = (pretty(evaluation.model_dump_json(by_alias=True)) + "\n", render(evaluation))
        for document, text in zip(documents, texts, strict=True):
            document.stream.write(text)
            document.publish()
    print_evaluation(results_console(), evaluation)
    for remark in evaluation.notes:
        note(remark)
    note(f"{out} holds {' and '.join(_DOCUMENTS)}")
    coverage = evaluation.coverage
    return exits.DONE if coverage.scored == coverage.files else exits.SOME_FAILED


def _evaluate(options: EvaluateOptions) -> Evaluation:
    named, index = _index(options)
    samples, split = select(index, options.split)
    _foresee(options, samples, index)
    model = None
    if options.scores is None:
        model = ModelScoring(Analyser(options.model, device=options.device), index, options)
        measured = model.measure(samples)
    else:
        measured = measure_scores(options, index, samples)
    protocol = Protocol(measured.thresholds, options.groups, options.group_by, options.drawing)
    data = data_set(named, index, split, len(samples))
    evaluation = evaluate(measured.cases, measured.scorer, data, protocol)
    cases, _ = grouped(measured.cases, options.groups)
    distorted = []
    if model is not None and options.distorts:
        distorted = model.distort(cases)
    return extended(
        evaluation,
        nuisance=nuisance(cases, options.drawing),
        robustness=distorted,
        comparisons=_comparisons(options, cases, measured.thresholds, index),
        notes=_met(model, data, samples) if model else (),
    )


def _met(model: ModelScoring, data: DataSet, samples: list[Sample]) -> list[str]:
    manifest = model.analyser.package.manifest
    return met_before(manifest, data, [marks_of_sample(model.index.root, one) for one in samples])


def _foresee(options: EvaluateOptions, samples: list[Sample], index: Index) -> None:
    """Refuse before the work what would be refused after it."""
    for name in options.group_by:
        check_attribute(samples, name, "--group-by")
    if options.groups != AUTO:
        check_attribute(samples, options.groups, "--groups")
    for path in options.against:
        cases_of_file(Path(path), samples, index.root)
    conditions(options.distortions, options.seed)


def _index(options: EvaluateOptions) -> tuple[Path, Index]:
    if options.index is not None:
        root = Path(options.root) if options.root else None
        return options.index, open_index(options.index, root=root)
    path = Path(str(options.scores))
    return path, index_of_scores(path)


def _comparisons(
    options: EvaluateOptions, cases: list[Case], thresholds: Thresholds, index: Index
) -> list[Comparison]:
    samples = [case.sample for case in cases]
    found = []
    for path, name in called([Path(path) for path in options.against]):
        others, theirs = decided(options, path, samples, index.root)
        one = compare(cases, others, name, options.drawing, (thresholds, theirs))
        found.append(one.model_copy(update={"sha256": file_sha256(path)}))
    return corrected(found)
