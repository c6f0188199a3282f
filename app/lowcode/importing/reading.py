"""A file from a spreadsheet as texts: CSV in UTF-8, UTF-16 or GB18030, XLSX, XLS or ODS."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from app.core.i18n import lazy as _
from app.core.i18n import number_text
from app.core.importing import BrokenFile
from app.lowcode.sheets import STARTS_A_FORMULA

MOST_ROWS, MOST_COLUMNS = 200_000, 200
MOST_UNPACKED = 256 * 1024 * 1024
"""Bytes that a spreadsheet may have unpacked: more is a bomb, or nothing that people keep by hand."""
LONGEST_CELL = 100_000
SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How XLSX and ODS (zip) and XLS (a compound file) begin."""
ENCODINGS = ("utf-8-sig", "gb18030")
MARKED = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Rows = list[tuple[int, list[str]]]


def read_table(data: bytes, filename: str) -> tuple[list[str], Rows]:
    """The heading of a file, and its rows with the numbers that a spreadsheet shows; empty rows are left out.
    BrokenFile says why it is no such file."""
    if not data.strip():
        raise BrokenFile(_("%(file)s is empty.", file=filename))
    raw = _spreadsheet(data, filename) if data.startswith(SPREADSHEET) else _csv(data, filename)
    rows: Rows = []
    heading: list[str] | None = None
    for number, cells in enumerate(raw, 1):
        texts = [_clean(cell) for cell in cells]
        if not any(texts):
            continue
        if heading is None:
            heading = _heading(texts, filename)
            continue
        if any(texts[len(heading):]):
            raise BrokenFile(_("Row %(row)s of %(file)s has more values than there are columns.", row=number,
                               file=filename))
        if len(rows) >= MOST_ROWS:
            raise BrokenFile(_("%(file)s has more than %(count)s rows. Bring it in parts.", file=filename,
                               count=number_text(MOST_ROWS)))
        rows.append((number, (texts + [""] * len(heading))[:len(heading)]))
    if heading is None or not rows:
        raise BrokenFile(_("%(file)s has a heading but no rows.", file=filename))
    return heading, rows


def _heading(texts: list[str], filename: str) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        raise BrokenFile(_("%(file)s has more than %(count)s columns.", file=filename, count=MOST_COLUMNS))
    return texts


def _csv(data: bytes, filename: str) -> Iterator[Iterable[Any]]:
    text = _decoded(data, filename)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL * 2))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise BrokenFile(_("The quotation marks in row %(row)s of %(file)s do not match.", row=rows.line_num,
                               file=filename)) from None


def _decoded(data: bytes, filename: str) -> str:
    for mark, encoding in MARKED.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _UNSTORABLE.search(text) is None:
            return text
    raise BrokenFile(_("%(file)s is no table: save it as XLSX, or as CSV in UTF-8.", file=filename))


def _spreadsheet(data: bytes, filename: str) -> list[list[Any]]:
    import python_calamine as calamine

    refused = BrokenFile(_("%(file)s cannot be read: it is damaged, locked with a password, or no spreadsheet.",
                           file=filename))
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
                    raise refused
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except BrokenFile:
        raise
    except Exception as error:  # the reader raises many kinds, panics of its core among them
        raise refused from error


def _clean(cell: Any) -> str:
    """A cell as a person would type it."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != time.min else cell.date().isoformat()
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    text = str(cell).strip()
    if len(text) > LONGEST_CELL or _UNSTORABLE.search(text):
        text = _UNSTORABLE.sub("\ufffd", text[:LONGEST_CELL])
    # An apostrophe with which our own CSV keeps a text from being a formula (`app.lowcode.sheets.harmless`).
    return text[1:] if text.startswith("'") and text[1:2] in STARTS_A_FORMULA else text
