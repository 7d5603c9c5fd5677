"""Whose jobs are whose, and when each was served last, so that all have their turn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from unmask.store.schema import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("owner", sa.String(32), nullable=False, server_default=""))
    op.create_index("ix_jobs_turn", "jobs", ["state", "owner", "created_at"])
    op.create_table(
        "turns",
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("served_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_turns"),
    )


def downgrade() -> None:
    op.drop_table("turns")
    op.drop_index("ix_jobs_turn", "jobs")
    op.drop_column("jobs", "owner")
