"""What a program may ask of a list: the framework's rison (or JSON) in `?q=`, read strictly.

    (filters:!((col:price,opr:ge,value:2990),(col:status,opr:in,value:!(paid,shipped))),
     order_column:placed_at,order_direction:desc,page_size:50,search:cup,columns:!(number,price),after:…,count:exact)

A value is written as in bodies and answers: money in fen, a moment with its offset, a day as `2026-08-01`, a choice by
its value, a row by its id; `null` stands for "empty". The operators are the framework's, and each means what it says:
`gt` and `lt` are strict, `eq` on a text is equality. What is not known is refused by the name the program used for it
(`filters[0].value`, `page_size`): rows that were not asked for would be worse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, not_, or_
from werkzeug.datastructures import MultiDict

from app.core import search
from app.core.errors import BadRequest
from app.core.i18n import lazy as _
from app.core.i18n import listed
from app.lowcode.fields import TEXT_KINDS, Field, primary_key, reason_of
from app.lowcode.filters import MAX_VALUES, RANGE_KINDS, refuse_unstorable
from app.lowcode.listing import MAX_PAGE_SIZE, MAX_TERM

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ASKED = ("filters", "order_column", "order_direction", "page_size", "page", "search", "columns", "after", "count")
NEGATED = {"neq": "eq", "nsw": "sw", "nct": "ct", "nrel_o_m": "rel_o_m"}
"""Each of these finds exactly the rows that its opposite does not find, empty ones among them."""
MEANINGS = {
    "eq": _("equal to the value; null finds empty ones"),
    "neq": _("every row that eq does not find"),
    "in": _("one of the values of a list, null among them for empty ones"),
    "gt": _("after or more than the value, which is not included"),
    "ge": _("the value or more"),
    "lt": _("before or less than the value, which is not included"),
    "le": _("the value or less"),
    "sw": _("begins with the value, capitals told apart"),
    "nsw": _("every row that sw does not find"),
    "ct": _("has the value somewhere, capitals not told apart"),
    "nct": _("every row that ct does not find"),
    "rel_o_m": _("the row with this id or, in a tree, one below it"),
    "nrel_o_m": _("every row that rel_o_m does not find"),
    "rel_m_m": _("has the row with this id among its own"),
}
MAX_FILTERS = 50
MAX_PART = 500
"""No longer text is looked for at the beginning of another or inside it."""
SECOND = timedelta(seconds=1)


def wrong(parameter: str, reason: Any) -> BadRequest:
    """The refusal of one parameter, by the program's own name for it."""
    return BadRequest(_("%(parameter)s: %(reason)s"), field=parameter, parameter=parameter, reason=reason)


def refuse_unknown(given: Iterable[str], known: Iterable[str], inside: str = "") -> None:
    """BadRequest that names every key of `given` that means nothing here."""
    unknown = [inside + str(name)[:60] for name in given if name not in set(known)]
    if unknown:
        raise BadRequest(_("Not known here: %(names)s. Known are: %(known)s."), field=unknown[0],
                         names=listed(unknown), known=listed(known))


# -- operators ------------------------------------------------------------------------------------------------------


def is_found_by_pieces(screen: "Screen", field: Field) -> bool:
    """Whether the model's search index finds a part of this text."""
    return field.through is None and field.path in getattr(screen.model, "search_index", ())


def operators_of(screen: "Screen", field: Field) -> list[str]:
    """The operators a filter on this column may use, the plainest first."""
    if field.kind == "references":
        return ["eq", "neq", "in", "rel_m_m"]
    found = ["eq", "neq", "in"]
    if field.kind == "reference":
        found += ["rel_o_m", "nrel_o_m"]
    elif field.kind in RANGE_KINDS:
        found += ["gt", "ge", "lt", "le"]
    elif field.kind in TEXT_KINDS:
        found += ["sw", "nsw"]
        # Looking inside every text is for small tables, or for those whose index has the pieces.
        is_indexed = field.column is not None and (field.column.index or field.column.unique)
        if is_found_by_pieces(screen, field) or not is_indexed:
            found += ["ct", "nct"]
    return found


