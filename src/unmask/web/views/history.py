"""Past analyses: search, sort, page, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
    zone: str
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
            zone=_zone(get("zone", "")),
            order=order if order in ORDERS else "newest",
            page=max(1, int(page)) if page.isdecimal() and len(page) < 8 else 1,
        )

    @property
    def filters(self) -> Filters:
        """For the store. Days are those of ``zone``, ``until`` with the whole of its day."""
        return Filters(
            text=self.text or None,
            label=cast(Label, self.label) if self.label else None,
            since=self._midnight(self.since) if self.since else None,
            until=self._midnight(self.until, days=1) if self.until else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return self.filters != Filters()

    def _midnight(self, day: str, days: int = 0) -> datetime:
        """When the day begins, or so many days after it: a day may have 23 or 25 hours."""
        date = datetime.fromisoformat(day).date() + timedelta(days=days)
        return datetime.combine(date, time(), ZoneInfo(self.zone) if self.zone else UTC)

    def link(self, page: int, **more: int) -> str:
        """The address of another page of the same search."""
        return url_for("history.search", **(self._given(page) | more))

    def deleting(self, page: int) -> str:
        """The address that deletes what is ticked on a page, and leads back to it."""
        return url_for("history.delete_several", **self._given(page))

    def _given(self, page: int) -> dict[str, Any]:
        given = {
            "q": self.text,
            "label": self.label,
            "since": self.since,
            "until": self.until,
            "zone": self.zone if self.since or self.until else "",
            "order": "" if self.order == "newest" else self.order,
            "page": str(page) if page > 1 else "",
        }
        return {name: text for name, text in given.items() if text}


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
    services().desk.delete(*ids)
    wanted = Search.of_request()
    return redirect(wanted.link(wanted.page, deleted=1), 303)


def _date(text: str) -> str:
    """The day; "" for what is none, and at the ends of time, beyond which a zone may reach."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return ""
    return day.isoformat() if 1 < day.year < 9999 else ""


def _zone(name: str) -> str:
    """A zone such as ``Europe/Vienna``; "", which is UTC, for one that is not known here."""
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return ""
