"""``unmask serve``."""

from __future__ import annotations

from typing import Any

import click

from unmask.cli import logs


@click.command(short_help="Serve the web app and its API.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True)
@click.option(
    "--host-name",
    "host_names",
    multiple=True,
    metavar="NAME",
    help="Name under which the app may also be addressed. May be repeated.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME|DIR",
    help="Model package; the first is the default. May be repeated.  [default: those shipped]",
)
@click.option(
    "--jobs",
    type=click.IntRange(0, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Files analysed at the same time; 0 where 'unmask worker' runs elsewhere.",
)
@click.option(
    "--max-upload",
    type=click.IntRange(1, 1024 * 1024),
    default=4096,
    show_default=True,
    metavar="MB",
    help="Largest file accepted.",
)
@click.option("--require-tokens", is_flag=True, help="Ask for a token also on this machine.")
@click.option(
    "--insecure", is_flag=True, help="Listen beyond this machine without asking for tokens."
)
@click.option("--https", is_flag=True, help="A proxy in front speaks HTTPS: mark cookies secure.")
@click.option(
    "--proxy",
    metavar="ADDRESS",
    help="The proxy in front, whose X-Forwarded-For is believed: rates then count each caller.",
)
@logs.option
def serve(**options: Any) -> int:
    """Serve pages and API, and analyse what is handed in, until interrupted.

    By default only this machine is served. To listen elsewhere, or behind a --proxy, make a token
    first ('unmask tokens create NAME'), which pages and API then ask for; or say --insecure where
    the network itself is trusted.
    """
    from unmask.cli.serving import ServeOptions, run

    return run(ServeOptions(**options))
