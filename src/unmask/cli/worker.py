"""``unmask worker``."""

from __future__ import annotations

import click

from unmask.cli import logs


@click.command(short_help="Analyse what was submitted to the web app.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Files analysed at the same time, each in a process of its own.",
)
@click.option(
    "--with-parent",
    is_flag=True,
    help="End when standard input closes, as it does when the process that started this one ends.",
)
@logs.option
def worker(jobs: int, with_parent: bool, log: logs.Log) -> int:
    """Take jobs from the queue until interrupted.

    'unmask serve' starts one by itself. More of them may run elsewhere: they need the same data
    folder (UNMASK_DATA), database (UNMASK_DATABASE) and queue (UNMASK_QUEUE, a redis:// URL; by
    default a file in the data folder).
    """
    from unmask.jobs.folders import Folders
    from unmask.jobs.worker import run_worker

    logs.set_up(log)

    def ready() -> None:
        logs.announce("worker ready", log)

    run_worker(Folders.default(), workers=jobs, with_parent=with_parent, ready=ready)
    return 0
