"""Alembic runs this. Unmask hands in a connection inside a transaction that it commits itself.

To write a migration: change schema.py, then, with script_location set to this folder,
``alembic revision --autogenerate --rev-id 0002 -m "what for"``, and set schema.HEAD.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from unmask.store.engine import locate, make_engine, writing
from unmask.store.schema import REVISION_TABLE, Base, is_for


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=REVISION_TABLE,
        include_object=lambda thing, *_: is_for(connection.dialect.name, thing),
        user_module_prefix="",  # our column types are imported by name in script.py.mako
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter columns
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    migrate(handed_in)
else:
    with writing(make_engine(locate(None))).begin() as opened:
        migrate(opened)
