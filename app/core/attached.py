"""Rows that hang on a record of any table, by the table's name and the record's id: where no foreign key can point.

    class Comment(Record):
        __table_args__ = (Index(None, "table_name", "record_id"), {"info": {ATTACHED: ("table_name", "record_id")}})

They go with their record as if a foreign key said `ON DELETE CASCADE`: whenever the session deletes the record, or one
that takes it along, and the recycle bin keeps them and puts them back (`app.core.bin`). A statement that deletes past
the session takes nothing along; what it leaves behind is never shown again, since no id is given twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, delete, event, inspect, or_, select
from sqlalchemy.orm import Session

from app.core import dependents
from app.core.db import Record

ATTACHED = "attached"
"""The key in a table's `info`: the columns that hold the name of a table and the id of its row."""
AT_ONCE = 500
"""Ids in one question to the database: below what any of them takes as parameters."""


@dataclass(frozen=True)
class Attached:
    """A table whose rows hang on records of other tables."""

    table: Table
    name: Column[str]
    key: Column[int]

    def to(self, table: Table, keys: Any) -> ColumnElement[bool]:
        """Its rows that hang on the rows of `table` with these ids: a list, or a select."""
        return and_(self.name == table.name, self.key.in_(keys))


def attached_tables() -> list[Attached]:
    """All such tables."""
    return [Attached(table, table.c[table.info[ATTACHED][0]], table.c[table.info[ATTACHED][1]])
            for table in Record.metadata.tables.values() if ATTACHED in table.info]


def hangs_loosely(table: Table) -> bool:
    """Whether the rows of this table hang on a record by its name and id, or belong to such rows."""
    return ATTACHED in table.info or any(ATTACHED in foreign.column.table.info for foreign in table.foreign_keys)


def bites(ids: list[Any]) -> Iterator[list[Any]]:
    """The ids, some at a time."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start:start + AT_ONCE]


@event.listens_for(Session, "before_flush")
def _take_along(session: Session, _context: Any, _instances: Any) -> None:
    """Before the records go, while it can still be found out which others they take along."""
    gone: dict[Table, list[Any]] = {}
    for record in session.deleted:
        table = inspect(record).mapper.local_table
        if isinstance(table, Table) and "id" in table.c and not hangs_loosely(table):
            gone.setdefault(table, []).append(inspect(record).identity[0])
    for table, ids in gone.items():
        for some in bites(ids):
            for each in attached_tables():
                session.execute(delete(each.table).where(or_(*_on_these(each, table, some)))
                                .execution_options(synchronize_session=False))


def _on_these(each: Attached, table: Table, ids: list[Any]) -> Iterator[ColumnElement[bool]]:
    yield each.to(table, ids)
    for other, condition in dependents.taken_along(table, table.c.id.in_(ids)):
        if "id" in other.c and not hangs_loosely(other):
            yield each.to(other, select(other.c.id).where(condition))
