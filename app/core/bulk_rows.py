"""Rows for the driver, made of values by name: for whoever writes very many beside a shop that goes on.

    rows = RowMaker(connection, AuditLine.__table__, ("record_id", "title"), at=now, action=AuditAction.added)
    with BulkTable(connection, AuditLine.__table__, rows.columns, shared=True) as lines:
        lines.add(rows.row({"record_id": 7, "title": "Cup"}))

Each value is bound as its column's type binds it, and columns that nobody names get their defaults, as in a save.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, Column, ColumnElement, Connection, Dialect, Table, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

Binder = Callable[[Any], Any]


def binder(column: Column[Any], dialect: Dialect) -> Binder | None:
    """What makes a value of this column one for the driver; None where it is one already."""
    kind = column.type.dialect_impl(dialect)
    if isinstance(kind, JSON):
        return json_text
    return kind.bind_processor(dialect)


def json_text(value: Any) -> str:
    """The value of a JSON column as text; None is JSON's own null, as in a save."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


class RowMaker:
    """Makes rows of one table of values by name. `names` differ from row to row, `same` are those that do not."""

    def __init__(self, connection: Connection, table: Table, names: Sequence[str], **same: Any) -> None:
        dialect = connection.dialect
        self._given = [(name, binder(table.c[name], dialect)) for name in names]
        filled: dict[str, Any] = {column.name: column.default for column in table.c
                                  if column.default is not None and column.name not in {*names, *same}}
        constant = same | {name: default.arg for name, default in filled.items() if default.is_scalar}
        made = {name: default.arg for name, default in filled.items() if default.is_callable}
        self._same = tuple(_bound(value, binder(table.c[name], dialect)) for name, value in constant.items())
        self._made = [(make, binder(table.c[name], dialect)) for name, make in made.items()]
        self.columns = (*names, *constant, *made)

    def row(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """One row, its values in the order of `columns`."""
        given = [values[name] if bind is None else bind(values[name]) for name, bind in self._given]
        made = [_bound(make(None), bind) for make, bind in self._made]
        return (*given, *self._same, *made)


def _bound(value: Any, bind: Binder | None) -> Any:
    return value if bind is None else bind(value)


def one_of(column: Any, values: Collection[Any], dialect: str) -> ColumnElement[bool]:
    """Whether a column has one of very many values, whole numbers or texts. They are one parameter, and a relation to
    be joined: held against a list of two thousand parameters, PostgreSQL would compare each row with each of them."""
    if dialect == "sqlite":
        listed: Any = select(func.json_each(json_text(list(values))).table_valued("value").c.value)
    else:
        listed = select(func.unnest(cast(list(values), ARRAY(column.type))).column_valued())
    return column.in_(listed)


def look_up_by_key(connection: Connection) -> None:
    """Let PostgreSQL find thousands of values by the plain index of their column until this transaction ends. In a
    table that has just begun to grow it takes the search index for as good, whose latest entries it reads one by
    one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")


def update_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Give the rows of these ids other values. Each of `rows` is an id and then the values of `names`, not bound yet.

    On PostgreSQL one statement carries all of them; by one for each, as SQLite does it best, it would spend most of its
    time on the way there and back."""
    if not rows:
        return
    dialect = connection.dialect
    binders = [binder(table.c[name], dialect) for name in names]
    bound = [(row[0], *(_bound(value, bind) for value, bind in zip(row[1:], binders, strict=True))) for row in rows]
    if dialect.name == "sqlite":
        changes = ", ".join(f'"{name}" = ?' for name in names)
        connection.exec_driver_sql(f'UPDATE "{table.name}" SET {changes} WHERE id = ?',
                                   [(*values, row_id) for row_id, *values in bound])
        return
    kinds = ["bigint", *("text" if isinstance(table.c[name].type, JSON) else table.c[name].type.compile(dialect)
                         for name in names)]
    sources = ", ".join(f"%s::{kind.split('(')[0]}[]" for kind in kinds)
    changes = ", ".join(f'"{name}" = v."{name}"' + ("::jsonb" if isinstance(table.c[name].type, JSON) else "")
                        for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    connection.exec_driver_sql(
        f'UPDATE "{table.name}" SET {changes} FROM unnest({sources}) AS v(row_id, {columns}) '
        f'WHERE "{table.name}".id = v.row_id', tuple(map(list, zip(*bound, strict=True))))