@dataclass(frozen=True)
class Comparison:
    """One filter of a program: a column, an operator that it offers, and values that could be read."""

    screen: "Screen"
    field: Field
    operator: str
    values: list[Any]

    def condition(self, column_of: Callable[[Field], ColumnElement[Any]], dialect: str) -> ColumnElement[bool]:
        """It as SQL; `column_of` gives the column of a field in the query at hand."""
        if self.field.kind == "references":
            return self._of_many()
        column = column_of(self.field)
        operator = NEGATED.get(self.operator, self.operator)
        condition = self._positive(column, operator, dialect)
        if self.operator not in NEGATED:
            return condition
        # An empty column is neither equal nor unequal to SQL; to people it is not that value.
        return not_(condition) if None in self.values else or_(not_(condition), column.is_(None))

    def _positive(self, column: ColumnElement[Any], operator: str, dialect: str) -> ColumnElement[bool]:
        value = self.values[0]
        if operator == "sw":
            return search.starts_with(column, value, dialect)
        if operator == "ct":
            inside = search.contains(column, value)
            if is_found_by_pieces(self.screen, self.field):
                key = primary_key(self.screen.model)
                return and_(key.in_(search.hits(self.screen.model, value)), inside)
            return inside
        if operator in {"gt", "ge", "lt", "le"}:
            return self._range(column, operator, value)
        return self._equal(column, operator)

    def _range(self, column: ColumnElement[Any], operator: str, value: Any) -> ColumnElement[bool]:
        if self.field.kind == "moment":
            # Answers tell moments to the second, so a moment stands for its whole second.
            return {"gt": column >= value + SECOND, "ge": column >= value,
                    "lt": column < value, "le": column < value + SECOND}[operator]
        return {"gt": column > value, "ge": column >= value, "lt": column < value, "le": column <= value}[operator]

    def _equal(self, column: ColumnElement[Any], operator: str) -> ColumnElement[bool]:
        wanted = [value for value in self.values if value is not None]
        parts: list[ColumnElement[bool]] = []
        if None in self.values:
            parts += [column.is_(None)] + ([column == ""] if self.field.kind in TEXT_KINDS else [])
        if self.field.kind == "moment":
            parts += [and_(column >= value, column < value + SECOND) for value in wanted]
        elif operator == "rel_o_m" and wanted and hasattr(self.field.target, "within"):
            parts.append(column.in_(self.field.target.within(wanted)))
        elif wanted:
            parts.append(column == wanted[0] if len(wanted) == 1 else column.in_(wanted))
        return or_(*parts)

    def _of_many(self) -> ColumnElement[bool]:
        assert self.field.target is not None and self.field.relation is not None
        attribute = self.field.relation.class_attribute
        wanted = [value for value in self.values if value is not None]
        parts = [attribute.any(primary_key(self.field.target).in_(wanted))] if wanted else []
        found = or_(*parts, *([~attribute.any()] if None in self.values else []))
        return not_(found) if self.operator in NEGATED else found


# -- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """What was asked of a list: its columns, its order and page as an address has them, its conditions."""

    fields: list[Field]
    args: MultiDict[str, str]
    comparisons: list[Comparison]
    is_exact: bool


def read_question(screen: "Screen", given: dict[str, Any]) -> Question:
    """Read what `?q=` holds; BadRequest names the parameter that cannot be read or is not offered."""
    refuse_unknown(given, ASKED)
    args: MultiDict[str, str] = MultiDict()
    order, direction = given.get("order_column"), given.get("order_direction")
    if direction not in (None, "", "asc", "desc"):
        raise wrong("order_direction", _("This is neither “asc” nor “desc”."))
    if order not in (None, ""):
        if not isinstance(order, str) or order not in screen.order_fields:
            raise wrong("order_column", _("The list cannot be sorted by this."))
        args["sort"] = ("-" if direction == "desc" else "") + order
    size = given.get("page_size")
    if size not in (None, ""):
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_PAGE_SIZE:
            raise wrong("page_size", _("A page has from 1 to %(most)s rows.", most=MAX_PAGE_SIZE))
        args["size"] = str(size)
    if given.get("page") not in (None, 0):
        raise wrong("page", _("Pages are reached with “after”, given as “next” by the page before."))
    if given.get("count") not in (None, "", "exact"):
        raise wrong("count", _("Only “exact” can be asked for."))
    for name, word in (("search", "q"), ("after", "after")):
        text = given.get(name)
        if text in (None, ""):
            continue
        if not isinstance(text, str):
            raise wrong(name, _("This is not a text."))
        args[word] = text
    _check_search(screen, args.get("q", ""))
    return Question(_columns(screen, given.get("columns")), args, _comparisons(screen, given.get("filters")),
                    given.get("count") == "exact")


