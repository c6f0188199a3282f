"""How Alembic runs here: always on a connection, and inside a transaction, that `app.core.migrations` has opened."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, CheckConstraint

from app.core.db import Record
from app.core.migrations import belongs


def render(kind: str, item: Any, autogen: AutogenContext) -> Any:
    """How a new script is written where Alembic would not write it right."""
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if isinstance(item, CheckConstraint) and not str(item.name).startswith("ck_"):
        # Alembic copies a table's columns, and each copy says its range once more.
        return None
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    include_object=belongs,
    render_item=render,
    compare_type=True,
    # SQLite changes a table by making it anew; one script serves both databases.
    render_as_batch=True,
    # SQLite's DDL is transactional when the driver does not commit behind our back, and ours does not.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
