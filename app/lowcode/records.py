"""The records of a screen by their ids: only those among its rows, whatever an address names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from app.core.database import db
from app.core.errors import NotFound
from app.lowcode.fields import is_one_of, parse_id, primary_key

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def row_of(screen: "Screen", raw: Any, *columns: Any, to_change: bool = False) -> Any:
    """A row of the record with this id and of `columns`; NotFound if it is not among the rows of the screen.

    `to_change` reads the record as it is now and keeps it so until the end of the transaction, so that what was judged
    is what is written. On PostgreSQL it takes the lock that an UPDATE takes, which lets others add rows that point to
    it; on SQLite a request that may write has had the only lock since it began.
    """
    try:
        key = parse_id(raw)
    except ValueError:
        raise NotFound() from None
    statement, conditions = _statement(screen, columns, to_change), screen.row_conditions()
    row = db.session.execute(statement.where(*conditions) if conditions else statement, {"key": key}).first()
    if row is None:
        raise NotFound()
    return row


def _statement(screen: "Screen", columns: tuple[Any, ...], to_change: bool) -> Any:
    """The query for a record and `columns`, which are the same objects at every call: made once, since putting it
    together takes longer than asking it."""
    kept: dict[Any, Any] = vars(screen).setdefault("_row_statements", {})
    found = kept.get((columns, to_change))
    if found is None:
        found = select(screen.model, *columns).where(primary_key(screen.model) == bindparam("key"))
        if to_change:
            found = found.with_for_update(of=screen.model, key_share=True).execution_options(populate_existing=True)
        kept[columns, to_change] = found
    return found


def several(screen: "Screen", raws: list[Any]) -> list[Any]:
    """The records with these ids, in this order; NotFound if one is not among the rows of the screen."""
    try:
        ids = list(dict.fromkeys(parse_id(raw) for raw in raws))
    except ValueError:
        raise NotFound() from None
    key = primary_key(screen.model)
    found = {
        getattr(record, key.key): record
        for record in db.session.scalars(select(screen.model).where(is_one_of(key, ids), *screen.row_conditions()))
    }
    if not ids or len(found) != len(ids):
        raise NotFound()
    return [found[record_id] for record_id in ids]
