"""On PostgreSQL, too, the order by probability is read from an index and not sorted.

An index that is read backwards has there first what has no probability, and lists have that last.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FALLING = [sa.text(f"{name} DESC") for name in ("created_at", "id")]
_MOST: list[str | sa.TextClause] = [sa.text("probability DESC NULLS LAST"), *_FALLING, "name_key"]
_LEAST: list[str | sa.TextClause] = ["probability", "created_at", "id", "name_key"]


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_analyses_probability_time", "analyses")
        op.drop_index("ix_analyses_label_probability", "analyses")
        op.create_index("ix_analyses_most_manipulated", "analyses", _MOST)
        op.create_index("ix_analyses_label_most_manipulated", "analyses", ["label", *_MOST])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_analyses_label_most_manipulated", "analyses")
        op.drop_index("ix_analyses_most_manipulated", "analyses")
        op.create_index("ix_analyses_label_probability", "analyses", ["label", *_LEAST])
        op.create_index("ix_analyses_probability_time", "analyses", _LEAST)
