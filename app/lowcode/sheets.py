"""Writes rows as CSV or as a spreadsheet, the same for every report and list.

A cell's type follows its column's `kind`: money, counts, percentages and dates arrive as numbers and dates.
A text never becomes a formula, in whatever program the file is opened (CWE-1236): spreadsheets get it as a
string cell; in CSV a text that would start one is led by an apostrophe. Both are written row by row, so a
million rows take no more memory than ten. The writer of spreadsheets is imported when one is wanted.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from app.core import clock
from app.core.i18n import gettext
from app.core.money import currency, yuan_text

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Row = Sequence[Any]

STARTS_A_FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
"""First characters at which some spreadsheet program begins to calculate; East Asian ones also take the wide forms."""
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")

LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_576
"""Limits of the format (ECMA-376 as Excel applies it): characters in a cell, rows on a sheet."""

NUMBER_FORMATS = {
    "money": "#,##0.00", "count": "#,##0", "number": "General", "percent": "0.00%", "change": "+0.00%;-0.00%;0.00%",
    "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss", "text": "@",
}
WIDTHS = {"money": 16, "count": 12, "number": 12, "percent": 12, "change": 12, "day": 12, "moment": 20, "text": 24}


class SheetColumn(Protocol):
    """What a file needs to know of a column: its heading and the kind of its values."""

    @property
    def label(self) -> Any: ...

    @property
    def kind(self) -> str: ...


TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PIECE = 1 << 16
"""Bytes of a file that are sent at once."""
AT_ONCE = 500
"""Rows of CSV that are written at once."""


@dataclass(frozen=True)
class Sheet:
    """A named table for a file: rows hold one value per column; `total` is a last row set apart."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Row]
    total: Row | None = None


def harmless(text: str) -> str:
    """A text for CSV that no spreadsheet program takes for a formula. A text that is a number stays one."""
    if text[:1] in STARTS_A_FORMULA and not NUMBER.fullmatch(text):
        return "'" + text
    return text


def heading(column: SheetColumn) -> str:
    """A column's heading in a file; an amount names its currency, since the cells are bare numbers."""
    if column.kind == "money":
        return gettext("%(label)s (%(currency)s)", label=str(column.label), currency=currency())
    return str(column.label)


def _csv_cells(kind: str, zone: ZoneInfo) -> Callable[[Iterable[Any]], list[str]]:
    """Makes the cells of a column, many at a time: with a call for each, a million rows would take twice as long."""
    if kind == "money":
        return lambda values: ["" if value is None else yuan_text(value) for value in values]
    if kind in {"percent", "change"}:
        return lambda values: [f"{value * 100:.2f}%" if _is_there(value) else "" for value in values]
    if kind in {"count", "number"}:
        return lambda values: [str(value) if _is_there(value) else "" for value in values]
    other = partial(_csv_text, zone)
    return lambda values: [value if type(value) is str and value[:1] not in STARTS_A_FORMULA else other(value)
                           for value in values]


def _is_there(value: Any) -> bool:
    return value is not None and (type(value) is not float or math.isfinite(value))


def _csv_text(zone: ZoneInfo, value: Any) -> str:
    if isinstance(value, datetime):
        return clock.to_zone(value, zone).isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(str(value)) if _is_there(value) else ""


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """The table as CSV in UTF-8 with a byte order mark, by which Excel knows the encoding; some rows at a time. What
    depends on the request (language, time zone) is found now, so that the rest can be written after its end."""
    return _csv_lines(sheet, [harmless(heading(column)) for column in sheet.columns], clock.shop_zone())


