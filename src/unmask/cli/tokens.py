"""``unmask tokens``: the API's and the web app's tokens."""

from __future__ import annotations

import click


@click.group(short_help="Make, list and revoke tokens of the web app and API.")
def tokens() -> None:
    """Tokens with which the web app and its API are used from elsewhere."""


@tokens.command()
@click.argument("name")
@click.option(
    "--days",
    type=click.IntRange(1, 36500),
    metavar="N",
    help="For how many days it is good.  [default: until it is revoked]",
)
def create(name: str, days: int | None) -> int:
    """Make a token called NAME and print it. It is shown this once."""
    from unmask.store import History, Tokens

    with History() as history:
        _, secret = Tokens(history).create(name[:100], days)
    click.echo(secret)
    return 0


@tokens.command("list")
def list_() -> int:
    """List tokens, without their secrets."""
    from unmask.store import History, Tokens

    with History() as history:
        for token in Tokens(history).list():
            used = f"{token.used_at:%Y-%m-%d %H:%M} UTC" if token.used_at else "never used"
            end = "" if token.expires_at is None else f"until {token.expires_at:%Y-%m-%d %H:%M} UTC"
            until = end if token.good else "expired"
            parts = (token.id, f"{token.created_at:%Y-%m-%d}", used, until, token.name)
            click.echo("  ".join(filter(None, parts)))
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
