"""The history of analyses: SQLAlchemy records, Alembic migrations, SQLite unless told otherwise."""

from unmask.store.entries import Entry, Filters, Order, Stored
from unmask.store.fingerprint import fingerprint
from unmask.store.history import History

__all__ = ["Entry", "Filters", "History", "Order", "Stored", "fingerprint"]
