"""Columns that say once what they are: type, label, help and rule.

List, form, filter, export, import, audit and the API description all read the same line:

    price: Mapped[int] = money(_("Price"))

Whether a value may be missing is said by the annotation (`Mapped[str | None]`). What a column allows is
checked before every save by `app.core.db`, whoever saves: form, API, import or job; ranges are also CHECK
constraints in the database.
"""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column

from app.core.money import MAX_FEN

MAX_INTEGER = 2**31 - 1
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s.]+"
PHONE = r"\+?[0-9][0-9 \-]{4,18}"
URL = r"https?://[^\s<>\"']+"
JsonData = JSON().with_variant(JSONB(), "postgresql")


class Choice(enum.Enum):
    """A fixed list of answers, each with the words people see and, if wanted, the tone in which they are shown.

        class SupplierStatus(Choice):
            active = "active", _("Active"), "good"
            paused = "paused", _("Paused")

    Tones: `good`, `warn`, `bad`, `info`, and `plain`, which is the default. The first item is what is stored.
    """

    label: Any
    tone: str

    def __new__(cls, value: str, label: Any, tone: str = "plain") -> "Choice":
        member = object.__new__(cls)
        member._value_, member.label, member.tone = value, label, tone
        return member

    def __str__(self) -> str:
        return str(self.label)


def _column(
    kind: str,
    type_: Any,
    label: Any,
    *args: Any,
    help: Any = None,
    rule: dict[str, Any] | None = None,
    info: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    # active_history: the audit trail needs the old value even of an attribute that a commit has expired.
    told = {"kind": kind, "label": label, "help": help, **(rule or {}), **(info or {})}
    return mapped_column(type_, *args, info=told, active_history=True, **options)


def text(size: int, label: Any, *, pattern: str | None = None, help: Any = None, **options: Any) -> Any:
    """A line of at most `size` characters; `pattern` is a regular expression that the whole value matches."""
    return _column("text", String(size), label, help=help, rule={"size": size, "pattern": pattern}, **options)


def phone(label: Any, **options: Any) -> Any:
    """A telephone number."""
    return _column("phone", String(20), label, rule={"size": 20, "pattern": PHONE}, **options)


def email(label: Any, **options: Any) -> Any:
    """An e-mail address."""
    return _column("email", String(254), label, rule={"size": 254, "pattern": EMAIL}, **options)


def url(label: Any, *, size: int = 500, **options: Any) -> Any:
    """An http or https address."""
    return _column("url", String(size), label, rule={"size": size, "pattern": URL}, **options)


def long_text(label: Any, *, size: int = 20_000, **options: Any) -> Any:
    """Several lines of plain text."""
    return _column("long_text", Text, label, rule={"size": size}, **options)


def rich_text(label: Any, *, size: int = 200_000, **options: Any) -> Any:
    """Formatted text as HTML; it is sanitised before every save and again when shown."""
    return _column("rich_text", Text, label, rule={"size": size}, **options)


def integer(label: Any, *, min: int = -MAX_INTEGER, max: int = MAX_INTEGER, **options: Any) -> Any:
    """A whole number from `min` to `max`."""
    return _column("integer", Integer, label, rule={"min": min, "max": max}, **options)


def big_integer(label: Any, *, min: int = 0, max: int = 2**53, **options: Any) -> Any:
    """A whole number that outgrows 32 bits, such as a size in bytes."""
    return _column("integer", BigInteger, label, rule={"min": min, "max": max}, **options)


def decimal(
    label: Any, *, places: int = 2, digits: int = 12, min: float | None = None, max: float | None = None, **options: Any
) -> Any:
    """A decimal number that is not money, such as a weight."""
    limit = 10 ** (digits - places) - 1
    return _column(
        "decimal",
        Numeric(digits, places),
        label,
        rule={"min": -limit if min is None else min, "max": limit if max is None else max, "places": places},
        **options,
    )


def money(label: Any, *, min: int = 0, max: int = MAX_FEN, **options: Any) -> Any:
    """An amount in fen. Not negative unless `min` says so."""
    return _column("money", BigInteger, label, rule={"min": min, "max": max}, **options)


def yes_no(label: Any, *, default: bool = False, **options: Any) -> Any:
    """A question answered by yes or no."""
    return _column("yes_no", Boolean, label, default=default, **options)


def day(label: Any, **options: Any) -> Any:
    """A day of the calendar."""
    return _column("day", Date, label, **options)


def moment(label: Any, **options: Any) -> Any:
    """A moment, stored in UTC and shown on the shop's wall clock."""
    return _column("moment", DateTime, label, **options)


def choice(kind: type[Choice], label: Any, **options: Any) -> Any:
    """One of the answers of a `Choice`."""
    stored = Enum(kind, native_enum=False, length=32, values_callable=lambda answers: [a.value for a in answers])
    return _column("choice", stored, label, rule={"choices": kind}, **options)


def picture(label: Any, **options: Any) -> Any:
    """One picture: the key of an uploaded file (see `app.core.files`)."""
    return _column("picture", String(200), label, rule={"size": 200}, **options)


def pictures(label: Any, *, at_most: int = 20, **options: Any) -> Any:
    """An ordered gallery: a JSON list of the keys of uploaded files."""
    return _column("pictures", JsonData, label, rule={"max": at_most}, default=list, **options)


def words(label: Any, *, at_most: int = 10, each: int = 80, **options: Any) -> Any:
    """An ordered list of at most `at_most` short texts of `each` characters, stored as JSON and typed as `red / XL`."""
    return _column("words", JsonData, label, rule={"max": at_most, "each": each}, default=list, **options)


def json_data(label: Any, **options: Any) -> Any:
    """Structured data that has no columns of its own, as JSON."""
    return _column("json", JsonData, label, **options)


def reference(target: str, label: Any, *, on_delete: str = "RESTRICT", index: bool = True, **options: Any) -> Any:
    """The id of a row of table `target`. Declare the relationship beside it; it takes this label:

    category_id: Mapped[int] = reference("categories", _("Category"))
    category: Mapped["Category"] = relationship()
    """
    return _column(
        "reference",
        Integer,
        label,
        ForeignKey(f"{target}.id", ondelete=on_delete),
        rule={"target": target},
        index=index,
        **options,
    )


@event.listens_for(Column, "after_parent_attach")
def _bound_in_the_database(column: Column[Any], table: Any) -> None:
    """Ranges that a column declares also bind whoever writes past the ORM."""
    low, high = column.info.get("min"), column.info.get("max")
    if not isinstance(table, Table) or column.info.get("kind") not in {"integer", "money", "decimal"}:
        return
    if (low is not None and low > -MAX_INTEGER and column.info["kind"] != "decimal") or low == 0:
        table.append_constraint(CheckConstraint(f"{column.name} >= {low}", name=f"{column.name}_min"))
    if high is not None and high < MAX_INTEGER and column.info["kind"] == "integer":
        table.append_constraint(CheckConstraint(f"{column.name} <= {high}", name=f"{column.name}_max"))
