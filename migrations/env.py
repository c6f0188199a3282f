"""How Alembic runs here: always on a connection, and inside a transaction, that `app.core.migrations` has opened."""

from alembic import context

from app.core.db import Record
from app.core.migrations import belongs

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Record.metadata,
    include_object=belongs,
    compare_type=True,
    # SQLite changes a table by making it anew; one script serves both databases.
    render_as_batch=True,
    # SQLite's DDL is transactional when the driver does not commit behind our back, and ours does not.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
