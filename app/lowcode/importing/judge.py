"""What the rows of a file would do: read, found again, held against the rules of the form, compared.

Rows are judged a stretch at a time, so that related records, records to change and taken values are asked for once for
all of them. The same judge serves the trial, which writes nothing, and the import itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.core.bulk_rows import one_of
from app.core.changes import plain, typed
from app.core.database import db
from app.core.db import check_record
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.lowcode import forms
from app.lowcode.fields import Field, Read, parse_id, primary_key, reason_of
from app.lowcode.importing.cells import References, importable, read_cell, write_cell
from app.lowcode.importing.matching import KEY
from app.lowcode.importing.models import Import, ImportRow, Outcome
from app.lowcode.judging import id_column

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ROW = ""
"""The name under which a reason stands that is about the row as a whole."""


@dataclass
class Verdict:
    """What one row would do. `record` is the one it changes; `changes` are path to [before, after], as shown."""

    outcome: Outcome
    read: Read
    record: Any = None
    reasons: dict[str, str] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)


def key_fields(screen: "Screen") -> list[Field]:
    """The fields by which a record can be found again: those no two records share."""
    return [each for each in importable(screen.form_fields)
            if each.column is not None and each.through is None and each.kind in {"text", "phone", "email", "integer"}
            and _is_unique(each)]


def _is_unique(field: Field) -> bool:
    column = field.column
    assert column is not None
    return bool(column.unique) or any(
        index.unique and [each.name for each in index.columns] == [column.name] and not index.dialect_kwargs
        for index in column.table.indexes)


def reasons_of(error: Exception) -> dict[str, str]:
    """A refusal by the fields it names, or for the row as a whole."""
    try:
        forms.raise_as_business_error(error)
    except BusinessError as refused:
        return {path: str(reason) for path, reason in refused.fields.items()} or {ROW: str(refused)}
    return {ROW: str(error)}


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column has one of these values, very many of them."""
    return one_of(column, values, db.engine.dialect.name)


def stored(record: Any, field: Field) -> Any:
    """A field's value as JSON can hold it: of references the ids."""
    if field.kind == "references":
        return sorted(getattr(each, primary_key(type(each)).key) for each in getattr(record, field.path))
    return plain(getattr(record, id_column(field) or field.path))


def unstored(field: Field, value: Any) -> Any:
    """The reverse, as a form would have read it."""
    return value if field.column is None or field.kind in {"reference", "references"} else typed(field.column, value)


