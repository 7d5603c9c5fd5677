"""Until when a token is good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from unmask.store.schema import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("expires_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "expires_at")
