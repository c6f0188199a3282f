"""The connection to the database: SQLite through the `pysqlite3` wheel, or PostgreSQL, by configuration.

SQLite runs in WAL with foreign keys on and every commit flushed to disk. A transaction that may write
begins as `BEGIN IMMEDIATE`, so that it waits for its turn at its start instead of failing halfway; a request
that only reads (GET, HEAD, OPTIONS) and everything inside `reading()` begins as a plain snapshot and never
waits for a writer. A read that turns out to need a small write of its own opens it with `writing()`.

On PostgreSQL what only reads has no transaction until it does something else: under READ COMMITTED, where every
statement has a snapshot of its own, one would change nothing. It would cost two more trips to the server, and the
driver forgets all prepared statements when it rolls back, so that every query would be planned anew.
"""

from __future__ import annotations

import contextlib
import contextvars
import re
import select
from collections.abc import Iterator
from typing import Any

from flask import Flask, has_request_context, request
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import Connection, Engine, MetaData, Table, event
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.errors import BusinessError, InUse, InvalidInput, Taken
from app.core.i18n import lazy as _

db = get_sqla_class()()

_intent: contextvars.ContextVar[str | None] = contextvars.ContextVar("houtai_transaction_intent", default=None)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
BUSY_TIMEOUT_SECONDS = 30
READS, SNAPSHOT = "houtai_reads", "houtai_snapshot"
"""Mark a connection of PostgreSQL that was taken to read only, or to read everything as of one moment."""


@contextlib.contextmanager
def reading(*, one_snapshot: bool = False) -> Iterator[None]:
    """Transactions begun inside only read; on SQLite they never wait for a writer. With `one_snapshot` all queries of
    such a transaction see the same moment, as they do on SQLite in any case."""
    token = _intent.set("snapshot" if one_snapshot else "read")
    try:
        yield
    finally:
        _intent.reset(token)


@contextlib.contextmanager
def writing(*, patience: float | None = None) -> Iterator[Connection]:
    """A small transaction of its own on a connection of its own: committed at the end, rolled back on an error.

    With `patience` it waits only so many seconds for another writer, then fails with SQLAlchemy's DBAPIError; for
    writes that may as well be left to somebody else.
    """
    token = _intent.set("write")
    try:
        with db.engine.connect() as connection, _patient(connection, patience), connection.begin():
            if patience is not None and connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience * 1000)}")
            yield connection
    finally:
        _intent.reset(token)


@contextlib.contextmanager
def _patient(connection: Connection, seconds: float | None) -> Iterator[None]:
    """SQLite takes its lock as the transaction begins, so how long it waits is said before."""
    if seconds is None or connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")


def _only_reads() -> bool:
    intent = _intent.get()
    if intent is not None:
        return intent != "write"
    return has_request_context() and request.method in SAFE_METHODS


def is_sqlite(url: Any) -> bool:
    return str(url).startswith("sqlite")


def configure(app: Flask) -> None:
    """Set `SQLALCHEMY_ENGINE_OPTIONS` for the database that `SQLALCHEMY_DATABASE_URI` names."""
    options: dict[str, Any] = dict(app.config.get("SQLALCHEMY_ENGINE_OPTIONS") or {})
    if is_sqlite(app.config["SQLALCHEMY_DATABASE_URI"]):
        # Python's own sqlite3 may carry a library with the WAL-reset race; the wheel brings a mended one.
        import pysqlite3

        options.setdefault("module", pysqlite3)
        options.setdefault("connect_args", {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False})
    else:
        # A statement that is asked for the fifth time is planned once and kept; a pgbouncer before 1.21 in transaction
        # mode would mix the kept ones up, for which there is a setting.
        kept = {} if app.config["DATABASE_PREPARED"] else {"prepare_threshold": None}
        options.setdefault("connect_args", {"options": "-c timezone=UTC", **kept})
    options.setdefault("pool_size", 8)
    options.setdefault("max_overflow", 24)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options


