"""Tables of figures: declared columns, plain rows, totals, and how a cell is read.

A report's rows are plain tuples, one value per column; what a column is (`kind`) decides how page, chart, CSV and
spreadsheet show it. Amounts are whole fen, percentages ratios (0.124 is 12.4 %), days `date`s, moments naive UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

from app.core.i18n import current_locale, day_text, gettext, moment_text, number_text, percent_text
from app.core.money import currency_sign, money_text

Row = tuple[Any, ...]
Sums = Mapping[str, Any]
Writer = Callable[[Any], str]

NUMERIC = frozenset({"money", "count", "number", "percent", "change"})
NOTHING = "–"
SHADES = 8
"""Steps of the heat shading, from the faintest to the column's highest value."""


@dataclass(frozen=True)
class Column:
    """One column: `kind` is text, count, number, money, percent, change (a ratio with its sign), day or moment.

    `total` True sums the column; a function makes the total from the sums of the others, as an average must.
    `shade` colours each cell by its size, compared with its own column, or with all columns of the same word.
    `rising` says whether more of a `change` is "good" or "bad".
    """

    name: str
    label: Any
    kind: str = "text"
    total: bool | Callable[[Sums], Any] = False
    help: Any = None
    shade: bool | str = False
    rising: str = "good"

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Table:
    """A table of a report. `columns` and `rows` are the columns and the name of the report's method that yields
    the rows; both take names of methods called with the chosen filters. `totals`, also a method, overrides single
    totals that cannot be had from the rows, such as a number of different people."""

    name: str
    title: Any
    columns: Sequence[Column] | str
    rows: str = "rows"
    totals: str | None = None
    help: Any = None


def ratio(part: float | int | None, whole: float | int | None) -> float | None:
    """`part` of `whole`; None where there is no whole to speak of."""
    return None if not whole or part is None else part / whole


def change(now: float | int | None, before: float | int | None) -> float | None:
    """By what ratio `now` is above `before`; None where there was nothing before, since a rise from nothing has
    no percentage."""
    return None if now is None or before is None or before <= 0 else (now - before) / before


def cell_text(kind: str, value: Any, locale: str | None = None) -> str:
    """A value as people read it; a missing one is a dash."""
    return writer(kind, locale)(value)


def change_text(value: float, locale: str | None = None) -> str:
    """A change with its sign, so that it is read without colour: `+12.4%`, `−1.8%`."""
    return writer("change", locale)(value)


def writer(kind: str, locale: str | None = None) -> Writer:
    """What writes values of a kind in a language; a table asks once for a whole column."""
    locale = locale or current_locale()
    return _writer(kind, locale, currency_sign(locale))


@lru_cache(maxsize=256)
def _writer(kind: str, locale: str, sign: str) -> Writer:
    write: Writer = str
    if kind == "money":
        write = _money_writer(locale, sign)
    elif kind == "count":
        write = partial(number_text, places=0, locale=locale)
    elif kind == "percent":
        write = _percent_writer(locale)
    elif kind == "change":
        write = _change_writer(locale)
    elif kind == "day":
        write = partial(day_text, locale=locale)
    elif kind == "moment":
        write = partial(moment_text, locale=locale)
    return lambda value: NOTHING if value is None else write(value)


def _is_plain(locale: str) -> bool:
    """Whether numbers are written as Python writes them: by far the quickest way, and true of Chinese and English."""
    return number_text(1234.5, 2, locale) == "1,234.50" and percent_text(12.345, 1, locale) == "1,234.5%"


def _money_writer(locale: str, sign: str) -> Writer:
    if not _is_plain(locale):
        return partial(money_text, locale=locale)
    return lambda fen: f"{'-' if fen < 0 else ''}{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _percent_writer(locale: str) -> Writer:
    if not _is_plain(locale):
        return partial(percent_text, places=1, locale=locale)
    return lambda ratio: f"{ratio * 100:,.1f}%"


def _change_writer(locale: str) -> Writer:
    percent = _percent_writer(locale)
    return lambda ratio: ("" if round(abs(ratio), 3) == 0 else "+" if ratio > 0 else "−") + percent(abs(ratio))


def tone(value: float | None, rising: str) -> str:
    """Whether a change is `good`, `bad` or `plain`, for its colour."""
    if not rising or value is None or round(abs(value), 3) == 0:
        return "plain"
    return "good" if (value > 0) == (rising == "good") else "bad"


@dataclass
class Figures:
    """A table with its rows worked out."""

    table: Table
    columns: Sequence[Column]
    rows: list[Row]
    given_totals: Mapping[str, Any] = field(default_factory=dict)

    def index(self, name: str) -> int | None:
        """Where the column stands, or None where this table is without it (nothing to compare with, say)."""
        return next((at for at, column in enumerate(self.columns) if column.name == name), None)

    def values(self, name: str) -> list[Any]:
        """A column from top to bottom; [] where there is no such column."""
        at = self.index(name)
        return [] if at is None else [row[at] for row in self.rows]

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Column name to total, for the columns that have one."""
        found: dict[str, Any] = {}
        for at, column in enumerate(self.columns):
            if column.total is True:
                found[column.name] = sum(row[at] for row in self.rows if row[at] is not None)
        found.update(self.given_totals)
        for column in self.columns:
            if callable(column.total):
                found[column.name] = column.total(found)
        return found

    @property
    def has_totals(self) -> bool:
        return any(column.total is not False or column.name in self.given_totals for column in self.columns)

    def total_row(self) -> Row | None:
        """The last row of a file, or None where nothing is totalled."""
        if not self.has_totals:
            return None
        totals = [self.totals.get(column.name) for column in self.columns]
        if totals and totals[0] is None:
            totals[0] = gettext("Total")
        return tuple(totals)

    def shades(self, column: Column) -> list[int]:
        """How deeply each cell of a column is shaded: 1 to SHADES, 0 for nothing and below."""
        values = self.values(column.name)
        together = [each.name for each in self.columns if each.shade == column.shade] if isinstance(
            column.shade, str) else [column.name]
        highest = max((value for name in together for value in self.values(name) if value is not None), default=0)
        return [max(1, round(value / highest * SHADES)) if value is not None and value > 0 else 0 for value in values]


def work_out(report: Any, table: Table, chosen: Any) -> Figures:
    """Ask the report for a table's columns, rows and totals under the chosen filters."""
    columns = getattr(report, table.columns)(chosen) if isinstance(table.columns, str) else table.columns
    rows: Iterable[Any] = getattr(report, table.rows)(chosen)
    names = [column.name for column in columns]
    plain = [tuple(row[name] for name in names) if isinstance(row, Mapping) else tuple(row) for row in rows]
    return Figures(table, columns, plain, getattr(report, table.totals)(chosen) if table.totals else {})
