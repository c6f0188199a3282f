"""Record, the base of every table, with labelled columns and a check before every save.

A model declares its columns with the words of `app.core.columns` (re-exported here) and its own rules in
`check`; both hold for whoever saves: form, API, import or job.

    class Supplier(Record):
        \"\"\"A company we buy goods from.\"\"\"
        __tablename__ = "suppliers"
        name: Mapped[str] = text(80, _("Name"), unique=True)

        def check(self):
            if self.name.isdigit():
                raise InvalidInput({"name": _("A name has letters.")})
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from flask_appbuilder import Model
from sqlalchemy import Column, Index, Table, UniqueConstraint, event, inspect, update
from sqlalchemy.orm import LoaderCallableStatus, Mapped, Session, mapped_column, relationship

from app.core import clock
from app.core.columns import (
    Choice,
    big_integer,
    choice,
    day,
    decimal,
    email,
    integer,
    json_data,
    long_text,
    moment,
    money,
    phone,
    picture,
    pictures,
    reference,
    rich_text,
    text,
    url,
    words,
    yes_no,
)
from app.core.database import db, explain, reading, writing
from app.core.errors import InvalidInput
from app.core.html import sanitise
from app.core.i18n import LazyText, date_text, lazy_ngettext, number_text
from app.core.i18n import lazy as _
from app.core.money import money_text

__all__ = [
    "Choice", "Column", "Index", "Mapped", "Record", "Table", "UniqueConstraint", "big_integer", "choice", "day", "db",
    "decimal", "each", "email", "explain", "guarded_update", "integer", "json_data", "long_text", "mapped_column",
    "moment", "money", "outside", "phone", "picture", "pictures", "reading", "reference", "refusal", "relationship",
    "rich_text", "text", "url", "words", "writing", "yes_no",
]

Model.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@event.listens_for(Table, "before_parent_attach")
def _never_give_an_id_twice(table: Any, _metadata: Any) -> None:
    """SQLite gives the highest id again once its row is gone, unless it is told to remember. An id stands in the audit
    trail, in bookmarks and in the bin, and must not mean another row there."""
    if isinstance(table, Table):
        table.kwargs["sqlite_autoincrement"] = True


# NUL ends a text in C, and half of a surrogate pair has no UTF-8 form.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Record(Model):
    """A row with an id, the moments it was made and last changed, and rules that hold whoever saves it."""

    __abstract__ = True
    title_column: ClassVar[str] = "name"
    """The column by which people know a row: shown in lists of choices, links and page titles."""

    id: Mapped[int] = mapped_column(primary_key=True, info={"kind": "integer", "label": _("ID")}, sort_order=-3)
    created_at: Mapped[datetime] = mapped_column(
        default=clock.now, info={"kind": "moment", "label": _("Created")}, sort_order=98)
    updated_at: Mapped[datetime] = mapped_column(
        default=clock.now, onupdate=clock.now, info={"kind": "moment", "label": _("Updated")}, sort_order=99)

    def check(self) -> None:
        """Raise a BusinessError when this record breaks a rule of its own."""

    def __str__(self) -> str:
        title = getattr(self, self.title_column, None)
        return str(title) if title not in (None, "") else f"#{self.id}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


def check_columns(record: Record) -> None:
    """Hold every column's value against what its line allows; raises InvalidInput naming each bad field. Of a record
    that is stored already, the values that were set since."""
    refused: dict[str, Any] = {}
    state: Any = inspect(record)
    touched = state.committed_state if state.persistent else None
    for column in record.__mapper__.columns:
        if touched is not None and column.key not in touched:
            continue
        info = column.info
        if "kind" not in info or column.primary_key:
            continue
        value = getattr(record, column.key)
        if value is None or value == "":
            missing = not column.nullable and column.default is None and column.server_default is None
            if missing and not (value is None and _comes_from_a_relationship(record, column)):
                refused[column.key] = _("This field is required.")
            elif value == "" and column.nullable and info["kind"] != "json":
                setattr(record, column.key, None)
            continue
        message = refusal(info, value)
        if message is not None:
            refused[column.key] = message
        elif info["kind"] == "rich_text":
            clean = sanitise(value)
            if clean != value:
                setattr(record, column.key, clean)
    if refused:
        raise InvalidInput(refused)


def check_record(record: Record) -> None:
    """All that is held against a record before it is saved: its columns, and its own rules. Raises a BusinessError."""
    check_columns(record)
    record.check()


def _comes_from_a_relationship(record: Record, column: Column[Any]) -> bool:
    """Whether the foreign key is still to be filled by the flush from a related object."""
    for relation in record.__mapper__.relationships:
        if column in relation.local_columns and relation.direction.name == "MANYTOONE":
            if inspect(record).attrs[relation.key].loaded_value not in (None, LoaderCallableStatus.NO_VALUE):
                return True
    return False


def refusal(info: Mapping[str, Any], value: Any) -> Any:
    """Why `value` does not fit a column of this kind, or None."""
    kind = info["kind"]
    if kind in {"integer", "money", "reference"}:
        if isinstance(value, bool) or not isinstance(value, int):
            return _("This is not a whole number.")
    elif kind == "decimal":
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
            return _("This is not a number.")
    elif kind == "choice":
        return None if isinstance(value, info["choices"]) else _("This is not one of the choices.")
    elif kind == "yes_no":
        return None if isinstance(value, bool) else _("This is neither yes nor no.")
    elif kind == "day":
        if not isinstance(value, date) or isinstance(value, datetime):
            return _("This is not a day.")
    elif kind == "moment":
        if not isinstance(value, datetime) or value.tzinfo is not None:
            return _("This is not a date and time.")
    elif kind == "pictures":
        if not isinstance(value, list) or not all(isinstance(key, str) and len(key) <= 200 for key in value):
            return _("This is not a list of pictures.")
        if len(value) > info["max"]:
            return lazy_ngettext("There can be %(num)s picture at most.", "There can be %(num)s pictures at most.",
                                 info["max"])
        return None
    elif kind == "words":
        return _refused_words(info, value)
    elif kind == "json":
        return None
    elif not isinstance(value, str):
        return _("This is not a text.")
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            return _("This text has characters that cannot be stored.")
        if info.get("size") and len(value) > info["size"]:
            return _("This is longer than %(size)s characters.", size=info["size"])
        if info.get("pattern") and not re.fullmatch(info["pattern"], value):
            return _("This does not have the right form.")
        return None
    return outside(info, value)


def outside(info: Mapping[str, Any], value: Any) -> Any:
    """Why `value` lies beyond the limits of its column, which the answer names, or None."""
    least, most = info.get("min"), info.get("max")
    if least is not None and value < least:
        return _("This must be at least %(least)s.", least=LazyText(_limit_text, info, least))
    if most is not None and value > most:
        return _("This must be at most %(most)s.", most=LazyText(_limit_text, info, most))
    return None


def _limit_text(info: Mapping[str, Any], limit: Any) -> str:
    if isinstance(limit, date):
        return date_text(limit)
    if info["kind"] == "money":
        return money_text(limit)
    # As many decimals as the limit has: "0.5", and "100" of a weight that is kept to the gram.
    return number_text(limit, max(-Decimal(str(limit)).normalize().as_tuple().exponent, 0))  # type: ignore[operator]


def _refused_words(info: Mapping[str, Any], value: Any) -> Any:
    """Why `value` is no ordered list of short texts, or None."""
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        return _("This is not a list of texts.")
    if len(value) > info["max"]:
        return lazy_ngettext("There can be %(num)s value at most.", "There can be %(num)s values at most.", info["max"])
    if any(len(word) > info["each"] for word in value):
        return _("One of these is longer than %(size)s characters.", size=info["each"])
    return _("This text has characters that cannot be stored.") if any(map(_UNSTORABLE.search, value)) else None


@event.listens_for(Session, "before_flush")
def _check_before_save(session: Session, _context: Any, _instances: Any) -> None:
    for record in [*session.new, *session.dirty]:
        if isinstance(record, Record) and (record in session.new or session.is_modified(record)):
            with session.no_autoflush:
                check_record(record)


def guarded_update(model: type[Record], *guards: Any, **values: Any) -> int:
    """Change the rows for which all `guards` still hold, in one statement; the number of rows tells who won.

        won = guarded_update(Order, Order.id == 7, Order.status == OrderStatus.placed, status=OrderStatus.paid)

    Rows already loaded are refreshed. The audit trail hears of it as one change to many (`changes.BulkChanged`).
    """
    from app.core.changes import announce_bulk

    session = db.session()
    session.flush()
    statement = update(model).where(*guards).values(**values).execution_options(synchronize_session="fetch")
    count = session.execute(statement).rowcount
    if count:
        announce_bulk(model, values, count)
    return count


def each(records: Any) -> Iterator[Any]:
    """Give the records one by one and commit after each, so that what is done stays done.

    A record that is gone by the time its turn comes is passed over.
    """
    for model, record_id in [(type(record), record.id) for record in records]:
        record = db.session.get(model, record_id)
        if record is not None:
            yield record
            db.session.commit()
