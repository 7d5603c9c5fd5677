"""Settings and API tokens of the web app, in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from unmask.core.errors import StoreError
from unmask.store.history import History
from unmask.store.schema import SettingRow, TokenRow

_PREFIX = "unmask_"  # so that a token that leaks can be recognised for what it is
_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as lists show it, without its secret."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None

    @property
    def good(self) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or datetime.now(UTC) < self.expires_at


class Tokens:
    """Bearer tokens: 256 random bits, of which only the SHA-256 is kept."""

    def __init__(self, history: History) -> None:
        self._database = history.database

    def create(
        self, name: str, days: int | None = None, *, until: datetime | None = None
    ) -> tuple[Token, str]:
        """A new token and its secret, which cannot be had again.

        It is good for so many days, or ``until`` then; for ever where neither is said.
        """
        now = datetime.now(UTC)
        secret = _PREFIX + secrets.token_urlsafe(32)
        row = TokenRow(
            id=secrets.token_hex(4),
            created_at=now,
            used_at=None,
            expires_at=until if days is None else now + timedelta(days=days),
            name=name,
            sha256=_digest(secret),
        )
        token = _token(row)
        with self._database.writing() as session:
            session.add(row)
        return token, secret

    def known(self, secret: str) -> str | None:
        """The id of the token with this secret; None if there is none that is good.

        The look-up is by hash: how long it takes says nothing about the secrets there are.
        """
        query = select(TokenRow.id).where(TokenRow.sha256 == _digest(secret), _good())
        with self._database.reading() as session:
            return session.scalars(query).first()

    def check(self, secret: str) -> str | None:
        """The same, noting that it was used, to the minute.

        Who asks ten times a second how far something is need not wait as often for the disk, and
        for whoever else writes. Where nothing can be noted, as on a full disk or while another
        process keeps the database locked, the token is still good: to delete something, say.
        """
        now = datetime.now(UTC)
        query = select(TokenRow.id, TokenRow.used_at).where(
            TokenRow.sha256 == _digest(secret), _good()
        )
        with self._database.reading() as session:
            row = session.execute(query).first()
        if row is None:
            return None
        if row.used_at is None or not timedelta() <= now - row.used_at < _NOTED:
            used = update(TokenRow).where(TokenRow.id == row.id).values(used_at=now)
            with suppress(StoreError), self._database.in_passing() as connection:
                connection.execute(used)
        return str(row.id)

    def list(self) -> list[Token]:
        """Every token, the oldest first."""
        query = select(TokenRow).order_by(TokenRow.created_at)
        with self._database.reading() as session:
            rows = session.scalars(query)
            return [_token(row) for row in rows]

    def count(self) -> int:
        """How many there are that are good."""
        query = select(func.count()).select_from(TokenRow).where(_good())
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def delete(self, id: str) -> bool:
        """Revoke a token; False if there is none with this id."""
        with self._database.changing("delete from") as connection:
            return connection.execute(delete(TokenRow).where(TokenRow.id == id)).rowcount > 0


class Settings:
    """Named JSON values."""

    def __init__(self, history: History) -> None:
        self._database = history.database

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name, or ``default``."""
        query = select(SettingRow.value).where(SettingRow.name == name)
        with self._database.reading() as session:
            found = session.scalars(query).first()
        return default if found is None else json.loads(found)

    def starting(self, prefix: str) -> dict[str, Any]:
        """The values of all names that begin so."""
        query = select(SettingRow).where(SettingRow.name.startswith(prefix, autoescape=True))
        with self._database.reading() as session:
            return {row.name: json.loads(row.value) for row in session.scalars(query)}

    def set(self, name: str, value: Any) -> None:
        """Keep a JSON value; None forgets it."""
        with self._database.writing() as session:
            session.execute(delete(SettingRow).where(SettingRow.name == name))
            if value is not None:
                session.add(SettingRow(name=name, value=json.dumps(value)))


def _token(row: TokenRow) -> Token:
    return Token(row.id, row.name, row.created_at, row.used_at, row.expires_at)


def _good() -> ColumnElement[bool]:
    return or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > datetime.now(UTC))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