def _check_search(screen: "Screen", term: str) -> None:
    if term and not screen.is_searchable:
        raise wrong("search", _("This list has no search."))
    if len(term) > MAX_TERM:
        raise wrong("search", _("This is longer than %(size)s characters.", size=MAX_TERM))
    try:
        refuse_unstorable(term)
    except ValueError as error:
        raise wrong("search", reason_of(error)) from None


def _columns(screen: "Screen", wanted: Any) -> list[Field]:
    if not wanted:
        return screen.list_fields
    if not isinstance(wanted, list):
        raise wrong("columns", _("This is not a list."))
    by_path = {field.path: field for field in screen.list_fields}
    for place, name in enumerate(wanted):
        if not isinstance(name, str) or name not in by_path:
            raise wrong(f"columns[{place}]", _("This column is not offered."))
    return [by_path[name] for name in dict.fromkeys(wanted)]


def _comparisons(screen: "Screen", filters: Any) -> list[Comparison]:
    if filters is None:
        return []
    if not isinstance(filters, list):
        raise wrong("filters", _("This is not a list."))
    if len(filters) > MAX_FILTERS:
        raise wrong("filters", _("No more than %(most)s can be given.", most=MAX_FILTERS))
    return [_comparison(screen, item, f"filters[{place}]") for place, item in enumerate(filters)]


def _comparison(screen: "Screen", item: Any, name: str) -> Comparison:
    if not isinstance(item, dict):
        raise wrong(name, _("A filter has “col”, “opr” and “value”."))
    refuse_unknown(item, ("col", "opr", "value"), f"{name}.")
    column, operator = item.get("col"), item.get("opr")
    field = screen.filter_fields.get(column) if isinstance(column, str) else None
    if field is None:
        raise wrong(f"{name}.col", _("The list cannot be filtered by this."))
    offered = operators_of(screen, field)
    if operator not in offered:
        raise wrong(f"{name}.opr", _("This column has the operators %(operators)s.", operators=listed(offered)))
    if "value" not in item:
        raise wrong(f"{name}.value", _("This is missing."))
    return Comparison(screen, field, operator, _values(screen, field, operator, item["value"], f"{name}.value"))


def _values(screen: "Screen", field: Field, operator: str, given: Any, name: str) -> list[Any]:
    if operator != "in":
        if isinstance(given, list):
            raise wrong(name, _("Give one value; “in” takes a list."))
        return [_value(screen, field, operator, given, name)]
    if not isinstance(given, list) or not 0 < len(given) <= MAX_VALUES:
        raise wrong(name, _("Give a list of 1 to %(most)s values.", most=MAX_VALUES))
    return [_value(screen, field, operator, one, f"{name}[{place}]") for place, one in enumerate(given)]


def _value(screen: "Screen", field: Field, operator: str, given: Any, name: str) -> Any:
    """One value as its column has it; None stands for empty, which only equality knows."""
    try:
        if given is None or (isinstance(given, str) and given == ""):
            value = None
        elif field.kind in TEXT_KINDS:
            value = _text(screen, field, operator, given)
        else:
            value = field.from_json([given] if field.kind == "references" else given)
    except ValueError as error:
        raise wrong(name, reason_of(error)) from None
    if field.kind == "references" and value is not None:
        value = value[0] if value else None
    if value is None and NEGATED.get(operator, operator) not in {"eq", "in"}:
        raise wrong(name, _("This cannot be empty here."))
    return value.replace(microsecond=0) if field.kind == "moment" and value is not None else value


def _text(screen: "Screen", field: Field, operator: str, given: Any) -> str:
    if not isinstance(given, str):
        raise ValueError(_("This is not a text."))
    refuse_unstorable(given)
    if NEGATED.get(operator, operator) in {"sw", "ct"}:
        if len(given) > MAX_PART:
            raise ValueError(_("This is longer than %(size)s characters.", size=MAX_PART))
        if NEGATED.get(operator, operator) == "ct" and is_found_by_pieces(screen, field) and len(given) < search.PIECE:
            raise ValueError(_("Give at least %(n)s characters.", n=search.PIECE))
    return given
