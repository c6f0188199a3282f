"""The quick way for screens that declare `quick_import`: the same verdicts, and records written past the session.

A record of such a screen is its columns and its links, and nothing else happens when it is saved: no hooks of the
screen, no rows worked out from it. So a value that stands in ten thousand rows is read and judged once, records are
plain rows that the model's own `check` looks at, and what is written goes to the driver many rows at a time, with a
line in the audit trail for each. A contract test holds what this writes against what a form writes.

    judge = QuickJudge(screen, run, may_add=True, may_edit=True)
    verdicts = judge.judge(rows)        # as `Judge` does
    kept = judge.write(rows, verdicts)  # what each row keeps; an IntegrityError where somebody was faster
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, inspect, select

from app.core import clock
from app.core.bulk import BulkTable
from app.core.bulk_rows import RowMaker, update_rows
from app.core.changes import SECRET, RecordChanged, announce_each, plain
from app.core.database import db
from app.core.errors import BusinessError
from app.core.html import sanitise
from app.lowcode.fields import Field, Read, primary_key, reason_of
from app.lowcode.filters import titles_of
from app.lowcode.forms import keeps_default
from app.lowcode.importing.cells import read_cell, write_cell
from app.lowcode.importing.judge import Judge, Verdict, among, reasons_of
from app.lowcode.importing.matching import KEY
from app.lowcode.importing.models import Import, Outcome
from app.lowcode.judging import REQUIRED, id_column, nowhere, reason_against

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

KEPT = ("outcome", "reasons", "record_id", "before", "after", "is_written")
"""What a row of an import keeps of its being written."""
REMEMBERED = 20_000
"""Different texts of one column whose values are remembered; beyond them the column hardly repeats itself."""


@dataclass
class Links:
    """A reference to many rows: the table in between, its columns for here and there, and what is linked now."""

    table: Any
    here: Any
    there: Any
    found: dict[int, list[int]]


@dataclass
class QuickVerdict(Verdict):
    """`record` is how it will be, `before` how it is; `touched` are the paths in which they differ."""

    before: Any = None
    touched: list[str] = field(default_factory=list)


class QuickJudge(Judge):
    """Judges as `Judge` does, and writes what it judged. Its records are known to no session."""

    is_trial = True
    """Whether nothing is written, so that rows need not be kept from others."""

    def __init__(self, screen: "Screen", run: Import, *, may_add: bool, may_edit: bool) -> None:
        super().__init__(screen, run, may_add=may_add, may_edit=may_edit)
        mapper = inspect(screen.model)
        self.model, self.table = screen.model, screen.model.__table__
        self._columns = {attribute.key: attribute.columns[0] for attribute in mapper.column_attrs}
        self._told_otherwise = {name for name, column in self._columns.items()
                                if column.info.get("untold") or column.info.get("secret")}
        self._links = {path: _links(item) for path, item in self.fields.items()
                       if item.kind == "references" and path in self.places}
        self._attribute = {path: id_column(self.fields[path]) or path
                           for path in self.places if path in self.fields and path not in self._links}
        self._new = mapper.class_manager.new_instance
        self._blank = dict.fromkeys(self._columns)
        self._remembered: dict[str, dict[str, tuple[Any, Any]]] = {path: {} for path in self.places}
        self._titles: dict[Any, dict[int, str]] = defaultdict(dict)
        self._required = [path for path, item in self.fields.items() if item.required and item.kind != "yes_no"]

    # -- judging ---------------------------------------------------------------------------------------------

    def _read(self, row: Any) -> Read:
        values: dict[str, Any] = {}
        refused: dict[str, Any] = {}
        for path, place in self.places.items():
            text = row.cells[place]
            if path not in self.fields or (text == "" and self.run.keeps_when_empty):
                continue
            remembered = self._remembered[path]
            found = remembered.get(text)
            if found is None:
                found = self._value_of(self.fields[path], text)
                if len(remembered) < REMEMBERED:
                    remembered[text] = found
            value, reason = found
            if reason is None:
                values[path] = value
            else:
                refused[path] = reason
        return Read(values, refused)

    def _value_of(self, item: Field, text: str) -> tuple[Any, Any]:
        """The value of a cell, or why it cannot stand there."""
        try:
            value = read_cell(item, text)
            if item.kind in {"reference", "references"}:
                value = self.references.read(item, text)
                ids = value if isinstance(value, list) else [] if value is None else [value]
                lost = self.references.unknown(item, ids)
                if lost:
                    return None, nowhere(lost)
        except ValueError as error:
            return None, reason_of(error)
        if item.kind == "rich_text" and value:
            value = sanitise(value)
        return sorted(value) if item.kind == "references" else value, reason_against(item, value)

    def _find(self, keys: Iterable[Any]) -> None:
        wanted = {key for key in keys if key is not None and not isinstance(key, ValueError)}
        self._records = {}
        if self.run.key_path is None or not wanted:
            return
        name = primary_key(self.model).key if self.run.key_path == KEY else self.run.key_path
        rows = select(*self._columns.values()).where(
            among(getattr(self.model, name), wanted), *self.screen.row_conditions())
        for row in db.session.execute(rows if self.is_trial else rows.with_for_update()):
            record = self._made(zip(self._columns, row, strict=True))
            self._records[getattr(record, name)] = record
        for links in self._links.values():
            links.found = _linked(links, [record.id for record in self._records.values()])

    def _made(self, values: Any) -> Any:
        record = self._new()
        record.__dict__.update(values)
        return record

    def _verdict(self, row: Any, read: Read, key: Any) -> QuickVerdict:
        if isinstance(key, ValueError):
            return QuickVerdict(Outcome.refused, read, reasons={KEY: str(reason_of(key))})
        before = self._records.get(key) if key is not None else None
        missing = {} if before is not None else {path: REQUIRED for path in self._required if path not in read.values}
        refused = missing | read.refused
        reasons = self._reasons_about_the_row(row, read, key, before) or {
            path: str(reason) for path, reason in refused.items()}
        if reasons:
            return QuickVerdict(Outcome.refused, read, before, reasons)
        record = self._made(self._blank if before is None else (
            (name, before.__dict__[name]) for name in self._columns))
        touched = self._put_into(record, read, before)
        try:
            record.check()
        except BusinessError as error:
            return QuickVerdict(Outcome.refused, read, before, reasons_of(error))
        if before is None:
            return QuickVerdict(Outcome.new, read, record, touched=touched)
        changes = {path: [self._words(path, before), self._words(path, record, read)] for path in touched}
        outcome = Outcome.changed if touched else Outcome.same
        return QuickVerdict(outcome, read, record, {}, changes, before, touched)

    def _put_into(self, record: Any, read: Read, before: Any) -> list[str]:
        """Give a record what was read; the paths of what is another value then."""
        touched, values = [], record.__dict__
        for path, value in read.values.items():
            if path in self._links:
                if value != ([] if before is None else self._links[path].found.get(before.id, [])):
                    touched.append(path)
                continue
            if value is None and keeps_default(self.fields[path]):
                continue
            name = self._attribute[path]
            if values[name] != value:
                touched.append(path)
                values[name] = value
        return touched

    def _words(self, path: str, record: Any, read: Read | None = None) -> str:
        """A field of a record as it is shown."""
        item = self.fields[path]
        if path in self._links:
            ids = self._links[path].found.get(record.id, []) if read is None else read.values[path]
            return str(write_cell(item, self._titles_of(item, ids)))
        value = getattr(record, self._attribute[path])
        if item.kind == "reference":
            return "" if value is None else self._titles_of(item, [value])[0]
        return str(write_cell(item, value))

    def _titles_of(self, item: Field, ids: list[int]) -> list[str]:
        assert item.target is not None
        known = self._titles[item.target]
        unknown = [row_id for row_id in ids if row_id not in known]
        if unknown:
            known |= titles_of(item.target, unknown)
        return [known.get(row_id, f"#{row_id}") for row_id in ids]

    # -- writing ---------------------------------------------------------------------------------------------

    def write(self, rows: Sequence[Any], verdicts: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Write what the verdicts say and tell of it; what each row of the import keeps, its id and `KEPT`."""
        told = self._change([each for each in verdicts if each.outcome is Outcome.changed])
        told += self._add([each for each in verdicts if each.outcome is Outcome.new])
        announce_each(self.model, told)
        return [self._kept(row, verdict) for row, verdict in zip(rows, verdicts, strict=True)]

    def _kept(self, row: Any, verdict: QuickVerdict) -> tuple[Any, ...]:
        if verdict.outcome not in {Outcome.new, Outcome.changed}:
            return row.id, verdict.outcome, verdict.reasons or None, None, None, None, False
        before = None if verdict.before is None else self._stored(verdict, verdict.before)
        return (row.id, verdict.outcome, None, verdict.record.id, before,
                self._stored(verdict, verdict.record, verdict.read), True)

    def _stored(self, verdict: QuickVerdict, record: Any, read: Read | None = None) -> dict[str, Any]:
        """What was touched, as `judge.stored` gives it."""
        values, found = record.__dict__, {}
        for path in verdict.touched:
            if path not in self._links:
                found[path] = plain(values[self._attribute[path]])
            else:
                found[path] = self._links[path].found.get(record.id, []) if read is None else read.values[path]
        return found

    def _add(self, verdicts: list[QuickVerdict]) -> list[RecordChanged]:
        if not verdicts:
            return []
        connection, now = db.session.connection(), clock.now()
        names = sorted(set(self._attribute.values()))
        defaults = {name: self._columns[name].default for name in names if self._columns[name].default is not None}
        rows = RowMaker(connection, self.table, ["id", *names], created_at=now, updated_at=now)
        told = []
        with BulkTable(connection, self.table, rows.columns, shared=True) as table:
            for verdict in verdicts:
                values = verdict.record.__dict__
                values["id"] = table.take_id()
                told.append(self._told("added", verdict))
                for name, default in defaults.items():
                    if values[name] is None:
                        values[name] = default.arg if default.is_scalar else default.arg(None)
                table.add(rows.row(values))
        self._link(verdicts)
        return told

    def _change(self, verdicts: list[QuickVerdict]) -> list[RecordChanged]:
        connection, now = db.session.connection(), clock.now()
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for verdict in verdicts:
            names = tuple(self._attribute[path] for path in verdict.touched if path not in self._links)
            if names:
                values = verdict.record.__dict__
                alike[names].append((values["id"], *(values[name] for name in names), now))
        for names, rows in alike.items():
            update_rows(connection, self.table, (*names, "updated_at"), rows)
        told = [self._told("edited", verdict) for verdict in verdicts]
        self._link(verdicts)
        return told

    def _told(self, action: str, verdict: QuickVerdict) -> RecordChanged:
        """The change as a save tells it."""
        changes: dict[str, list[Any]] = {}
        before = self._blank if verdict.before is None else verdict.before.__dict__
        values = verdict.record.__dict__
        for path in verdict.touched:
            if path in self._links:
                gone, come = self._moved(path, verdict)
                changes[path] = [sorted(self._titles_of(self.fields[path], ids)) for ids in (gone, come)]
                continue
            name = self._attribute[path]
            if name in self._told_otherwise:
                if not self._columns[name].info.get("untold"):
                    changes[name] = [SECRET, SECRET]
                continue
            changes[name] = [plain(before[name]), plain(values[name])]
        return RecordChanged(action, self.table.name, verdict.record.id, str(verdict.record), changes)

    def _moved(self, path: str, verdict: QuickVerdict) -> tuple[list[int], list[int]]:
        """The ids that a record is no longer linked to, and those it is now."""
        was = set() if verdict.before is None else set(self._links[path].found.get(verdict.before.id, []))
        will = set(verdict.read.values[path])
        return sorted(was - will), sorted(will - was)

    def _link(self, verdicts: list[QuickVerdict]) -> None:
        connection = db.session.connection()
        for path, links in self._links.items():
            moved = [(verdict.record.id, *self._moved(path, verdict)) for verdict in verdicts
                     if path in verdict.touched]
            gone = [{"b_here": here, "b_there": there} for here, old, _new in moved for there in old]
            come = [{links.here.name: here, links.there.name: there} for here, _old, new in moved for there in new]
            if gone:
                connection.execute(delete(links.table).where(
                    links.here == bindparam("b_here"), links.there == bindparam("b_there")), gone)
            if come:
                connection.execute(insert(links.table), come)


