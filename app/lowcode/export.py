"""A list as a file: what its filters leave, in its order, as CSV or as a spreadsheet.

A cell says what the screen says: a formatter that masks a telephone number masks it here as well. Rows are read page by
page, by key and from one snapshot, so memory stays flat; the file is whole before its first byte is sent, so nobody
works with half of one. A file for which people would have to wait is made by a worker (`app.lowcode.list_files`). Every
export leaves a line in the audit trail.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import clock, files
from app.core.database import db, reading
from app.core.errors import BusinessError, NotFound
from app.core.events import Audited, publish
from app.core.i18n import gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode.cells import NO, YES
from app.lowcode.fields import WORD_SEPARATOR, Field
from app.lowcode.listing import Listing
from app.lowcode.registry import registry
from app.lowcode.sheets import TYPES, Sheet, csv_lines, download, file_title, write_xlsx

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

WHILE_WAITING = {"csv": 200_000, "xlsx": 50_000}
"""Rows that somebody waits for, by the form of the file: some seconds. A longer file is made by a worker."""
MOST_ROWS = 5_000_000
"""Rows of any file: more than that nobody opens."""
AT_ONCE = 1_000
KINDS = {"money": "money", "integer": "number", "decimal": "number", "day": "day", "moment": "moment"}
"""The kinds of fields that stay numbers and dates in a file; all others are text."""


@dataclass(frozen=True)
class ListExported(Audited):
    """Somebody took rows of a screen out of the house."""

    kind_of_record = _("Exports")
    screen: str
    row_count: int
    form: str
    query: str

    def record_name(self) -> str:
        view = registry().screen_named(self.screen)
        return str(view.list_title) if view is not None else self.screen

    def in_words(self) -> str:
        return gettext("Exported %(count)s rows as %(form)s", count=number_text(self.row_count), form=self.form.upper())


@dataclass(frozen=True)
class ExportColumn:
    """A column of the file: `kind` as `app.lowcode.sheets` knows it; `value` makes a cell of what the field holds."""

    label: Any
    kind: str
    value: Callable[[Any], Any]


def export_list(screen: "Screen", args: MultiDict[str, str], form: str, shown: list[Field],
                whole: bool) -> Response | None:
    """The rows that a list with these `args` shows, as a download with the columns `shown`; None where there are so
    many that making the file was posted. `form` is csv or xlsx; `whole` takes the other columns of the list and of the
    record page as well. BadRequest for args that the list refuses."""
    if form not in TYPES:
        raise NotFound(_("Lists can be exported as CSV or XLSX."))
    fields = every_field(screen, shown) if whole else shown
    rows = ListRows(screen, args, fields)
    if rows.are_more_than(WHILE_WAITING[form]):
        from app.lowcode.list_files.making import ask_for

        ask_for(screen, rows.args, form, fields)
        db.session.commit()
        return None
    db.session.commit()  # whatever follows only reads, and on SQLite nobody waits for it
    with reading(one_snapshot=True):
        file = rows.write(form)
        db.session.rollback()
    publish(ListExported(type(screen).__name__, rows.number, form, query_text(args)))
    db.session.commit()
    return download(file, file_name(screen, form))


class ListRows:
    """All rows of a list, whatever its pages, for a file; `number` is how many were read so far."""

    def __init__(self, screen: "Screen", args: MultiDict[str, str], fields: list[Field]) -> None:
        self.screen = screen
        self.args = MultiDict([(key, value) for key, value in args.items(multi=True)
                               if key not in {"after", "before", "last", "size", "count"}])
        self.listing = Listing(screen, self.args, fields=fields)
        self.listing.page_size = AT_ONCE
        self.columns, self.number = [_column(screen, field) for field in fields], 0
        self.tell: Callable[[int], None] = lambda _number: None

    def are_more_than(self, most: int) -> bool:
        """Whether there are more rows than so many, found without counting further."""
        return not self.listing.count(cap=most).is_exact

    def count(self) -> int:
        """How many rows there are; BusinessError for more than any file has."""
        found = self.listing.count(cap=MOST_ROWS)
        if not found.is_exact:
            raise BusinessError(_("These are more than %(count)s rows; narrow the list with filters first."),
                                count=number_text(MOST_ROWS))
        return found.number

    def write(self, form: str, *, folder: Path | None = None, tell: Callable[[int], None] | None = None) -> IO[bytes]:
        """The file, open at its start; the caller closes it. It lies in `folder`, or where short-lived files lie;
        `tell` is called now and then with the number of rows written."""
        self.tell = tell or self.tell
        sheet = Sheet(str(self.screen.list_title), self.columns, self)
        if form == "xlsx":
            return write_xlsx([sheet], title=sheet.title, folder=folder)
        return _csv(sheet, folder)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self.number = 0
        while True:
            rows = self.listing.fetch()
            drawn = [[column.value(value) for value in rows.values(field)]
                     for column, field in zip(self.columns, self.listing.fields, strict=True)]
            yield from zip(*drawn, strict=True)
            self.number += len(rows)
            self.tell(self.number)
            if not rows.has_next:
                return
            self.args["after"] = rows.place(-1)


def file_name(screen: "Screen", form: str) -> str:
    """What the file is called: the list and the day."""
    day = clock.to_zone(clock.now(), clock.shop_zone()).date()
    return f"{file_title(screen.list_title) or 'list'}_{day.isoformat()}.{form}"


def every_field(screen: "Screen", shown: list[Field] | None = None) -> list[Field]:
    """The columns shown, and after them those of the list and of the record page."""
    found = {field.path: field for field in [*(shown or []), *screen.list_fields]}
    for _title, _help, fields in screen.show_groups:
        for field in fields:
            found.setdefault(field.path, field)
    return list(found.values())


def _column(screen: "Screen", field: Field) -> ExportColumn:
    formatter = screen.formatter(field)
    if formatter is not None:
        shown = formatter
        inner = (lambda value: value[1]) if field.kind == "reference" else (lambda value: value)
        return ExportColumn(field.label, "text", lambda value: None if value is None else Markup(
            escape(shown(inner(value)))).striptags())
    if field.kind == "choice" and field.info.get("choices"):
        words = {answer: str(answer) for answer in field.info["choices"]}
        return ExportColumn(field.label, "text", lambda value: words.get(value, value))
    return ExportColumn(field.label, KINDS.get(field.kind, "text"), _VALUES.get(field.kind, lambda value: value))


_VALUES: dict[str, Callable[[Any], Any]] = {
    "reference": lambda value: None if value is None else value[1],
    "references": lambda value: listed(map(str, value or ())),
    "yes_no": lambda value: None if value is None else str(YES if value else NO),
    "words": lambda value: WORD_SEPARATOR.join(value or ()),
    "picture": lambda value: files.file_url(value) if value else None,
    "pictures": lambda value: " ".join(map(files.file_url, value or ())),
    "json": lambda value: None if value is None else json.dumps(value, ensure_ascii=False, default=str),
    "rich_text": lambda value: None if value is None else Markup(value).striptags(),
}


def _csv(sheet: Sheet, folder: Path | None) -> IO[bytes]:
    file = tempfile.TemporaryFile(suffix=".csv", dir=folder)  # noqa: SIM115 - closed with the response
    try:
        for piece in csv_lines(sheet):
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def query_text(args: MultiDict[str, str]) -> str:
    """The filters, for the audit trail."""
    return "&".join(f"{key}={value}" for key, value in args.items(multi=True))[:500]

