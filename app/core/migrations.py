"""Bringing the database to the shape the code expects, and back: Alembic over all tables, the framework's included.

The scripts lie in `migrations/versions/`, named so that the folder reads as a diary. All steps of one run share one
transaction, on SQLite too (`BEGIN IMMEDIATE`, which also covers DDL), so a run that is killed halfway leaves the
database as it was, and the next run simply starts over. Two processes that migrate at once take turns.

Command lines and what else a start needs stand in `app.preparing`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from app.core import clock, search
from app.core.database import is_sqlite
from app.core.db import Record

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
STAMP = "%Y%m%d_%H%M"
LOCK = 4_720_116
"""The PostgreSQL advisory lock that lets one migration run at a time; the number means nothing else."""


class DatabaseIsNewer(Exception):
    """The database was migrated by a newer version of this program, whose steps are not known here."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is from a newer version of Houtai (revision {revision}), which this one does not know. "
            "Start the newer version, or restore a backup made with this one.")


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, for the scripts of this project and the given connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def revisions() -> ScriptDirectory:
    """The migration scripts."""
    return ScriptDirectory.from_config(configuration())


def is_known(name: str) -> bool:
    """Whether there is a script for this revision."""
    return any(script.revision == name for script in revisions().walk_revisions())


def stamped(connection: Connection) -> str | None:
    """The revision this database stands at; None where it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the database has the shape this code expects."""
    with engine.connect() as connection:
        return stamped(connection) == revisions().get_current_head()


def is_empty(engine: Engine) -> bool:
    """Whether the database has no tables yet."""
    return not inspect(engine).get_table_names()


@contextlib.contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """One transaction in which nobody else migrates, with SQLite's foreign keys held back: whoever changes something
    ends with `_refuse_dangling`."""
    with engine.connect() as connection:
        sqlite = is_sqlite(engine.url)
        if sqlite:
            # A batch migration drops and renames tables, which must not cascade. SQLite hears this pragma only
            # between transactions, and SQLAlchemy would begin one: hence the bare connection.
            bare: Any = connection.connection.dbapi_connection
            bare.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield connection
        finally:
            if sqlite:
                bare.execute("PRAGMA foreign_keys=ON")


def _refuse_dangling(connection: Connection) -> None:
    """Undo everything if a row points to one that is not there. It reads every row that points to another, which takes
    seconds in a large shop, so only after a step."""
    if is_sqlite(connection.engine.url):
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise RuntimeError(f"{len(dangling)} rows would point nowhere now: {dangling[:5]}")


def upgrade(engine: Engine, revision: str = "head") -> bool:
    """Run the steps up to `revision`; returns whether there were any. Refuses a database from a newer version.

    At the newest revision the search indexes are brought in line with the models as well.
    """
    with _alone(engine) as connection:
        before, newest = stamped(connection), revisions().get_current_head()
        if before is not None and not is_known(before):
            raise DatabaseIsNewer(before)
        if before != newest:
            command.upgrade(configuration(connection), revision)
            _refuse_dangling(connection)
        after = stamped(connection)
        if after is not None and after == newest:
            search.install(connection, Record)
        return after != before


def downgrade(engine: Engine, revision: str) -> None:
    """Take the steps back down to `revision`; `base` leaves an empty database.

    The search indexes go too, since they follow the newest models; the older version's start makes its own.
    """
    with _alone(engine) as connection:
        _drop_search_indexes(connection)
        command.downgrade(configuration(connection), revision)
        _refuse_dangling(connection)


def revise(engine: Engine, message: str) -> None:
    """Write a script with the steps from the database as it is to the models as they are."""
    with _alone(engine) as connection:
        command.revision(configuration(connection), message=message, autogenerate=True, rev_id=next_revision())


def next_revision() -> str:
    """The name of a new revision: the minute it is written in, or the one after the newest, whichever is later, so
    that the folder reads in the order in which the steps are taken, whatever the clock of who wrote the last one."""
    stamps = [clock.now()]
    for script in revisions().walk_revisions():
        with contextlib.suppress(ValueError):
            stamps.append(datetime.strptime(script.revision, STAMP) + timedelta(minutes=1))
    return max(stamps).strftime(STAMP)


def _drop_search_indexes(connection: Connection) -> None:
    if not is_sqlite(connection.engine.url):
        return  # they are plain indexes there and go with their tables
    for kind, pattern in (("TRIGGER", "search_%"), ("TABLE", "search_%")):
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = ? AND name LIKE ? AND sql NOT LIKE ?",
            (kind.lower(), pattern, "CREATE TABLE '%")).scalars().all()
        for name in names:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')


def differences(connection: Connection) -> list[Any]:
    """Where the tables of the database differ from the models, as Alembic tells it; [] when they match."""
    context = MigrationContext.configure(connection, opts={
        "compare_type": True, "render_as_batch": True, "include_object": belongs})
    return compare_metadata(context, Record.metadata)


def belongs(item: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Whether a table or index is for migrations: search indexes are kept by `app.core.search` instead."""
    if reflected and kind in {"table", "index"}:
        return not (name or "").startswith("search_")
    return True
