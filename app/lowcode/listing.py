"""The rows of a list: one page of tuples, however deep, at the price of one page.

Rows are selected as columns, with the titles of related rows joined in, never as objects, unless a column is a
Python property. Pages are reached by key ("after this row"), so page 40,000 costs what page 1 costs; the count
stops at a cap unless the exact one is asked for. The condition is written `c <= v AND (c < v OR id < k)`, the
form that both databases answer from an index.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, func, inspect, or_, select
from sqlalchemy.orm import aliased
from werkzeug.datastructures import MultiDict

from app.core import search
from app.core.columns import Choice
from app.core.database import db
from app.core.errors import BadRequest
from app.core.i18n import lazy as _
from app.core.i18n import number_text
from app.lowcode.fields import Field, primary_key, title_column
from app.lowcode.filters import condition, read_filters

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

COUNT_CAP = 10_000
MAX_PAGE_SIZE = 200
MAX_TERM = 100


@dataclass(frozen=True)
class Place:
    """A place between two rows: the sort value and key of the row, and how many rows lie before it as far as known."""

    value: Any
    key: int
    index: int

    def encode(self) -> str:
        value = self.value
        if isinstance(value, datetime | date):
            value = value.isoformat()
        elif isinstance(value, Choice):
            value = value.value
        elif isinstance(value, Decimal):
            value = str(value)
        packed = json.dumps([value, self.key, self.index], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, field: Field | None) -> "Place":
        try:
            value, key, index = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if not isinstance(key, int) or not isinstance(index, int) or abs(key) > 2**62 or abs(index) > 2**62:
                raise ValueError
            if field is not None and value is not None:
                value = _typed(field, value)
            return cls(value, key, index)
        except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
            said = _("This page address is not valid. Start again from the first page.")
            raise BadRequest(said, field="after") from None


def _typed(field: Field, value: Any) -> Any:
    if field.kind == "moment":
        return datetime.fromisoformat(value)
    if field.kind == "day":
        return date.fromisoformat(value)
    if field.kind == "choice" and field.info.get("choices"):
        return field.info["choices"](value)
    if field.kind == "decimal":
        return Decimal(value)
    if not isinstance(value, str | int | float | bool):
        raise ValueError
    if isinstance(value, int) and abs(value) > 2**62:
        raise ValueError
    return value


@dataclass(frozen=True)
class Count:
    """How many rows there are: exact, or at least this many."""

    number: int
    is_exact: bool

    @property
    def text(self) -> str:
        """For people: “10,000+” where there are more than were counted."""
        return number_text(self.number) + ("" if self.is_exact else "+")


class Narrowing(Protocol):
    """A condition on the rows of a list, which asks the list for its columns."""

    def condition(self, column_of: Callable[[Field], ColumnElement[Any]], dialect: str) -> ColumnElement[bool]:
        """It as SQL."""


class Listing:
    """One request's view of a screen's rows. Reading `args` refuses what the screen does not offer.

    A filter that cannot be read is refused as well, unless `keeps_mistakes`: then it stands in `mistakes`, for a page
    that shows it beside the others. `narrowed` are conditions that were read elsewhere."""

    def __init__(
        self,
        screen: "Screen",
        args: MultiDict[str, str],
        *,
        fields: list[Field] | None = None,
        extra: list[ColumnElement[bool]] | None = None,
        narrowed: Sequence[Narrowing] = (),
        page_size: int | None = None,
        keeps_mistakes: bool = False,
    ) -> None:
        self.screen = screen
        self.model = screen.model
        self.key = primary_key(self.model)
        self.dialect = db.engine.dialect.name
        self.fields = fields if fields is not None else screen.list_fields
        self.args = args
        self.extra = extra or []
        self.narrowed = narrowed
        self.term = args.get("q", "").strip()[:MAX_TERM] if screen.is_searchable else ""
        self.filters, self.mistakes = read_filters(screen, args)
        if self.mistakes and not keeps_mistakes:
            raise self.mistakes[0].as_error()
        self.sort, self.is_descending, self.sort_is_asked = self._read_sort(args.get("sort", ""))
        self.page_size = self._read_size(args.get("size"), page_size or screen.page_size)
        self._aliases: dict[str, Any] = {}

    # -- what was asked -------------------------------------------------------------------------------------

    def _read_sort(self, raw: str) -> tuple[Field | None, bool, bool]:
        if raw:
            name = raw.removeprefix("-")
            if name not in self.screen.order_fields:
                raise BadRequest(_("This list cannot be sorted by “%(name)s”."), field="sort", name=name[:60])
            return self.screen.order_fields[name], raw.startswith("-"), True
        # Hits of a search come newest first, which both search indexes give without sorting all of them.
        if self.screen.base_order and not (self.term and getattr(self.model, "search_index", None)):
            name, direction = self.screen.base_order
            return self.screen.order_fields.get(name) or self.screen.field(name), direction == "desc", False
        return None, True, False

    def _read_size(self, raw: str | None, default: int) -> int:
        if not raw:
            return min(default, MAX_PAGE_SIZE)
        if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= MAX_PAGE_SIZE or len(raw) > 9:
            raise BadRequest(_("A page has from 1 to %(most)s rows."), field="size", most=MAX_PAGE_SIZE)
        return int(raw)

    # -- SQL ------------------------------------------------------------------------------------------------

    def column_of(self, field: Field) -> ColumnElement[Any]:
        """The column of a stored field in this query; a dotted one stands in the joined table."""
        assert field.column is not None
        if field.through is not None:
            return getattr(
                self._alias(field.through),
                inspect(field.through.mapper.class_).get_property_by_column(field.column).key,
            )
        return getattr(self.model, inspect(self.model).get_property_by_column(field.column).key)

    def _alias(self, relation: Any) -> Any:
        if relation.key not in self._aliases:
            self._aliases[relation.key] = aliased(relation.mapper.class_)
        return self._aliases[relation.key]

    def _title(self, field: Field) -> ColumnElement[Any] | None:
        """The joined title of the row that a reference points to."""
        assert field.relation is not None
        target = field.relation.mapper.class_
        if field.through is not None or title_column(target) is None or not hasattr(target, "title_column"):
            return None
        return getattr(self._alias(field.relation), inspect(target).get_property_by_column(title_column(target)).key)

    def _conditions(self) -> list[ColumnElement[bool]]:
        return [
            *self.screen.row_conditions(),
            *self.extra,
            *(condition(item, self.column_of, self.dialect) for item in self.filters),
            *(item.condition(self.column_of, self.dialect) for item in self.narrowed),
        ]

    def _narrowed(self, statement: Select[Any], conditions: list[ColumnElement[bool]]) -> Select[Any]:
        """`statement` with its joins, conditions and search; `conditions` come first because they ask for joins."""
        statement = statement.select_from(self.model)
        if self.found is not None:
            statement = statement.where(self.found.condition)
        for name, alias in self._aliases.items():
            statement = statement.outerjoin(alias, getattr(self.model, name).of_type(alias))
        return statement.where(*conditions) if conditions else statement

    @cached_property
    def found(self) -> search.Found | None:
        """What the quick search finds, asked once for the page and its count."""
        return search.find(self.model, self.screen.search_attributes(), self.term) if self.term else None

    def count(self, exact: bool = False, *, cap: int | None = None) -> Count:
        """The number of rows, up to `cap` (or COUNT_CAP) unless the exact number is asked for."""
        cap = COUNT_CAP if cap is None else cap
        self._aliases = {}
        conditions = self._conditions()
        if self.found is not None and self.found.count is not None and not conditions:
            return Count(self.found.count, exact or self.found.count <= cap)
        inner = self._narrowed(select(self.key), conditions)
        if exact:
            return Count(db.session.scalar(select(func.count()).select_from(inner.subquery())) or 0, True)
        number = db.session.scalar(select(func.count()).select_from(inner.limit(cap + 1).subquery())) or 0
        return Count(min(number, cap), number <= cap)

    def keys(self, most: int) -> list[int]:
        """The keys of all rows that this list is about, `most` of them and one more if there are more."""
        self._aliases = {}
        conditions = self._conditions()
        return list(db.session.scalars(self._narrowed(select(self.key), conditions).order_by(self.key).limit(most + 1)))

    def statement(self) -> tuple[Select[Any], list[Field]]:
        """The select of key, sort value and stored fields, without order and limit; and the fields not stored."""
        self._aliases = {}
        columns: list[ColumnElement[Any]] = []
        self.positions: dict[str, tuple[int, int | None]] = {}
        later: list[Field] = []
        for field in self.fields:
            if not field.is_stored:
                later.append(field)
                continue
            position = len(columns) + 2
            columns.append(self.column_of(field))
            title = self._title(field) if field.kind == "reference" else None
            if title is not None:
                columns.append(title)
            elif field.kind == "reference":
                later.append(field)
            self.positions[field.path] = (position, position + 1 if title is not None else None)
        sort_column = self.column_of(self.sort) if self.sort is not None else self.key
        conditions = self._conditions()
        return self._narrowed(select(self.key, sort_column, *columns), conditions), later

    def _beyond(self, place: Place, forward: bool) -> ColumnElement[bool]:
        """Rows after (or, not forward, before) a place in the order of the list."""
        descending = self.is_descending is forward
        key_side = self.key < place.key if descending else self.key > place.key
        if self.sort is None:
            return key_side
        column = self.column_of(self.sort)
        # A column of a joined row is also empty where there is no such row.
        nullable = self.sort.through is not None or bool(self.sort.column is not None and self.sort.column.nullable)
        # SQLite holds NULL for the smallest value, PostgreSQL for the largest.
        nulls_are_last = descending if self.dialect == "sqlite" else not descending
        if place.value is None:
            same = and_(column.is_(None), key_side)
            return same if nulls_are_last else or_(same, column.is_not(None))
        reached = column <= place.value if descending else column >= place.value
        past = column < place.value if descending else column > place.value
        beyond = and_(reached, or_(past, key_side))
        return or_(beyond, column.is_(None)) if nullable and nulls_are_last else beyond

    def _ordered(self, statement: Select[Any], forward: bool) -> Select[Any]:
        descending = self.is_descending is forward
        parts = [self.key] if self.sort is None else [self.column_of(self.sort), self.key]
        return statement.order_by(*(part.desc() if descending else part.asc() for part in parts))

    # -- rows -----------------------------------------------------------------------------------------------

    def fetch(self) -> "Rows":
        """This page's rows, in the order of the list."""
        after, before, last = self.args.get("after"), self.args.get("before"), "last" in self.args
        statement, later = self.statement()
        forward = not (before or last)
        index = 0
        if after or before:
            place = Place.decode(after or before or "", self.sort)
            index = place.index
            statement = statement.where(self._beyond(place, forward))
        found = list(db.session.execute(self._ordered(statement, forward).limit(self.page_size + 1)))
        more = len(found) > self.page_size
        found = found[: self.page_size]
        if not forward:
            found.reverse()
            index = max(index - len(found) - 1, 0)
        rows = Rows(self, found, later, index)
        rows.has_next = more if forward else bool(before)
        rows.has_previous = bool(after) if forward else more
        rows.index_is_known = not last
        return rows