class Judge:
    """Judges the rows of one import on its screen. `may_add` and `may_edit` are what the importer may do."""

    def __init__(self, screen: "Screen", run: Import, *, may_add: bool, may_edit: bool) -> None:
        self.screen, self.run, self.may_add, self.may_edit = screen, run, may_add, may_edit
        self.fields = {each.path: each for each in importable(screen.form_fields)}
        self.places = {path: place for place, path in enumerate(run.matches) if path}
        self.references = References()
        self.unique = [each for each in key_fields(screen) if each.path in self.places]
        self._seen: dict[tuple[str, Any], int] = {}
        self._records: dict[Any, Any] = {}
        self._owners: dict[tuple[str, Any], int] = {}

    def judge(self, rows: Sequence[ImportRow]) -> list[Verdict]:
        """What each of these rows would do. Nothing is written; records may be left changed, so the caller rolls back
        or expires them."""
        for path, place in self.places.items():
            if path in self.fields and self.fields[path].kind in {"reference", "references"}:
                self.references.learn(self.fields[path], {row.cells[place] for row in rows})
        reads = [self._read(row) for row in rows]
        keys = [self._key(row, read) for row, read in zip(rows, reads, strict=True)]
        self._find(keys)
        self._find_owners(reads)
        # Records are changed in order to be looked at; no query in between may write that.
        with db.session.no_autoflush:
            return [self._verdict(row, read, key) for row, read, key in zip(rows, reads, keys, strict=True)]

    # -- reading ---------------------------------------------------------------------------------------------

    def _read(self, row: ImportRow) -> Read:
        values: dict[str, Any] = {}
        refused: dict[str, Any] = {}
        for path, place in self.places.items():
            item, text = self.fields.get(path), row.cells[place]
            if item is None or (text == "" and self.run.keeps_when_empty):
                continue
            try:
                value = read_cell(item, text)
                if item.kind in {"reference", "references"}:
                    value = self.references.read(item, text)
                values[path] = value
            except ValueError as error:
                refused[path] = reason_of(error)
        return Read(values, refused)

    def _key(self, row: ImportRow, read: Read) -> Any:
        """What the record of a row is found by; None for a new one, a ValueError where it cannot be read."""
        path = self.run.key_path
        if path is None or path not in self.places:
            return None
        if path != KEY:
            return read.values.get(path)
        text = row.cells[self.places[path]].removeprefix("#")
        try:
            return parse_id(text) if text else None
        except ValueError as error:
            return error

    # -- finding ---------------------------------------------------------------------------------------------

    def _find(self, keys: Iterable[Any]) -> None:
        """The records with these keys among the rows of the screen."""
        wanted = {key for key in keys if key is not None and not isinstance(key, ValueError)}
        if self.run.key_path is None or not wanted:
            self._records = {}
            return
        column = primary_key(self.screen.model) if self.run.key_path == KEY else getattr(
            self.screen.model, self.run.key_path)
        found = db.session.scalars(
            select(self.screen.model).where(among(column, wanted), *self.screen.row_conditions()))
        name = primary_key(self.screen.model).key if self.run.key_path == KEY else self.run.key_path
        self._records = {getattr(record, name): record for record in found}

    def _find_owners(self, reads: Sequence[Read]) -> None:
        """Who has the values that nobody else may have."""
        self._owners = {}
        for item in self.unique:
            wanted = {read.values[item.path] for read in reads if read.values.get(item.path) is not None}
            if wanted:
                column = getattr(self.screen.model, item.path)
                for row_id, value in db.session.execute(
                        select(primary_key(self.screen.model), column).where(among(column, wanted))):
                    self._owners[item.path, value] = row_id

    # -- judging ---------------------------------------------------------------------------------------------

    def _verdict(self, row: ImportRow, read: Read, key: Any) -> Verdict:
        if isinstance(key, ValueError):
            return Verdict(Outcome.refused, read, reasons={KEY: str(reason_of(key))})
        record = self._records.get(key) if key is not None else None
        reasons = self._reasons_about_the_row(row, read, key, record)
        if reasons:
            return Verdict(Outcome.refused, read, record, reasons)
        before = {} if record is None else {path: write_cell(self.fields[path], getattr(record, path))
                                            for path in read.values}
        was = {} if record is None else {path: stored(record, self.fields[path]) for path in read.values}
        is_new = record is None
        candidate = self.screen.model() if is_new else record
        try:
            forms.put_into(self.screen, candidate, read, is_new=is_new)
            check_record(candidate)
        except BusinessError as error:
            return Verdict(Outcome.refused, read, record, reasons_of(error))
        if is_new:
            return Verdict(Outcome.new, read)
        touched = [path for path in read.values if stored(candidate, self.fields[path]) != was[path]]
        changes = {path: [before[path], write_cell(self.fields[path], getattr(candidate, path))] for path in touched}
        return Verdict(Outcome.changed if touched else Outcome.same, read, record, {}, changes)

    def _reasons_about_the_row(self, row: ImportRow, read: Read, key: Any, record: Any) -> dict[str, str]:
        if record is None and self.run.key_path == KEY and key is not None:
            return {KEY: str(_("There is no record with this ID here."))}
        if record is None and not self.may_add:
            return {ROW: str(_("This would add a record, for which you have no permission."))}
        if record is not None and not self.may_edit:
            return {ROW: str(_("This would change a record, for which you have no permission."))}
        own = getattr(record, primary_key(self.screen.model).key) if record is not None else None
        for item in self.unique:
            value = read.values.get(item.path)
            if value is None:
                continue
            first = self._seen.setdefault((item.path, value), row.number)
            if first != row.number:
                return {item.path: str(_("Row %(row)s has the same value.", row=first))}
            if self._owners.get((item.path, value), own) != own:
                return {item.path: str(_("Another record has this value already."))}
        if self.run.key_path == KEY and key is not None:
            first = self._seen.setdefault((KEY, key), row.number)
            if first != row.number:
                return {KEY: str(_("Row %(row)s has the same value.", row=first))}
        return {}
