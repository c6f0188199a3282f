"""Reading another system's tables: one CSV file each, every value asked for by its column and its type.

    tables = TableFolder(Path("dump"), "shop_", report)         # dump/shop_goods.csv or .csv.gz, and so on

    def take(row: TableRow) -> None:
        bring(row.required("name"), row.fen("price"))           # RowRefused, with the column, where a value is wrong

    tables.read("goods", "products", ["name", "price"], take, _("Products"))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core import clock
from app.core.i18n import lazy as _
from app.core.importing import BrokenFile, ImportReport, Progress, Silent, open_rows
from app.core.money import to_fen


class RowRefused(Exception):
    """Why a row cannot be taken."""


class TableRow:
    """A row, whose values are read as what they should be; RowRefused names the column where one is not."""

    def __init__(self, file: str, number: int, values: dict[str, str]) -> None:
        self.file, self.number, self._values = file, number, values

    def text(self, column: str) -> str:
        """The text without blanks around it; may be empty."""
        return self._values[column].strip()

    def required(self, column: str) -> str:
        """The text, which is not empty."""
        return self.text(column) or self._refuse(column)

    def whole(self, column: str, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number within these bounds."""
        value = self.text(column)
        if not value.isdecimal() or len(value) > 12 or not low <= int(value) <= high:
            self._refuse(column)
        return int(value)

    def yes(self, column: str) -> bool:
        """1 or 0."""
        value = self.text(column)
        return value == "1" if value in {"0", "1"} else self._refuse(column)

    def fen(self, column: str) -> int:
        """An amount that is not below zero, in fen."""
        try:
            amount = to_fen(self.text(column))
        except ValueError:
            amount = -1
        return amount if amount >= 0 else self._refuse(column)

    def moment(self, column: str) -> datetime:
        """A time on the shop's wall clock, as it is stored."""
        try:
            return clock.from_zone(datetime.fromisoformat(self.text(column)), clock.shop_zone())
        except (ValueError, OverflowError):
            return self._refuse(column)

    def texts(self, column: str) -> list[str]:
        """A JSON list of texts; an empty value is an empty list."""
        try:
            value = json.loads(self.text(column) or "[]")
        except ValueError:
            value = None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._refuse(column)
        return value

    @property
    def is_deleted(self) -> bool:
        """Whether the other system has struck the row out by a mark in its column `deleted`."""
        return self._values.get("deleted") == "1"

    def _refuse(self, column: str) -> Any:
        value = self._values[column]
        raise RowRefused(_("“%(value)s” is not right for %(column)s.", column=column,
                           value=value if len(value) <= 40 else value[:40] + "…"))


class TableFolder:
    """A folder with a file for each table, whose name begins with `prefix`."""

    def __init__(self, path: Path, prefix: str, report: ImportReport, *, encoding: str = "utf-8",
                 progress: Progress | None = None) -> None:
        self.report = report
        self._path, self._prefix, self._encoding, self._progress = path, prefix, encoding, progress or Silent()

    def read(
        self, table: str, kind: str, columns: Sequence[str], take: Callable[[TableRow], None], label: Any,
    ) -> None:
        """Hand every row of a table to `take`; those that it refuses go on the report. Deleted rows are left out.

        `kind` is what the report calls the things in the table.
        """
        file = self._find(table)
        with open_rows(file, columns, self.report, encoding=self._encoding) as rows, \
                self._progress.step(label, rows.size) as advance:
            told = 0
            for row in self._rows(file.name, columns, rows):
                if row.is_deleted:
                    self.report.leave_out(kind, row.text(columns[0]), _("deleted there"))
                    continue
                try:
                    take(row)
                except RowRefused as refused:
                    self.report.refuse(row.file, row.number, refused.args[0])
                advance(rows.position() - told)
                told = rows.position()
            advance(rows.size - told)

    @staticmethod
    def _rows(file: str, columns: Sequence[str], rows: Any) -> Iterator[TableRow]:
        for number, values in rows:
            yield TableRow(file, number, dict(zip(columns, values, strict=True)))

    def _find(self, table: str) -> Path:
        for name in (f"{self._prefix}{table}.csv.gz", f"{self._prefix}{table}.csv"):
            if (self._path / name).is_file():
                return self._path / name
        raise BrokenFile(_("There is no file %(file)s in this folder.", file=f"{self._prefix}{table}.csv"))