class Rows:
    """One page of rows as tuples; `value` gives a field's value, whatever it took to find it."""

    has_next = False
    has_previous = False
    index_is_known = True

    def __init__(self, listing: Listing, tuples: list[Any], later: list[Field], index: int) -> None:
        self.listing = listing
        self.tuples = tuples
        self.index = index
        self._looked_up = {field.path: self._look_up(field) for field in later}

    def __len__(self) -> int:
        return len(self.tuples)

    @property
    def keys(self) -> list[int]:
        return [row[0] for row in self.tuples]

    def values(self, field: Field) -> list[Any]:
        """The values of one field, row by row; a reference gives (id, title)."""
        if field.path in self._looked_up and field.kind != "reference":
            found = self._looked_up[field.path]
            return [found.get(row[0]) for row in self.tuples]
        position, title = self.listing.positions[field.path]
        if field.kind != "reference":
            return [row[position] for row in self.tuples]
        if title is not None:
            return [
                None if row[position] is None else (row[position], _title_or_id(row[title], row[position]))
                for row in self.tuples
            ]
        titles = self._looked_up[field.path]
        return [
            None if row[position] is None else (row[position], titles.get(row[position], f"#{row[position]}"))
            for row in self.tuples
        ]

    def _look_up(self, field: Field) -> dict[int, Any]:
        """Values that the page's own select cannot give: one more query for the whole page."""
        listing = self.listing
        keys = [row[0] for row in self.tuples]
        if not keys:
            return {}
        if field.kind == "reference":
            from app.lowcode.filters import titles_of

            assert field.target is not None
            position = listing.positions[field.path][0]
            return titles_of(field.target, list({row[position] for row in self.tuples} - {None}))
        if field.kind == "references":
            return self._titles_of_many(field, keys)
        records = self._records(keys)
        return {key: getattr(record, field.path) for key, record in records.items()}

    def _titles_of_many(self, field: Field, keys: list[int]) -> dict[int, list[str]]:
        listing = self.listing
        assert field.relation is not None and field.target is not None
        target = aliased(field.target)
        title = title_column(field.target)
        key = listing.key
        shown = (
            getattr(target, inspect(field.target).get_property_by_column(title).key) if title is not None else target
        )
        statement = select(key, shown).join(field.relation.class_attribute.of_type(target)).where(key.in_(keys))
        found: dict[int, list[str]] = {}
        for row_key, value in db.session.execute(statement):
            found.setdefault(row_key, []).append(str(value))
        return found

    def _records(self, keys: list[int]) -> dict[int, Any]:
        if not hasattr(self, "_loaded"):
            listing = self.listing
            statement = select(listing.model).where(listing.key.in_(keys)).options(*listing.screen.list_options)
            self._loaded = {getattr(record, listing.key.key): record for record in db.session.scalars(statement)}
        return self._loaded

    def place(self, row: int) -> str:
        """The place just at a row, for the address of the page that begins or ends there."""
        key, value = self.tuples[row][0], self.tuples[row][1]
        at = self.index + (row if row >= 0 else len(self.tuples) + row) + 1
        return Place(None if self.listing.sort is None else value, key, at).encode()


def _title_or_id(title: Any, key: int) -> str:
    return str(title) if title not in (None, "") else f"#{key}"
