"""Writing what was judged, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from app.core.bin import throw_away
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext
from app.lowcode import dependents, forms
from app.lowcode.fields import Read, primary_key
from app.lowcode.importing.cells import importable
from app.lowcode.importing.judge import Judge, Verdict, reasons_of, stored, unstored
from app.lowcode.importing.models import Import, Outcome
from app.lowcode.importing.quick import QuickJudge

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

WRITES = (Outcome.new, Outcome.changed)


def write(screen: "Screen", run: Import, judge: Judge, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Write some rows; what each keeps of it."""
    verdicts, run_id = judge.judge(rows), run.id
    if isinstance(judge, QuickJudge):
        try:
            # No savepoint: inside one, SQLite's search index would be written out after every row.
            return judge.write(rows, verdicts)
        except DBAPIError:
            # Something in between is refused by now; row by row it shows which.
            db.session.rollback()
            judge = Judge(screen, db.session.get_one(Import, run_id), may_add=judge.may_add, may_edit=judge.may_edit)
            verdicts = judge.judge(rows)
    db.session.expire_all()
    return [(row.id, *write_one(screen, verdict)) for row, verdict in zip(rows, verdicts, strict=True)]


def write_one(screen: "Screen", verdict: Verdict) -> tuple[Any, ...]:
    """Write one row in a transaction within the one at hand; what the row keeps of it, by `KEPT`."""
    if verdict.outcome not in WRITES:
        return verdict.outcome, verdict.reasons or None, None, None, None, False
    is_new = verdict.record is None
    touched = [each for each in importable(screen.form_fields) if each.path in verdict.changes or is_new]
    try:
        with db.session.begin_nested():
            record = screen.model() if is_new else verdict.record
            before = None if is_new else {each.path: stored(record, each) for each in touched}
            forms.write(screen, record, verdict.read, is_new=is_new)
            after = {each.path: stored(record, each) for each in touched}
            key = getattr(record, primary_key(screen.model).key)
    except (IntegrityError, DataError, StatementError, BusinessError) as error:
        return Outcome.refused, reasons_of(error), None, None, None, False
    return verdict.outcome, None, key, before, after, True


def take_back(screen: "Screen", row: Any) -> str | None:
    """Undo one row; the reason if it has to stay as it is."""
    record = db.session.get(screen.model, row.record_id)
    if record is None:
        return None if row.before is None else gettext("The record is gone.")
    fields = {each.path: each for each in importable(screen.form_fields)}
    if {path: stored(record, fields[path]) for path in row.after or {}} != (row.after or {}):
        return gettext("It was changed after the import.")
    try:
        with db.session.begin_nested():
            if row.before is None:
                with dependents.named(record):
                    screen.pre_delete(record)
                    if screen.has_bin:
                        throw_away(record)
                    screen.delete_record(record)
                    db.session.flush()
                    screen.post_delete(record)
            else:
                back = {path: unstored(fields[path], value) for path, value in row.before.items()}
                forms.write(screen, record, Read(back, {}), is_new=False)
    except (IntegrityError, DataError, StatementError, BusinessError) as error:
        return next(iter(reasons_of(error).values()))
    return None