def set_up_engine(engine: Engine) -> None:
    """Attach to an engine: the pragmas of SQLite, the look at a kept connection of PostgreSQL, the begin modes of
    both."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkout", refuse_if_hung_up)
        event.listen(engine, "checkout", read_without_transaction)
        event.listen(engine, "before_cursor_execute", begin_where_it_matters)
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see on_begin
        connection.create_function("char_prefix_end", 1, prefix_end, deterministic=True)
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
            "temp_store=MEMORY",
            "cache_size=-32000",
            "mmap_size=268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if _only_reads() else "BEGIN IMMEDIATE")


def refuse_if_hung_up(connection: Any, _entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Have a connection replaced whose server has gone, such as after a restart.

    A server that hangs up says so on the wire, and an idle connection has nothing else to read: one look at the
    socket instead of the question and answer that the pool's own ping costs at every request."""
    if not connection.closed:
        socket = select.poll()
        socket.register(connection.fileno(), select.POLLIN)
        if not socket.poll(0):
            return
    raise DisconnectionError("The server has hung up.")


def read_without_transaction(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """PostgreSQL: each statement of a connection that is taken to read stands for itself, unless all are to see one
    moment."""
    is_snapshot = _intent.get() == "snapshot"
    reads = _only_reads() and not is_snapshot
    if reads or entry.info.get(READS):
        entry.info[READS] = connection.autocommit = reads
    if is_snapshot or entry.info.get(SNAPSHOT):
        from psycopg import IsolationLevel

        entry.info[SNAPSHOT] = is_snapshot
        connection.isolation_level = IsolationLevel.REPEATABLE_READ if is_snapshot else None


def begin_where_it_matters(connection: Connection, cursor: Any, statement: str, _parameters: Any, context: Any,
                           _many: bool) -> None:
    """PostgreSQL: begin the transaction that was saved, before what may write or lock or is read in portions."""
    if not connection.info.get(READS):
        return
    compiled = getattr(context, "compiled", None)
    plain = compiled is not None and compiled.statement is not None and compiled.statement.is_select
    # FOR is looked for in the text, for whoever it stands in a part of; a word too many costs a BEGIN.
    if not plain or " FOR " in statement or hasattr(cursor, "scrollable"):
        connection.info[READS] = False
        cursor.connection.autocommit = False


def prefix_end(text: str) -> str:
    """The first string after all strings that begin with `text`, so that a prefix search is a range on an index."""
    return text + "\U0010ffff"


def unique_columns(error: IntegrityError, metadata: MetaData) -> list[str]:
    """The columns of the unique rule that was broken, or [] where the error is of another kind."""
    text = str(error.orig)
    found = re.search(r"UNIQUE constraint failed: (.+)", text)
    if found:
        return [name.strip().split(".")[-1] for name in found.group(1).split(",") if "index '" not in name]
    diagnosis = getattr(error.orig, "diag", None)
    if getattr(error.orig, "sqlstate", None) == "23505" and diagnosis is not None:
        table = metadata.tables.get(diagnosis.table_name or "")
        return _columns_of_rule(table, diagnosis.constraint_name) if table is not None else []
    return []


def _label(error: IntegrityError, metadata: MetaData, column: str) -> Any:
    """What people call the column of a broken rule, or None."""
    found = re.search(r"constraint failed: (\w+)\.", str(error.orig))
    name = found.group(1) if found else getattr(getattr(error.orig, "diag", None), "table_name", None)
    table = metadata.tables.get(name or "")
    return table.columns[column].info.get("label") if table is not None and column in table.columns else None


def _columns_of_rule(table: Table, name: str | None) -> list[str]:
    rules: list[Any] = [*table.constraints, *table.indexes]
    for rule in rules:
        if rule.name == name:
            return [column.name for column in rule.columns]
    for column in table.columns:
        if column.unique and name and column.name in name:
            return [column.name]
    return []


def explain(error: IntegrityError) -> BusinessError:
    """A database's refusal as one of ours, naming the field where the database tells; no SQL is repeated."""
    from app.core.db import Record

    columns = unique_columns(error, Record.metadata)
    if columns:
        return Taken(field=columns[-1], label=_label(error, Record.metadata, columns[-1]))
    text = str(error.orig).lower()
    if "foreign key" in text:
        return InUse(_("Other records depend on this, or it points to a record that does not exist."))
    if "not null" in text or "null value" in text:
        found = re.search(r"(?:failed: \w+\.|column \")(\w+)", str(error.orig))
        return InvalidInput({found.group(1): _("This field is required.")} if found else {})
    return InvalidInput(message=_("The database refused this: a value is outside what is allowed."))
