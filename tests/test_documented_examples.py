"""What documents show can be typed, named and read as it stands there."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import runpy
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import unmask
from unmask.cli.app import unmask as command_line
from unmask.evaluation.report import Evaluation, Figure
from unmask.jobs.limits import GIB, Limits
from unmask.jobs.webhooks import Event
from unmask.pipeline.request import AnalysisRequest
from unmask.runtime import find_package
from unmask.training.recipe import DetectorRecipe
from unmask.web.api.records import Problem

ROOT = Path(__file__).parents[1]
HISTORY = {"CHANGELOG.md", "decisions.md"}  # of what was, and may name what is gone
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("recipes/*.md")]
    if page.name not in HISTORY
)
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
WEB = TEXTS[ROOT / "docs" / "web.md"]
CLI = TEXTS[ROOT / "docs" / "cli.md"]
API = TEXTS[ROOT / "docs" / "api.md"]
TRAINING = TEXTS[ROOT / "docs" / "training.md"]
SCRIPT = re.compile(r"\b((?:tools|benchmarks|examples)/[\w/]+\.py)(.*)")
TARGET = re.compile(r"^make ([a-z]+)")
ANCHOR = re.compile(r"\]\((?!https?:)([^)#]*)#([^)]+)\)")
each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def lines(text: str) -> list[str]:
    """What stands as code: indented, or between backquotes."""
    return re.findall(r"^    (.+)$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)


def commands(text: str) -> Iterator[list[str]]:
    """The words behind ``unmask`` of each command line."""
    for line in lines(text.partition("<!-- What follows is written by")[0]):
        if "unmask " not in line:
            continue
        words = shlex.split(line, comments=True)
        for number, word in enumerate(words):
            if word == "unmask" and (
                number == 0 or words[number - 1] in ("|", "&&", "run", "--rm")
            ):
                rest = words[number + 1 :]
                end = next(
                    (at for at, one in enumerate(rest) if one in ("|", "&&", ">")), len(rest)
                )
                yield rest[:end]


def accepted(words: list[str]) -> None:
    """Raise :class:`click.UsageError` for a command or an option that there is not."""
    command: click.Command = command_line
    context = click.Context(command_line, info_name="unmask")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        if words[0].isupper() or words[0] == "…":  # stands for any command
            return
        name, command, words = command.resolve_command(context, words)
        context = click.Context(command, info_name=name, parent=context)
    try:
        command.make_parser(context).parse_args(list(words))
    except click.BadOptionUsage:
        if not words[-1].startswith("-"):  # an option that a sentence names, without its value
            raise


@each_page
def test_each_command_line_is_one(page: Path) -> None:
    for words in commands(TEXTS[page]):
        accepted(words)


def test_command_lines_are_found_and_wrong_ones_told() -> None:
    found = [words for page in PAGES for words in commands(TEXTS[page])]
    assert len(found) > 80
    assert ["scan", "-", "--fail-on", "manipulated"] in found
    for wrong in (["scan", "--no-such"], ["scam", "a"], ["models", "cards"]):
        with pytest.raises(click.UsageError):
            accepted(wrong)


@each_page
def test_each_script_is_there_and_takes_the_options_shown(page: Path) -> None:
    for line in lines(TEXTS[page]):
        for path, rest in SCRIPT.findall(line):
            source = (ROOT / path).read_text(encoding="utf-8")
            for option in re.findall(r"(?<!\S)--[a-z][\w-]*", rest):
                assert f'"{option}"' in source, f"{path} {option}"


@each_page
def test_each_target_of_make_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in lines(TEXTS[page]):
        for target in TARGET.findall(line):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", one.strip().lower()).replace(" ", "-") for one in headings}


@each_page
def test_each_anchor_is_a_heading(page: Path) -> None:
    for target, anchor in ANCHOR.findall(TEXTS[page]):
        text = (page.parent / target if target else page).read_text(encoding="utf-8")
        assert anchor in anchors(text), f"{target}#{anchor}"


@pytest.mark.parametrize("pattern", [SCRIPT, TARGET, ANCHOR])
def test_what_is_looked_for_on_the_pages_is_there(pattern: re.Pattern[str]) -> None:
    where = [part for text in TEXTS.values() for part in (text, *lines(text))]
    assert sum(len(pattern.findall(part)) for part in where) >= 10


def test_the_environment_is_what_the_code_reads() -> None:
    known = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r'"(UNMASK_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(known) >= 9
    assert [name for name in sorted(known) if f"`{name}`" not in WEB + CLI] == []
    ours = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    shown = {name for text in TEXTS.values() for name in re.findall(r"UNMASK_[A-Z_]+", text)}
    assert [name for name in sorted(shown - known) if f'"{name}"' not in ours] == []


def test_the_limits_of_a_job_are_those_stated() -> None:
    usual = Limits()
    memory, times = (next(row for row in WEB.split("\n") if f"| `UNMASK_JOB_{name}`" in row)
                     for name in ("MEMORY", "CPU"))  # fmt: skip
    assert f"in GiB, {usual.memory // GIB} |" in memory
    assert f"{usual.cpu_s} and {usual.wall_s:.0f} |" in times


def test_the_options_of_analyse_are_those_stated() -> None:
    text = TEXTS[ROOT / "docs" / "python.md"].partition("## `analyse(")[2].partition("\n## ")[0]
    stated = {}
    for names, default in re.findall(r"^\| (`.+?`) \| (.+?) \|", text, re.MULTILINE):
        stated |= dict.fromkeys(re.findall(r"`(\w+)`", names), ast.literal_eval(default.strip("`")))
    parameters = inspect.signature(unmask.analyse).parameters.values()
    taken = {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}
    asked = AnalysisRequest()
    taken |= {name: getattr(asked, name) for name in AnalysisRequest.__dataclass_fields__}
    assert stated == taken


@each_page
def test_python_is_python_and_imports_what_there_is(page: Path) -> None:
    for block in blocks(TEXTS[page], "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unmask"):
                module = importlib.import_module(node.module or "")
                assert [one.name for one in node.names if not hasattr(module, one.name)] == []


def test_the_json_of_the_api_is_what_it_sends() -> None:
    (problem,) = blocks(API, "json")
    Problem.model_validate(json.loads(problem))
    (message,) = re.findall(r'^\{"type": .+?(?=^```)', API, re.MULTILINE | re.DOTALL)
    Event.model_validate_json(message)


def test_a_recipe_shown_is_one_and_packages_have_the_names_of_recipes() -> None:
    given = [tomllib.loads(block) for block in blocks(TRAINING, "toml")]
    fitted = [DetectorRecipe.model_validate(one, strict=False) for one in given]
    assert fitted
    for path in (ROOT / "recipes").glob("*.toml"):
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        if told["kind"] == "detector":
            fitted.append(DetectorRecipe.model_validate(told, strict=False))
    known = {f"{one.name}-{one.version}" for one in fitted}
    shown = set(re.findall(r"\bruns/([a-z-]+-\d+)\b", TRAINING))
    assert shown
    assert shown <= known


def test_the_readme_has_the_figures_of_the_model_that_ships() -> None:
    readme = TEXTS[ROOT / "README.md"]
    recorded = find_package("xception-lstm").manifest.metrics["evaluations"]
    made, real = (Evaluation.model_validate(one, strict=False) for one in recorded)
    for row in real.families:
        assert f"| {row.manipulated} | {between(row.auc)}" in readme, row.name
    pseudo_fakes = f"| {made.decisions[1].files:,} | {between(made.video.auc)}"
    assert pseudo_fakes in readme
    untouched, fakes = made.decisions
    assert (untouched.label, fakes.label) == (0, 1)
    assert f"Of {untouched.files:,} pictures" in readme
    assert f"and {fakes.files:,} pseudo-fakes" in readme
    assert f"calls {percent(fakes.correct)} of the fakes manipulated" in readme
    assert f"and {percent(untouched.wrong)} of the real ones" in readme
    assert f"{percent(fakes.wrong)} of the fakes it passes" in readme


def test_the_picture_of_the_readme_is_drawn_from_the_model_that_ships() -> None:
    """``python tools/draw_model.py`` draws it again."""
    picture = (ROOT / "docs" / "images" / "model.svg").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "tools" / "draw_model.py"))["shipped"]() == picture


def between(figure: Figure, form: str = "{:.2f} ({:.2f} to {:.2f}") -> str:
    return form.format(figure.value, figure.low, figure.high)


def percent(share: Figure) -> str:
    assert share.value is not None
    return f"{share.value:.0%}".replace("%", " %")
