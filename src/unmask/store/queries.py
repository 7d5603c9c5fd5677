"""The parts that queries over the history are made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, false, or_, select, tuple_
from sqlalchemy.orm import undefer
from sqlalchemy.sql import ColumnElement, SQLColumnExpression

from unmask.store.entries import Filters, Order, aware, search_key
from unmask.store.schema import AnalysisRow

_HEX = frozenset("0123456789abcdef")
_HASH_DIGITS = 8  # fewer would find a file by chance beside the one meant


def whole() -> Select[AnalysisRow]:
    """Rows with their documents, which lists leave where they are."""
    return select(AnalysisRow).options(undefer(AnalysisRow.document))


def conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    """What a row must meet."""
    if filters.text:
        text = filters.text.strip()
        if "\0" in text:  # no name has one, and PostgreSQL refuses to be asked
            yield false()
            return
        named = AnalysisRow.name_key.contains(search_key(text), autoescape=True)
        if len(text) < _HASH_DIGITS or not set(text.lower()) <= _HEX:
            yield named
        else:  # asked apart: each way has an index of its own
            hashed = select(AnalysisRow.id).where(begins(AnalysisRow.sha256, text.lower()))
            yield or_(named, AnalysisRow.id.in_(hashed))
    if filters.label:
        yield AnalysisRow.label == filters.label
    if filters.since:
        yield AnalysisRow.created_at >= aware(filters.since)
    if filters.until:
        yield AnalysisRow.created_at < aware(filters.until)


def beyond(order: Order, place: tuple[datetime, str]) -> tuple[ColumnElement[bool], ...]:
    """Which come after the analysis of this time and id; ValueError in an order of other things."""
    time, row = AnalysisRow.created_at, tuple_(AnalysisRow.created_at, AnalysisRow.id)
    match order:  # the time by itself besides: of the pair SQLite makes no range of its index
        case "oldest":
            return time >= place[0], row > place
        case "newest":
            return time <= place[0], row < place
    raise ValueError(f"{order} is no order by time")


def begins(column: SQLColumnExpression[str], digits: str) -> ColumnElement[bool]:
    """Which begin with these digits, hexadecimal and small: a range, where LIKE reads every row."""
    return column.between(digits, digits + "g")


def ordering(order: Order) -> tuple[SQLColumnExpression[Any], ...]:
    """Ends with the id, so that pages neither repeat nor miss one of equal rank."""
    newest = (AnalysisRow.created_at.desc(), AnalysisRow.id.desc())
    orders: dict[Order, tuple[SQLColumnExpression[Any], ...]] = {
        "newest": newest,
        "oldest": (AnalysisRow.created_at, AnalysisRow.id),
        "name": (AnalysisRow.name_key, *newest),
        "most-manipulated": (AnalysisRow.probability.desc().nulls_last(), *newest),
    }
    return orders[order]