def _csv_lines(sheet: Sheet, headings: list[str], zone: ZoneInfo) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    columns = [_csv_cells(column.kind, zone) for column in sheet.columns]
    buffer.write("\ufeff")
    writer.writerow(headings)
    rows = _with_total(sheet)
    while batch := list(islice(rows, AT_ONCE)):
        writer.writerows(zip(*(cells(values) for cells, values in zip(columns, zip(*batch, strict=True), strict=True)),
                             strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _with_total(sheet: Sheet) -> Iterator[Row]:
    yield from sheet.rows
    if sheet.total is not None:
        yield sheet.total


def write_xlsx(sheets: Sequence[Sheet], *, title: str = "", folder: Path | None = None) -> IO[bytes]:
    """A spreadsheet with one page per table, as an open temporary file at its start; the caller closes it. It and what
    it is made from lie in `folder`, or where short-lived files lie."""
    import xlsxwriter

    file = tempfile.TemporaryFile(suffix=".xlsx", dir=folder)  # noqa: SIM115 - handed to the caller
    book = xlsxwriter.Workbook(file, {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "tmpdir": str(folder) if folder else None,
    })
    book.set_properties({"title": title, "created": clock.now()})
    formats = _formats(book)
    names: set[str] = set()
    try:
        for sheet in sheets:
            _write_sheet(book, sheet, formats, names)
    except BaseException:
        _give_up(book)
        file.close()
        raise
    book.close()
    file.seek(0)
    return file


def _give_up(book: xlsxwriter.Workbook) -> None:
    """Close and delete the rows of a book that is not finished; the writer does so only when it is."""
    for page in book.worksheets():
        page.row_data_fh.close()
        Path(page.row_data_filename).unlink(missing_ok=True)


def file_title(title: Any) -> str:
    """A title without what file names may not hold; may be empty."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f\s]+', "-", str(title)).strip("-.")


def download(file: IO[bytes], name: str) -> Response:
    """An open file as a download called `name`, by whose ending its type is known; closed when it is sent."""
    response = Response(_pieces(file), mimetype=TYPES[name.rpartition(".")[2]])
    response.call_on_close(file.close)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def _formats(book: xlsxwriter.Workbook) -> dict[tuple[str, bool], Format]:
    made = {}
    for kind, pattern in NUMBER_FORMATS.items():
        made[kind, False] = book.add_format({"num_format": pattern})
        made[kind, True] = book.add_format({"num_format": pattern, "bold": True, "top": 1})
    made["heading", False] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    return made


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, formats: dict[tuple[str, bool], Format],
                 names: set[str]) -> None:
    page = _add_page(book, sheet, formats, names)
    line = 1
    for row in sheet.rows:
        if line >= MOST_ROWS:
            page, line = _add_page(book, sheet, formats, names), 1
        _write_row(page, line, sheet.columns, row, formats, total=False)
        line += 1
    if sheet.total is not None:
        _write_row(page, line, sheet.columns, sheet.total, formats, total=True)


def _add_page(book: xlsxwriter.Workbook, sheet: Sheet, formats: dict[tuple[str, bool], Format],
              names: set[str]) -> Worksheet:
    page = book.add_worksheet(sheet_name(sheet.title, names))
    page.freeze_panes(1, 1)
    for index, column in enumerate(sheet.columns):
        text = heading(column)
        page.set_column(index, index, max(WIDTHS.get(column.kind, 16), min(len(text) + 2, 40)))
        page.write_string(0, index, text, formats["heading", False])
    return page


def sheet_name(title: str, taken: set[str]) -> str:
    """A page name that the format allows: 31 characters, none of `[]:*?/\\`, no apostrophe at an end, unique."""
    base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip().strip("'").strip() or "Sheet"
    if base.lower() == "history":  # a name Excel keeps for itself
        base += " 1"
    name, number = base[:31].rstrip("' "), 2
    while name.lower() in taken:
        ending = f" ({number})"
        name, number = base[: 31 - len(ending)] + ending, number + 1
    taken.add(name.lower())
    return name


def _write_row(page: Worksheet, line: int, columns: Sequence[SheetColumn], row: Row,
               formats: dict[tuple[str, bool], Format], *, total: bool) -> None:
    for index, (column, value) in enumerate(zip(columns, row, strict=True)):
        _write_cell(page, line, index, column.kind, value, formats, total)


def _write_cell(page: Worksheet, line: int, index: int, kind: str, value: Any,
                formats: dict[tuple[str, bool], Format], total: bool) -> None:
    style = formats.get((kind, total)) or formats["text", total]
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        page.write_blank(line, index, None, style)
    elif kind == "money":
        page.write_number(line, index, value / 100, style)
    elif kind in {"count", "number", "percent", "change"}:
        page.write_number(line, index, value, style)
    elif isinstance(value, datetime) and value.year >= 1900:
        page.write_datetime(line, index, clock.to_zone(value, clock.shop_zone()), style)
    elif isinstance(value, date) and value.year >= 1900:
        page.write_datetime(line, index, datetime(value.year, value.month, value.day), style)
    else:
        text = str(value)
        page.write_string(line, index, text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…", style)