def _links(item: Field) -> Links:
    relation = item.relation
    assert relation is not None and relation.secondary is not None
    pairs = dict(relation.local_remote_pairs or [])
    here = pairs[primary_key(relation.parent.class_)]
    there = next(column for column in relation.secondary.c if column.references(primary_key(relation.mapper.class_))
                 and column is not here)
    return Links(relation.secondary, here, there, {})


def _linked(links: Links, ids: list[int]) -> dict[int, list[int]]:
    """By id, the ids that records are linked to, in order."""
    found: dict[int, list[int]] = defaultdict(list)
    if ids:
        for here, there in db.session.execute(
                select(links.here, links.there).where(among(links.here, ids)).order_by(links.there)):
            found[here].append(there)
    return found


def why_not_quick(screen: "Screen") -> str | None:
    """What of a screen the quick way would pass over, for whoever declares it; None if there is nothing."""
    from app.lowcode.screen import Screen

    hooks = ("pre_add", "post_add", "pre_update", "post_update")
    own = [hook for hook in hooks if getattr(type(screen), hook) is not getattr(Screen, hook)]
    if own:
        return f"it has {', '.join(own)}"
    filled = [column.name for column in screen.model.__table__.c if column.server_default is not None]
    if filled:
        return f"the database itself fills in {', '.join(filled)}"
    odd = [key for key, attribute in inspect(screen.model).column_attrs.items() if attribute.columns[0].name != key]
    return f"attributes are called otherwise than their columns: {', '.join(odd)}" if odd else None
