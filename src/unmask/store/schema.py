"""The tables. A change here needs a migration under migrations/versions (a test compares)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unmask.core.version import __version__
from unmask.store.entries import aware

REVISION_TABLE = "unmask_revision"  # not Alembic's default: the database may be shared
HEAD = "0007"

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_BY_PROBABILITY = ("probability", "created_at", "id", "name_key")
_SQLITE, _POSTGRESQL = {"dialect": "sqlite"}, {"dialect": "postgresql"}


def is_for(dialect: str, thing: object) -> bool:
    """Whether databases of this kind have the index (or table or column)."""
    info: dict[str, str] = getattr(thing, "info", {})
    return info.get("dialect", dialect) == dialect


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: SQLite has no time zones and would drop them silently."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; ValueError for a naive datetime, which could mean any zone."""
        return None if value is None else aware(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of Unmask. Constraints are named, so that migrations can alter them."""

    metadata = MetaData(naming_convention=_NAMES)


class AnalysisRow(Base):
    """One analysis: the exact document, and what lists search and sort by."""

    __tablename__ = "analyses"
    # One for each order of lists, for those with a verdict too, and to its end: of a million rows a
    # page is then read from where it begins, and nothing is sorted. They hold the names because a
    # search that read them from the rows would pass by all documents.
    __table_args__ = (
        Index("ix_analyses_lookup", "sha256", "model_sha256", "fingerprint", "created_at"),
        Index("ix_analyses_time", "created_at", "id", "name_key"),
        Index("ix_analyses_label_time", "label", "created_at", "id", "name_key"),
        Index("ix_analyses_probability_time", *_BY_PROBABILITY, info=_SQLITE),
        Index("ix_analyses_label_probability", "label", *_BY_PROBABILITY, info=_SQLITE),
        Index("ix_analyses_name_time", "name_key", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64))
    model_sha256: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(32))
    probability: Mapped[float | None] = mapped_column(Double)
    model_name: Mapped[str] = mapped_column(Text)
    model_version: Mapped[str] = mapped_column(Text)
    unmask: Mapped[str] = mapped_column(String(32))
    document: Mapped[str] = mapped_column(Text, deferred=True)


# Lists have last what has no probability. SQLite has it there where it reads an index backwards,
# PostgreSQL would have it first and sort everything instead.
_MOST = (
    AnalysisRow.probability.desc().nulls_last(),
    AnalysisRow.created_at.desc(),
    AnalysisRow.id.desc(),
    AnalysisRow.name_key,
)
Index("ix_analyses_most_manipulated", *_MOST, info=_POSTGRESQL)
Index("ix_analyses_label_most_manipulated", AnalysisRow.label, *_MOST, info=_POSTGRESQL)


class JobRow(Base):
    """A file that waits to be analysed, is being analysed, or has been.

    The row is the truth about a job; a message in a queue only says "have a look at this one".
    A job that succeeds leaves an analysis with the same id.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_lookup", "sha256", "model_sha256", "fingerprint"),
        Index("ix_jobs_state_created_at", "state", "created_at"),
        Index("ix_jobs_turn", "state", "owner", "created_at"),
        Index("ix_jobs_finished_at", "finished_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    batch: Mapped[str | None] = mapped_column(String(32), index=True)
    owner: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    model_sha256: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    options: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(String(16))
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer)
    worker: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel: Mapped[bool] = mapped_column(Boolean)
    error: Mapped[str | None] = mapped_column(Text)


class TurnRow(Base):
    """When a job of this owner was taken last."""

    __tablename__ = "turns"

    owner: Mapped[str] = mapped_column(String(32), primary_key=True)
    served_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventRow(Base):
    """One line of the custody log of a file: what was done with it, when, by which version."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    analysis: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    unmask: Mapped[str] = mapped_column(String(32))

    @classmethod
    def of(
        cls, analysis: str, event: str, detail: str = "", *, at: datetime | None = None
    ) -> EventRow:
        """A line for what is done by this version; ``at`` None is now."""
        return cls(
            analysis=analysis,
            at=at or datetime.now(UTC),
            event=event,
            detail=detail,
            unmask=__version__,
        )


class TokenRow(Base):
    """A token of the API. Only its SHA-256 is kept; the token itself is shown once."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)


class SettingRow(Base):
    """One setting of the web app, as JSON."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class DeliveryRow(Base):
    """A web address that is to be told when a job has ended, and how that went so far."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_state_next_at", "state", "next_at"),
        Index("ix_deliveries_host_state_next_at", "host", "state", "next_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    analysis: Mapped[str] = mapped_column(String(32), index=True)
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(Text)
