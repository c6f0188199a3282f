"""What narrows a list: the filters in its address, as conditions for SQL and as chips for people.

An address says `f.status=paid&f.status=shipped` (any of these), `f.placed_at.from=2026-08-01` and `f.total.to=100`
(a range, ends included; a day includes its whole day), `f.name=abc` (begins with or contains), `f.member=7`, and
`f.brand=none` (empty). A filter on a column that the screen does not offer, or a value that cannot be read, is
refused with a message that names it: silently ignoring it would show rows that were not asked for. A page keeps the
value that cannot be read as a `Mistake` beside its filter, to be mended there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, or_, select
from werkzeug.datastructures import MultiDict

from app.core import clock, search
from app.core.database import db
from app.core.db import refusal
from app.core.errors import BadRequest
from app.core.i18n import lazy as _
from app.core.i18n import listed
from app.lowcode.fields import TEXT_KINDS, Field, is_one_of, primary_key, reason_of, title_column

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

PREFIX = "f."
NONE = "none"
RANGE_KINDS = {"integer", "decimal", "money", "day", "moment"}
MAX_VALUES = 200


@dataclass
class Filter:
    """One filter in use: the field, what was asked (`values`, or `low` and `high`), and the texts for its chip."""

    field: Field
    values: list[Any] = dataclass_field(default_factory=list)
    low: Any = None
    high: Any = None
    raw: dict[str, list[str]] = dataclass_field(default_factory=dict)


def is_filterable(field: Field) -> bool:
    return field.kind in TEXT_KINDS | RANGE_KINDS | {"choice", "yes_no", "reference", "references"}


@dataclass(frozen=True)
class Mistake:
    """A filter that cannot be read: the word of the address, what was typed, and what is wrong with it."""

    field: Field
    key: str
    raw: list[str]
    reason: Any

    def as_error(self) -> BadRequest:
        """It for whoever has no page on which it can be mended."""
        return BadRequest(_("%(label)s: %(reason)s"), field=self.field.path, label=self.field.label, reason=self.reason)


def read_filters(screen: "Screen", args: MultiDict[str, str]) -> tuple[list[Filter], list[Mistake]]:
    """The filters in an address, and those that cannot be read; BadRequest where one is not offered."""
    found: dict[str, Filter] = {}
    mistakes: list[Mistake] = []
    for key in args:
        if not key.startswith(PREFIX):
            continue
        path, _dot, end = (
            key[len(PREFIX) :].rpartition(".") if key.endswith((".from", ".to")) else (key[len(PREFIX) :], "", "")
        )
        field = screen.filter_fields.get(path)
        if field is None:
            raise BadRequest(_("This list cannot be filtered by “%(name)s”."), field=path, name=path[:60])
        raw = [value for value in args.getlist(key) if value.strip() != ""][:MAX_VALUES]
        if not raw:
            continue
        item = found.get(path) or Filter(field)
        try:
            if end:
                setattr(item, "low" if end == "from" else "high", _read_bound(field, raw[0], end == "to"))
            else:
                item.values = [_read(field, value) for value in raw]
        except ValueError as error:
            mistakes.append(Mistake(field, key, raw, reason_of(error)))
            continue
        item.raw[key] = raw
        found[path] = item
    return list(found.values()), mistakes


def _read(field: Field, raw: str) -> Any:
    if raw == NONE and field.kind in {"reference", "choice", "references"}:
        return None
    if field.kind == "references":
        return field.parse([raw])[0]
    if field.kind in TEXT_KINDS:
        refuse_unstorable(raw)
    return field.parse(raw)


def refuse_unstorable(text: str) -> None:
    """ValueError for a text that no column can hold and that a database does not even compare."""
    reason = refusal({"kind": "text"}, text)
    if reason is not None:
        raise ValueError(reason)


def _read_bound(field: Field, raw: str, is_end: bool) -> Any:
    """A bound of a range; a bare day on a moment means its first or its last instant on the shop's clock."""
    if field.kind not in RANGE_KINDS:
        raise ValueError(_("This cannot be filtered by a range."))
    if field.kind == "moment" and len(raw) == 10:
        try:
            day = date.fromisoformat(raw)
        except ValueError:
            raise ValueError(_("This is not a day, such as 2026-08-01.")) from None
        if not date(1900, 1, 1) <= day <= date(2200, 1, 1):
            raise ValueError(_("This is not a day between 1900 and 2200."))
        start = clock.start_of_day(day + timedelta(days=1 if is_end else 0))
        return start - timedelta(microseconds=1) if is_end else start
    return field.parse(raw)


