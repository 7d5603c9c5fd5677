"""``unmask tokens``: the API's and the web app's tokens."""

from __future__ import annotations

import click


@click.group(short_help="Make, list and revoke tokens of the web app and API.")
def tokens() -> None:
    """Tokens with which the web app and its API are used from elsewhere."""


@tokens.command()
@click.argument("name")
def create(name: str) -> int:
    """Make a token called NAME and print it. It is shown this once."""
    from unmask.store import History, Tokens

    with History() as history:
        _, secret = Tokens(history).create(name[:100])
    click.echo(secret)
    return 0


@tokens.command("list")
def list_() -> int:
    """List tokens, without their secrets."""
    from unmask.store import History, Tokens

    with History() as history:
        for token in Tokens(history).list():
            used = f"{token.used_at:%Y-%m-%d %H:%M} UTC" if token.used_at else "never used"
            click.echo(f"{token.id}  {token.created_at:%Y-%m-%d}  {used}  {token.name}")
    return 0


@tokens.command()
@click.argument("id")
def revoke(id: str) -> int:
    """Revoke the token with this ID."""
    from unmask.core.errors import UsageError
    from unmask.store import History, Tokens

    with History() as history:
        if not Tokens(history).delete(id):
            raise UsageError(f"no token {id!r}", hint="'unmask tokens list' shows them")
    return 0
