"""What hangs on a record: the rows that keep it from being deleted, and those that go with it.

Read from the foreign keys of the metadata, so a new table is known here as soon as it points to something. Rows whose
foreign key says `ON DELETE CASCADE` go along, and what points to those is asked about as well; `SET NULL` neither holds
nor goes; every other rule holds. One question to the database, in which no count goes beyond MOST.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select

from app.core.db import Record, db

MOST = 1000
"""Counting ends here; beyond it people want to know only that there are many."""


@dataclass(frozen=True)
class Dependents:
    """So many rows of a table; `is_more` where there are more than were counted."""

    table: str
    count: int
    is_more: bool


def holding(table: Table, key: Any) -> list[Dependents]:
    """The rows that point to this one, or to what would go with it, and keep it from being deleted."""
    return _count([(other, condition) for other, condition, goes in _walk(table, table.c.id == key, {table.name})
                   if not goes])


def going_along(table: Table, key: Any) -> list[Dependents]:
    """The rows that are deleted with this one."""
    return _count(list(taken_along(table, table.c.id == key)))


def taken_along(table: Table, condition: ColumnElement[bool]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The tables, and which of their rows, that are deleted with those of `table` on which `condition` holds."""
    for other, points, goes in _walk(table, condition, {table.name}):
        if goes:
            yield other, points


def _walk(table: Table, condition: ColumnElement[bool], seen: set[str]) -> Iterator[
        tuple[Table, ColumnElement[bool], bool]]:
    """Tables with rows that point to those of `table` on which `condition` holds, and whether they go along."""
    for other in Record.metadata.sorted_tables:
        for foreign in sorted(other.foreign_keys, key=lambda each: each.parent.name):
            rule = (foreign.ondelete or "").upper()
            if foreign.column.table is not table or rule in {"SET NULL", "SET DEFAULT"}:
                continue
            points = foreign.parent.in_(select(foreign.column).where(condition))
            yield other, points, rule == "CASCADE"
            if rule == "CASCADE" and other.name not in seen and "id" in other.c:
                yield from _walk(other, points, seen | {other.name})


def _count(wanted: list[tuple[Table, ColumnElement[bool]]]) -> list[Dependents]:
    if not wanted:
        return []
    counts = [
        select(func.count()).select_from(_some(other, condition).subquery()).scalar_subquery()
        for other, condition in wanted]
    found: dict[str, int] = {}
    for (other, _condition), count in zip(wanted, db.session.execute(select(*counts)).one(), strict=True):
        found[other.name] = max(found.get(other.name, 0), count)
    return [Dependents(name, min(count, MOST), count > MOST) for name, count in found.items() if count]


def _some(table: Table, condition: ColumnElement[bool]) -> Select[Any]:
    return select(literal_column("1")).select_from(table).where(condition).limit(MOST + 1)