def condition(item: Filter, column_of: Callable[[Field], ColumnElement[Any]], dialect: str) -> ColumnElement[bool]:
    """A filter as SQL; `column_of` gives the column of a field in the query at hand."""
    field = item.field
    if field.kind == "references":
        target = field.target
        assert target is not None and field.relation is not None
        attribute = field.relation.class_attribute
        wanted = [value for value in item.values if value is not None]
        parts = [attribute.any(primary_key(target).in_(wanted))] if wanted else []
        return or_(*parts, *([~attribute.any()] if None in item.values else []))
    column = column_of(field)
    parts = []
    if item.values:
        if field.kind in TEXT_KINDS:
            parts.append(or_(*(_text_condition(field, column, value, dialect) for value in item.values)))
        else:
            wanted = [value for value in item.values if value is not None]
            options = [column.in_(wanted) if len(wanted) > 1 else column == wanted[0]] if wanted else []
            if wanted and hasattr(field.target, "within"):
                # Rows of a tree: who asks for a branch wants what hangs on its twigs as well.
                options = [column.in_(field.target.within(wanted))]
            parts.append(or_(*options, *([column.is_(None)] if None in item.values else [])))
    if item.low is not None:
        parts.append(column >= item.low)
    if item.high is not None:
        parts.append(column <= item.high)
    return and_(*parts)


def _text_condition(field: Field, column: ColumnElement[Any], value: str, dialect: str) -> ColumnElement[bool]:
    """Indexed columns are matched from their beginning, which an index serves; others anywhere."""
    indexed = field.column is not None and (field.column.index or field.column.unique)
    return search.starts_with(column, value, dialect) if indexed else search.contains(column, value)


def titles_of(target: type, ids: list[int]) -> dict[int, str]:
    """The titles of some rows, for chips and chosen options."""
    if not ids:
        return {}
    key, title = primary_key(target), title_column(target)
    wanted = is_one_of(key, ids)
    if title is not None and hasattr(target, "title_column"):
        return {row[0]: str(row[1] or f"#{row[0]}") for row in db.session.execute(select(key, title).where(wanted))}
    return {getattr(row, key.key): str(row) for row in db.session.scalars(select(target).where(wanted))}


def text_of(item: Filter) -> str:
    """A filter in use in words, for its chip."""
    field = item.field
    if item.values:
        if field.kind in {"reference", "references"}:
            assert field.target is not None
            titles = titles_of(field.target, [value for value in item.values if value is not None])
            words = [titles.get(value, f"#{value}") if value is not None else str(_("None")) for value in item.values]
        elif field.kind == "yes_no":
            words = [str(_("Yes") if value else _("No")) for value in item.values]
        else:
            words = [str(value) if value is not None else str(_("None")) for value in item.values]
        return listed(words[:3]) + (f" +{len(words) - 3}" if len(words) > 3 else "")
    low, high = (_bound_text(item, end) for end in (".from", ".to"))
    if low and high:
        return low if low == high else f"{low} – {high}"
    return f"≥ {low}" if low else f"≤ {high}"


def _bound_text(item: Filter, end: str) -> str:
    return next((raw[0].replace("T", " ") for key, raw in item.raw.items() if key.endswith(end)), "")
