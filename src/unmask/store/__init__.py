"""The history, the book of jobs, custody, tokens, settings: SQLAlchemy, SQLite by default."""

from unmask.store.awaiting import when_up
from unmask.store.booked import Asked, Job, NewJob, State
from unmask.store.custody import CustodyLog, Event, other_names
from unmask.store.deliveries import Deliveries, Delivery, DeliveryState
from unmask.store.entries import Entry, Filters, Order, Stored
from unmask.store.fingerprint import fingerprint
from unmask.store.history import History
from unmask.store.jobs import JobBook
from unmask.store.settings import Settings, Tokens

__all__ = [
    "Asked",
    "CustodyLog",
    "Deliveries",
    "Delivery",
    "DeliveryState",
    "Entry",
    "Event",
    "Filters",
    "History",
    "Job",
    "JobBook",
    "NewJob",
    "Order",
    "Settings",
    "State",
    "Stored",
    "Tokens",
    "fingerprint",
    "other_names",
    "when_up",
]
