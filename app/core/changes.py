"""What was changed, told as facts in the transaction that changes it; the audit trail listens.

For every saved record a `RecordChanged` says what happened and, for each column, the value before and after in
a form that JSON can hold. A statement that changes many rows at once says so as a `BulkChanged`. A model
keeps out of the trail with `__audited__ = False` (machinery such as job rows), a column with
`info={"secret": True}` is told as changed without its values, and one with `info={"untold": True}`, such as the moment
of the change itself, is not told at all.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, event, inspect
from sqlalchemy.orm import Session, attributes
from sqlalchemy.orm.attributes import History
from sqlalchemy.orm.base import PassiveFlag

from app.core.columns import Choice
from app.core.events import publish

SECRET = "•••"
PLAIN = frozenset({str, int, bool, float, list, dict})
_restoring: contextvars.ContextVar[bool] = contextvars.ContextVar("houtai_restoring", default=False)
_taken_back: contextvars.ContextVar[tuple[Any, datetime] | None] = contextvars.ContextVar(
    "houtai_taken_back", default=None)


@contextlib.contextmanager
def restoring() -> Iterator[None]:
    """Records that are added inside are not new: they come back."""
    token = _restoring.set(True)
    try:
        yield
    finally:
        _restoring.reset(token)


@contextlib.contextmanager
def taking_back(record: Any, moment: datetime) -> Iterator[None]:
    """The change of `record` that is made inside gives it values that it had before `moment`."""
    token = _taken_back.set((record, moment))
    try:
        yield
    finally:
        _taken_back.reset(token)


@dataclass(frozen=True)
class RecordChanged:
    """One record was `added`, `edited`, `deleted` or, from the bin, `restored`; `changes` is column to
    [before, after]. `back_to` is the moment before which an edited record had the values that it was given again."""

    action: str
    table: str
    record_id: int | None
    title: str
    changes: dict[str, list[Any]] = field(default_factory=dict)
    back_to: datetime | None = None


@dataclass(frozen=True)
class RecordsChanged:
    """Many records of `table` were changed past the session, each in a way of its own; who listens to `RecordChanged`
    has to hear of these as well."""

    table: str
    changes: list[RecordChanged]


@dataclass(frozen=True)
class BulkChanged:
    """`count` rows of `table` were given `values` by one statement."""

    table: str
    count: int
    values: dict[str, Any]


def plain(value: Any) -> Any:
    """A column's value as JSON can hold it."""
    if value is None or type(value) in PLAIN:
        return value
    if isinstance(value, Choice):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str | int | float | list | dict):
        return value
    return str(value)


def typed(column: Column[Any], value: Any) -> Any:
    """The reverse of `plain`, for a value of this column."""
    if value is None:
        return None
    choices = column.info.get("choices")
    if choices is not None:
        return choices(value)
    try:
        wanted = column.type.python_type
    except NotImplementedError:  # JSON
        return value
    if wanted is datetime:
        return datetime.fromisoformat(value)
    if wanted is date:
        return date.fromisoformat(value)
    return Decimal(value) if wanted is Decimal else value


def announce_bulk(model: Any, values: dict[str, Any], count: int) -> None:
    """Tell that one statement changed many rows."""
    if getattr(model, "__audited__", True):
        publish(BulkChanged(model.__tablename__, count, {key: plain(value) for key, value in values.items()}))


def announce_each(model: Any, changes: list[RecordChanged]) -> None:
    """Tell what became of each of many records that were written past the session."""
    if changes and getattr(model, "__audited__", True):
        publish(RecordsChanged(model.__tablename__, changes))


def change_of(record: Any, name: str) -> History:
    """What was `added` to an attribute of a record and `deleted` from it since it was read; nothing is fetched for it.

    The usual way, `inspect(record).attrs`, makes an object for each of all attributes first, which for an order takes
    as long as two queries."""
    return attributes.get_history(record, name, PassiveFlag.PASSIVE_NO_INITIALIZE)


def _changes(record: Any, whole: bool) -> dict[str, list[Any]]:
    state = inspect(record)
    touched = None if whole else state.committed_state
    found: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        if touched is not None and attribute.key not in touched:
            continue
        column = attribute.columns[0]
        if column.primary_key or attribute.key in {"created_at", "updated_at"} or column.info.get("untold"):
            continue
        history = change_of(record, attribute.key)
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if not (history.has_changes() if not whole else after is not None) or before == after:
            continue
        secret = column.info.get("secret")
        found[attribute.key] = [SECRET, SECRET] if secret else [plain(before), plain(after)]
    for relation in state.mapper.relationships:
        if relation.secondary is None or relation.viewonly or (touched is not None and relation.key not in touched):
            continue
        history = change_of(record, relation.key)
        if history.has_changes():
            found[relation.key] = [sorted(map(str, history.deleted)), sorted(map(str, history.added))]
    return found


@event.listens_for(Session, "after_flush")
def _tell(session: Session, _context: Any) -> None:
    came, taken_back = "restored" if _restoring.get() else "added", _taken_back.get()
    for action, records in ((came, session.new), ("edited", session.dirty), ("deleted", session.deleted)):
        for record in list(records):
            if not hasattr(record, "__tablename__") or not getattr(record, "__audited__", True):
                continue
            changes = {} if action == "deleted" else _changes(record, whole=action == came)
            if action == "edited" and not changes:
                continue
            back_to = taken_back[1] if taken_back is not None and taken_back[0] is record else None
            publish(RecordChanged(action, record.__tablename__, getattr(record, "id", None), str(record), changes,
                                  back_to))
