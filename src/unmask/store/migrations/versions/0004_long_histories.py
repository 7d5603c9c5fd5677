"""Indexes with which a page of a long history is found without reading the rest of it."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SHORT = ("created_at", "name_key", "label", "probability")


def upgrade() -> None:
    for column in _SHORT:
        op.drop_index(f"ix_analyses_{column}", "analyses")
    ends = ["created_at", "id", "name_key"]
    op.create_index("ix_analyses_time", "analyses", ends)
    op.create_index("ix_analyses_label_time", "analyses", ["label", *ends])
    op.create_index("ix_analyses_probability_time", "analyses", ["probability", *ends])
    op.create_index("ix_analyses_label_probability", "analyses", ["label", "probability", *ends])
    newest = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_analyses_name_time", "analyses", ["name_key", *newest])
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    _hosts()


def _hosts() -> None:
    """Of those that wait; nobody asks for the others'."""
    op.add_column("deliveries", sa.Column("host", sa.Text(), nullable=False, server_default=""))
    table = sa.table("deliveries", *map(sa.column, ("id", "url", "host", "state")))
    connection = op.get_bind()
    waiting = sa.select(table.c.id, table.c.url).where(table.c.state == "waiting")
    for id, url in connection.execute(waiting).all():
        change = sa.update(table).where(table.c.id == id)
        connection.execute(change.values(host=urlsplit(url).netloc.lower()))
    op.create_index("ix_deliveries_host_state_next_at", "deliveries", ["host", "state", "next_at"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_host_state_next_at", "deliveries")
    op.drop_column("deliveries", "host")
    op.drop_index("ix_jobs_finished_at", "jobs")
    for name in ("time", "label_time", "probability_time", "label_probability", "name_time"):
        op.drop_index(f"ix_analyses_{name}", "analyses")
    for column in _SHORT:
        op.create_index(f"ix_analyses_{column}", "analyses", [column])
