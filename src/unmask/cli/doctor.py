"""``unmask doctor``."""

from __future__ import annotations

import click


@click.command(short_help="Show versions, runtimes, codecs, extras, folders.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(as_json: bool) -> int:
    """Print what this installation can do, for you or for a bug report.

    Nothing is sent anywhere. The exit code is 3 when scanning cannot work.
    """
    import json

    from unmask.cli import exits
    from unmask.cli.checkup import examine
    from unmask.cli.streams import expect_document
    from unmask.cli.terminal import note, printable

    findings = examine()
    if as_json:
        expect_document()
        click.echo(json.dumps(findings.sections, ensure_ascii=False, indent=2))
    else:
        for title, lines in findings.sections.items():
            click.echo(click.style(title, bold=True))
            for name, value in lines.items():
                click.echo(f"  {name:<24}{printable(value)}")
    for problem in findings.problems:
        note(problem.message, problem.hint)
    return exits.SOME_FAILED if findings.problems else exits.DONE
