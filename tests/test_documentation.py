"""Documents say what the code does: every command, option, code and link."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from unmask.cli.app import unmask
from unmask.core import errors

ROOT = Path(__file__).parents[1]
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("recipes/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]*)(#[^)]*)?\)")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> list[tuple[str, click.Command]]:
    walk = tool("write_cli_docs").walk
    return [(context.command_path, command) for context, command in walk(_top(), unmask)]


def _top() -> click.Context:
    return click.Context(unmask, info_name="unmask")


@pytest.mark.parametrize(("path", "command"), commands(), ids=str)
def test_every_command_and_option_is_documented(path: str, command: click.Command) -> None:
    _, heading, rest = CLI.partition(f"### {path}\n")
    assert heading, f"docs/cli.md does not know '{path}': run make docs"
    section = rest.partition("\n### ")[0]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for name in (*parameter.opts, *parameter.secondary_opts):
                assert name in section, f"{path} {name}: run make docs"


def test_the_reference_is_that_of_the_commands() -> None:
    write = tool("write_cli_docs")
    assert CLI.partition(write.MARKER)[2].lstrip("\n") == write.reference(), "run make docs"


@pytest.mark.parametrize("schema", sorted(tool("write_schemas").DOCUMENTS))
def test_the_schemas_are_those_of_the_records(schema: str) -> None:
    write = tool("write_schemas")
    text = (ROOT / "docs" / "schema" / write.file_name(schema)).read_text(encoding="utf-8")
    assert text == write.schema_text(schema), "run make docs"


def kinds(of: type[errors.UnmaskError]) -> set[type[errors.UnmaskError]]:
    return {of}.union(*(kinds(kind) for kind in of.__subclasses__()))


def test_every_error_code_is_explained_and_in_the_tree() -> None:
    raised = kinds(errors.UnmaskError) - {
        errors.UnmaskError,
        errors.InputError,
        errors.ModelError,
    }
    ours = [kind for kind in raised if kind.__module__ == errors.__name__]
    assert len(ours) > 10
    for kind in ours:
        assert f"`{kind.code}`" in CLI, kind.code
        assert re.search(rf"{kind.__name__} +{kind.code}\b", errors.__doc__ or ""), kind.__name__


def test_every_warning_is_explained() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for room in ("pipeline", "cli")
        for path in (ROOT / "src" / "unmask" / room).rglob("*.py")
    )
    codes = set(re.findall(r'Notice\(\s*code="([a-z-]+)"', source))
    assert len(codes) >= 8
    assert [code for code in sorted(codes) if f"`{code}`" not in CLI] == []


def test_every_code_of_a_job_or_the_api_is_explained() -> None:
    text = CLI + (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    source = "".join(
        path.read_text(encoding="utf-8")
        for room in ("jobs", "web")
        for path in (ROOT / "src" / "unmask" / room).rglob("*.py")
    )
    codes = set(re.findall(r'\bcode ?= ?"([a-z-]+)"', source))
    assert {"crashed", "link", "crowded"} <= codes
    assert [code for code in sorted(codes) if f"`{code}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .+\n)+", text, re.MULTILINE)
    assert blocks[0].split("\n")[:2] == ["    make demo", "    make test"]
