"""Finding again what an import brought before, and writing only what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from app.core.db import Record, check_columns, db
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.core.importing import ImportReport
from app.core.table_files import RowRefused, TableRow

R = TypeVar("R", bound=Record)


class Keeper(Generic[R]):
    """The records of one model that came from one source, by their id there."""

    def __init__(self, model: type[R], source: str, kind: str, report: ImportReport, unique: str | None = None) -> None:
        self._model, self._source, self._kind, self._report, self._unique = model, source, kind, report, unique
        table: Any = model
        self._known: dict[str, R] = {
            record.source_id: record for record in db.session.scalars(select(table).where(table.source == source))}
        # Who holds a value that is given only once: a row that wants it, too, is refused by its number here, and not
        # without one by the database at the end.
        self._holders: dict[str, str | None] = {} if unique is None else {
            value: source_id if origin == source else None for value, origin, source_id in db.session.execute(
                select(getattr(table, unique), table.source, table.source_id))}

    def find(self, source_id: str) -> R | None:
        """The record with this id in the source, or None."""
        return self._known.get(source_id)

    def get(self, row: TableRow, column: str) -> R:
        """The record that a column of a row points to; RowRefused where there is none."""
        found = self._known.get(row.text(column))
        if found is None:
            raise RowRefused(_("“%(value)s” in %(column)s points to nothing.", value=row.text(column), column=column))
        return found

    def keep(self, row: TableRow, first: Callable[[], dict[str, Any]] | None = None, **values: Any) -> R:
        """Make or change the record of this row. `first` gives what only a new record takes from the source, because
        it is the shop's own afterwards."""
        source_id = row.required("id")
        if self._unique is not None and self._holders.setdefault(values[self._unique], source_id) != source_id:
            raise RowRefused(_("“%(value)s” is in use here already.", value=values[self._unique]))
        record = self._known.get(source_id)
        if record is None:
            record = self._model(source=self._source, source_id=source_id, **values, **(first() if first else {}))
            self._check(record)
            db.session.add(record)
            self._known[source_id] = record
            self._report.count(self._kind, "added")
            return record
        changed = {name: value for name, value in values.items() if getattr(record, name) != value}
        if changed:
            before = {name: getattr(record, name) for name in changed}
            for name, value in changed.items():
                setattr(record, name, value)
            try:
                self._check(record)
            except RowRefused:
                for name, value in before.items():
                    setattr(record, name, value)
                raise
        self._report.count(self._kind, "changed" if changed else "unchanged")
        return record

    @staticmethod
    def _check(record: R) -> None:
        """Hold the record against its own rules now, while the row is known."""
        with db.session.no_autoflush:
            try:
                check_columns(record)
                record.check()
            except BusinessError as error:
                fields = "; ".join(f"{name}: {message}" for name, message in error.fields.items())
                raise RowRefused(fields or str(error)) from None
