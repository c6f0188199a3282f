"""Writing very many rows quickly: straight to the driver in batches, with ids handed out here.

When to use it: an import or a demo shop, hundreds of thousands of rows in one transaction. When not: anything a
person does; records are saved through the session, which checks, sanitises and audits them. Whoever writes here
keeps the models' rules alone, and tells the audit trail once (`app.core.changes.BulkChanged`).

    with BulkTable(connection, Order.__table__, ("id", "number", "placed_at")) as orders:
        orders.add((orders.take_id(), "2026-1", moment_value(placed_at)))

A row is a tuple of what both databases read without further thought: whole numbers, texts and None. Moments go
in as `moment_value` writes them, days as ISO text, choices by their value, JSON as text, yes and no as 1 and 0.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core import search

BATCH = 5000
"""Rows that are held before they are handed to the driver: enough to make the call cheap, too few to be noticed."""


def moment_value(moment: datetime) -> str:
    """A moment as both databases read it; it is how SQLAlchemy stores one on SQLite."""
    return moment.isoformat(" ", "microseconds")


def json_value(value: Any) -> str:
    """The value of a JSON column as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class BulkTable:
    """Takes rows for one table and writes them in batches; on PostgreSQL by COPY.

    Ids are handed out by `take_id`, ascending without gaps. For that, nobody else may add rows while this
    transaction lasts: on SQLite it is the only writer anyway, on PostgreSQL the table is locked against other
    writers (readers are not kept waiting). Where it is `shared`, others go on adding rows, and ids come from the
    database, a batch at a time. Rows that this table's rows point to stand in the tables `after` which it is written.
    """

    def __init__(self, connection: Connection, table: Table, columns: Sequence[str], *,
                 after: Sequence["BulkTable"] = (), batch: int = BATCH, shared: bool = False) -> None:
        self.table, self.columns, self.count = table, tuple(columns), 0
        self._connection, self._after, self._batch = connection, after, batch
        self._reserves = shared and connection.dialect.name != "sqlite"
        self._reserved: list[int] = []
        self._rows: list[tuple[Any, ...]] = []
        self._on_sqlite = connection.dialect.name == "sqlite"
        self._cursor: Any = connection.connection.cursor()
        names = ", ".join(f'"{name}"' for name in self.columns)
        if self._on_sqlite:
            self._statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(self.columns))})'
        else:
            if not shared:
                connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
            self._statement = f'COPY "{table.name}" ({names}) FROM STDIN'
        self._next_id = 1 + self._last_id() if "id" in self.columns and not self._reserves else 1

    def take_id(self) -> int:
        """The id for a new row."""
        if self._reserves:
            if not self._reserved:
                self._reserved = self._reserve()
            return self._reserved.pop()
        taken = self._next_id
        self._next_id += 1
        return taken

    def _last_id(self) -> int:
        """The highest id that a row has or, as far as SQLite remembers, ever had."""
        last = self._connection.scalar(select(func.max(self.table.c.id))) or 0
        if not self._on_sqlite:
            return last
        ever = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return max(last, self._connection.scalar(ever, {"table": self.table.name}) or 0)

    def _reserve(self) -> list[int]:
        """A batch of ids that nobody else will get, the first one last."""
        found = self._connection.execute(
            text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"),
            {"table": self.table.name, "count": self._batch})
        return sorted(found.scalars(), reverse=True)

    def add(self, row: tuple[Any, ...]) -> None:
        """One more row, its values in the order of `columns`."""
        self._rows.append(row)
        if len(self._rows) >= self._batch:
            self.flush()

    def flush(self) -> None:
        """Hand what is held to the database; an IntegrityError where it breaks a rule, another DBAPIError where a value
        cannot be."""
        if not self._rows:
            return
        for table in self._after:
            table.flush()
        try:
            self._write()
        except self._connection.dialect.loaded_dbapi.DatabaseError as error:
            # As it is known to whoever uses the session; see `app.core.database.explain`.
            is_rule = isinstance(error, self._connection.dialect.loaded_dbapi.IntegrityError)
            raise (IntegrityError if is_rule else DBAPIError)(self._statement, None, error) from error
        self.count += len(self._rows)
        self._rows.clear()

    def _write(self) -> None:
        if self._on_sqlite:
            self._cursor.executemany(self._statement, self._rows)
        else:
            with self._cursor.copy(self._statement) as copy:
                for row in self._rows:
                    copy.write_row(row)

    def close(self) -> None:
        """Write the rest, and let the database hand out ids after ours."""
        self.flush()
        self._cursor.close()
        if not self._on_sqlite and not self._reserves and "id" in self.columns and self._next_id > 1:
            self._connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"),
                {"table": self.table.name, "last": self._next_id - 1})

    def __enter__(self) -> "BulkTable":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._cursor.close()


@contextlib.contextmanager
def loading(connection: Connection, models: Sequence[Any]) -> Iterator[None]:
    """Make the tables of `models` quick to fill while very many rows are written; all is as before at the end.

    What would be done for each row is done once for all of them: on PostgreSQL foreign keys and secondary indexes are
    taken away and made anew (which checks every row), on SQLite the search index is rebuilt. The other indexes of
    SQLite stay, since it makes an index anew in memory. For tables that are empty or small beside what comes: with
    millions of rows there already, making everything anew costs more than it saves, and readers have to wait.
    """
    if connection.dialect.name == "sqlite":
        with _sqlite_loading(connection, models):
            yield
    else:
        with _postgresql_loading(connection, [model.__tablename__ for model in models]):
            yield


def refresh_statistics(connection: Connection, models: Sequence[Any]) -> None:
    """Let PostgreSQL plan by what the tables hold now, and not by what they held before they were filled; in time it
    would notice by itself."""
    if connection.dialect.name == "postgresql":
        for model in models:
            connection.exec_driver_sql(f'ANALYZE "{model.__tablename__}"')


@contextlib.contextmanager
def _sqlite_loading(connection: Connection, models: Sequence[Any]) -> Iterator[None]:
    triggers = [row for model in models for row in connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": model.__tablename__})]
    for trigger, _sql in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger}"')
    cache_size = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    # 128 MiB hold the leaves of all indexes that grow at once.
    connection.exec_driver_sql("PRAGMA cache_size = -131072")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {cache_size}")
    for model in models:
        index = search.fts_name(model)
        if connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": index}):
            connection.exec_driver_sql(f"INSERT INTO {index}({index}) VALUES ('rebuild')")
    for _trigger, sql in triggers:
        connection.exec_driver_sql(sql)


@contextlib.contextmanager
def _postgresql_loading(connection: Connection, names: list[str]) -> Iterator[None]:
    keys = connection.execute(text(
        "SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS definition "
        "FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(CAST(:names AS regclass[]))"),
        {"names": names}).all()
    indexes = connection.execute(text(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index "
        "WHERE indrelid = ANY(CAST(:names AS regclass[])) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"), {"names": names}).all()
    for key in keys:
        connection.exec_driver_sql(f'ALTER TABLE {key.owner} DROP CONSTRAINT "{key.name}"')
    for index in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
    yield
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for index in indexes:
        connection.exec_driver_sql(index.definition)
    for key in keys:
        connection.exec_driver_sql(f'ALTER TABLE {key.owner} ADD CONSTRAINT "{key.name}" {key.definition}')
