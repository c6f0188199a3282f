"""The recycle bin: what staff delete is kept for a while and can be put back as it was.

    throw_away(product)        # keeps the row and all that the database deletes with it; the caller deletes
    restore(entry)             # puts everything back, with the same ids

A row takes others with it when it goes: rows whose foreign key says `ON DELETE CASCADE` are deleted, those that say
`SET NULL` lose their reference. Both are noted, and both come back; so does what hangs on a row by its name and id
(`app.core.attached`). Rows are put back as records, so that every rule
holds, every listener hears of it and the audit trail tells it; what has been taken in the meantime (a unique number, a
row that is pointed to) is a BusinessError, and then nothing is restored.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, inspect, select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.actor import current_actor
from app.core.attached import attached_tables, bites, hangs_loosely
from app.core.changes import plain, restoring, typed
from app.core.database import db, explain
from app.core.db import Index, Mapped, Record, big_integer, json_data, moment, text
from app.core.errors import BusinessError, NotFound
from app.core.i18n import lazy as _

TITLE_SIZE = 200


class BinEntry(Record):
    """One record that was deleted, with all that went with it. `content` is a list of `[table, values]` in the order in
    which they can be put back; `detached` of `[table, column, value, ids]` for rows that lost their reference."""

    __tablename__ = "bin_entries"
    __table_args__ = (Index(None, "table_name", "id"), Index(None, "deleted_at"))
    __audited__ = False
    title_column = "title"
    table_name: Mapped[str] = text(64, _("Kind of record"))
    record_id: Mapped[int] = big_integer(_("ID"))
    title: Mapped[str] = text(TITLE_SIZE, _("Record"))
    deleted_by: Mapped[str] = text(100, _("Deleted by"))
    deleted_by_id: Mapped[int | None] = big_integer(_("Deleted by (ID)"))
    deleted_at: Mapped[datetime] = moment(_("Deleted at"), default=clock.now)
    content: Mapped[Any] = json_data(_("Content"), info={"secret": True})
    detached: Mapped[Any] = json_data(_("Detached"), info={"secret": True})

    @property
    def companions(self) -> int:
        """How many rows went with it."""
        return len(self.content) - 1


def throw_away(record: Any) -> BinEntry:
    """Keep a record that is about to be deleted, in the transaction that deletes it."""
    db.session.flush()
    table, key = record.__table__, inspect(record).identity[0]
    rows: list[list[Any]] = []
    detached: list[list[Any]] = []
    _collect(table, table.c.id.in_([key]), rows, detached)
    entry = BinEntry(
        table_name=table.name, record_id=key, title=str(record)[:TITLE_SIZE], deleted_by=str(current_actor())[:100],
        deleted_by_id=current_actor().id,
        content=rows, detached=detached)
    db.session.add(entry)
    return entry


def restore(entry: BinEntry) -> Any:
    """Put back what an entry holds and take the entry out of the bin; gives the record. A BusinessError says why not.
    The edge commits."""
    title = entry.title
    with db.session.no_autoflush:
        if db.session.execute(delete(BinEntry).where(BinEntry.id == entry.id)).rowcount != 1:  # type: ignore[attr-defined]
            raise NotFound(_("“%(title)s” is no longer in the recycle bin."), title=title)
    try:
        with restoring():
            for name, values in entry.content:
                table = Record.metadata.tables[name]
                if not hangs_loosely(table) or _still_belongs(table, values):
                    _put_back(table, values)
            db.session.flush()
            for name, column, value, ids in entry.detached:
                _point_again(Record.metadata.tables[name], column, value, ids)
    except IntegrityError as error:
        raise BusinessError(_("“%(title)s” cannot be restored: %(reason)s"), title=title,
                            reason=explain(error)) from error
    except BusinessError as error:
        raise BusinessError(_("“%(title)s” cannot be restored: %(reason)s"), title=title, reason=error) from error
    return db.session.get(_model_of(Record.metadata.tables[entry.table_name]), entry.record_id)


def forget_before(oldest: datetime, at_most: int) -> int:
    """Delete for good what was thrown away before `oldest` (UTC); how many entries."""
    chosen = select(BinEntry.id).where(BinEntry.deleted_at < oldest).limit(at_most)
    return db.session.execute(delete(BinEntry).where(BinEntry.id.in_(chosen.scalar_subquery()))).rowcount  # type: ignore[attr-defined]


def _collect(table: Table, condition: ColumnElement[bool], rows: list[list[Any]], detached: list[list[Any]]) -> None:
    """The rows of `table` on which `condition` holds, and those that go or change when they go."""
    found = db.session.execute(select(table).where(condition).order_by(*table.primary_key.columns)).mappings().all()
    seen = {(name, values.get("id")) for name, values in rows if "id" in values}
    new = [row for row in found if "id" not in table.c or (table.name, row["id"]) not in seen]
    rows += [[table.name, {each.name: plain(row[each.name]) for each in table.c}] for row in new]
    if not new or "id" not in table.c:
        return
    keys = [row["id"] for row in new]
    for other, foreign, rule in _pointing_to(table):
        if rule == "CASCADE":
            for some in bites(keys):
                _collect(other, foreign.in_(some), rows, detached)
        elif rule == "SET NULL":
            for some in bites(keys):
                pairs = db.session.execute(select(foreign, other.c.id).where(foreign.in_(some)).order_by(other.c.id))
                grouped: dict[Any, list[int]] = {}
                for value, row_id in pairs:
                    grouped.setdefault(value, []).append(row_id)
                detached += [[other.name, foreign.name, value, row_ids] for value, row_ids in grouped.items()]
    if not hangs_loosely(table):
        for each in attached_tables():
            for some in bites(keys):
                _collect(each.table, each.to(table, some), rows, detached)


def _pointing_to(table: Table) -> Iterator[tuple[Table, Column[Any], str]]:
    for other in Record.metadata.sorted_tables:
        for foreign in other.foreign_keys:
            if foreign.column.table is table:
                yield other, foreign.parent, (foreign.ondelete or "").upper()


def _still_belongs(table: Table, values: dict[str, Any]) -> bool:
    """Let go of whom these values point to and who is no more, as the database would have done; False if the row would
    have gone with them. A user who wrote a comment and has been deleted since keeps no record from coming back."""
    for foreign in table.foreign_keys:
        target, value = foreign.column, values.get(foreign.parent.name)
        if value is None or hangs_loosely(target.table):
            continue
        if db.session.execute(select(target).where(target == value)).first() is None:
            if (foreign.ondelete or "").upper() == "CASCADE":
                return False
            values[foreign.parent.name] = None
    return True


def _put_back(table: Table, values: dict[str, Any]) -> None:
    found = {name: typed(table.c[name], value) for name, value in values.items() if name in table.c}
    model = _model_of(table)
    if model is None:
        db.session.flush()
        db.session.execute(table.insert().values(found))
        return
    mapper = inspect(model)
    db.session.add(model(**{mapper.get_property_by_column(table.c[name]).key: value for name, value in found.items()}))


def _point_again(table: Table, column: str, value: Any, ids: list[int]) -> None:
    """Give rows their reference back, unless they have got another since."""
    for some in bites(ids):
        db.session.execute(update(table).where(table.c.id.in_(some), table.c[column].is_(None)).values({column: value}))


def _model_of(table: Table) -> Any:
    return next((mapper.class_ for mapper in Record.registry.mappers if mapper.local_table is table), None)
