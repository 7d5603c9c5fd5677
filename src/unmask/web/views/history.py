"""Past analyses: search, sort, page, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import cast, get_args
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from unmask.core.analysis import Label
from unmask.store import Filters, Order
from unmask.web.services import services

history = Blueprint("history", __name__)
PAGE = 24
ORDERS: tuple[Order, ...] = get_args(Order)
LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for, as it stands in the address."""

    text: str
    label: str
    since: str
    until: str
    order: Order
    page: int

    @classmethod
    def of_request(cls) -> Search:
        """From the query; what makes no sense counts as not given."""
        get = request.args.get
        order, page = get("order", ""), get("page", "")
        return cls(
            text=get("q", "").strip()[:200],
            label=get("label", "") if get("label", "") in LABELS else "",
            since=_date(get("since", "")),
            until=_date(get("until", "")),
            order=order if order in ORDERS else "newest",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 8 else 1,
        )

    @property
    def filters(self) -> Filters:
        """For the store. Days are taken in UTC, ``until`` with the whole of its day."""
        return Filters(
            text=self.text or None,
            label=cast(Label, self.label) if self.label else None,
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until) + timedelta(days=1) if self.until else None,
        )

    def link(self, page: int) -> str:
        """The address of another page of the same search."""
        given = {
            "q": self.text,
            "label": self.label,
            "since": self.since,
            "until": self.until,
            "order": "" if self.order == "newest" else self.order,
            "page": str(page) if page > 1 else "",
        }
        query = urlencode({name: text for name, text in given.items() if text})
        return url_for("history.search") + (f"?{query}" if query else "")


@history.get("/history")
def search() -> ResponseReturnValue:
    """One page of past analyses, and the jobs that failed."""
    wanted, past = Search.of_request(), services().history
    total = past.count(wanted.filters)
    pages = max(1, -(-total // PAGE))
    offset = PAGE * (min(wanted.page, pages) - 1)
    entries = past.list(wanted.filters, order=wanted.order, limit=PAGE, offset=offset)
    first_page = wanted.page == 1 and wanted.filters == Filters()
    return render_template(
        "history.html",
        entries=entries,
        posters={one.id: services().desk.pictures(one.id).poster for one in entries},
        search=wanted,
        total=total,
        pages=pages,
        page=min(wanted.page, pages),
        labels=LABELS,
        orders=ORDERS,
        failed=services().desk.book.failed(limit=10) if first_page else [],
        waiting=services().desk.book.unfinished(limit=20) if first_page else [],
    )


@history.post("/history/delete")
def delete_several() -> ResponseReturnValue:
    """Delete the analyses that were ticked."""
    ids = request.form.getlist("id")
    if not ids:
        abort(400, "Nothing was ticked.")
    for id in ids:
        services().desk.delete(id)
    return redirect(url_for("history.search"), 303)


def _date(text: str) -> str:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
        return (day + timedelta(days=1) - timedelta(days=1)).isoformat()  # it has a day after it
    except (ValueError, OverflowError):
        return ""


def _midnight(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time(), UTC)
