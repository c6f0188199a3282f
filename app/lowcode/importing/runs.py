"""The steps of an import: begin with a file, match its columns, try, mend, do, undo. Long steps are posted work.

    run = begin(screen, data, "products.xlsx")   # the rows are kept; columns are guessed
    match(screen, run, ["name", None, "price"])  # posts the trial
    confirm(run)                                 # posts the import, of all rows that are new or changed
    undo(run)                                    # posts the undoing, within DAYS_TO_UNDO

The edge commits. A posted step is taken up where it was left when its worker dies: what a row did and that it did it
are one transaction.
"""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

from flask_babel import force_locale
from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from app.core import clock
from app.core.actor import current_actor
from app.core.bin import throw_away
from app.core.database import db
from app.core.db import guarded_update
from app.core.errors import BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.events import publish
from app.core.i18n import current_locale, gettext, number_text
from app.core.i18n import lazy as _
from app.core.jobs import LaterJob, LaterState, checkpoint, later, task
from app.lowcode import dependents, forms
from app.lowcode.access import permitted_to, roles_of
from app.lowcode.fields import Read, primary_key
from app.lowcode.importing.cells import importable
from app.lowcode.importing.facts import FileImported, ImportUndone
from app.lowcode.importing.judge import ROW, Judge, Verdict, key_fields, reasons_of, stored, unstored
from app.lowcode.importing.matching import KEY, guess, plain
from app.lowcode.importing.models import Import, ImportRow, ImportState, Outcome
from app.lowcode.importing.reading import read_table
from app.lowcode.registry import registry
from app.lowcode.sheets import Sheet, csv_lines

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

AT_ONCE = 200
"""Rows in one transaction: on SQLite others wait for it to end."""
WHILE_WAITING = 200
"""So many rows somebody can wait for; for more a worker is asked."""
DAYS_TO_UNDO = 30
WRITES = (Outcome.new, Outcome.changed)
ROWS: Any = ImportRow.__table__


def begin(screen: "Screen", data: bytes, filename: str) -> Import:
    """Keep the rows of a file, with its columns guessed; BrokenFile if it cannot be read."""
    heading, rows = read_table(data, filename)
    actor = current_actor()
    run = Import(screen=type(screen).__name__, file_name=filename[:200], user_id=actor.id,
                 user_name=str(actor)[:100], locale=current_locale(), heading=heading, row_count=len(rows),
                 matches=guess(heading, importable(screen.form_fields), _remembered(screen)))
    run.key_path = _likely_key(screen, run.matches)
    keep(run, rows)
    return run


def keep(run: Import, rows: list[tuple[int, list[str]]]) -> None:
    """Store a new import with its rows."""
    db.session.add(run)
    db.session.flush()
    now = clock.now()
    for start in range(0, len(rows), 5000):
        db.session.execute(insert(ROWS), [
            {"import_id": run.id, "number": number, "cells": cells, "outcome": Outcome.waiting, "is_written": False,
             "created_at": now, "updated_at": now} for number, cells in rows[start:start + 5000]])


def _remembered(screen: "Screen") -> dict[str, str | None]:
    """How the headings of the last file for this screen were matched, by whoever brought it."""
    last = db.session.execute(
        select(Import.heading, Import.matches).where(Import.screen == type(screen).__name__,
                                                     Import.state != ImportState.matching, Import.is_bulk.is_(False))
        .order_by(Import.id.desc()).limit(1)).first()
    return dict(zip(map(plain, last.heading), last.matches, strict=True)) if last is not None else {}


def _likely_key(screen: "Screen", matches: list[str | None]) -> str | None:
    """The ID where the file has it, else the first field that no two records share."""
    return next((path for path in [KEY, *(each.path for each in key_fields(screen))] if path in matches), None)


def match(screen: "Screen", run: Import, matches: list[str | None], *, key_path: str | None,
          keeps_when_empty: bool = True, posts: bool = True) -> None:
    """Say which column is which field, and post the trial. InvalidInput names a column that cannot be used so. A
    command that does not want to wait for a worker `posts` nothing, and calls `check_rows` itself."""
    known = {each.path for each in importable(screen.form_fields)} | {KEY}
    chosen = [path for path in matches if path]
    for place, path in enumerate(matches):
        if path and path not in known:
            raise InvalidInput({f"column-{place}": _("There is no such field.")})
        if path and matches.index(path) != place:
            raise InvalidInput({f"column-{place}": _("Another column is this field already.")})
    if not [path for path in chosen if path != KEY]:
        raise InvalidInput({"column-0": _("Choose a field for one column at least.")})
    if key_path is not None and key_path not in {KEY, *(each.path for each in key_fields(screen))} & set(chosen):
        raise InvalidInput({"key": _("Records can be found again only by a column of the file that tells them apart.")})
    if key_path is None and KEY in chosen:
        key_path = KEY
    _take(run, ImportState.matching, ImportState.checking)
    run.matches, run.key_path, run.keeps_when_empty = matches, key_path, keeps_when_empty
    run.work_id = later(check_rows, run_id=run.id) if posts else None


def match_again(run: Import) -> None:
    """Go back to the columns."""
    _take(run, ImportState.checked, ImportState.matching)
    db.session.execute(update(ROWS).where(ROWS.c.import_id == run.id).values(
        outcome=Outcome.waiting, reasons=None, shown=None))


def mend(screen: "Screen", run: Import, row: ImportRow, cells: dict[int, str]) -> None:
    """Other texts for some cells of a row, which is tried again at once."""
    if run.state is not ImportState.checked or row.import_id != run.id:
        raise BusinessError(_("This import is no longer where it was. Look at it again."))
    row.cells = [cells.get(place, text) for place, text in enumerate(row.cells)]
    db.session.flush()
    verdict = _judge(screen, run).judge([row])[0]
    db.session.refresh(row)
    values = {"cells": [cells.get(place, text) for place, text in enumerate(row.cells)], **_told(verdict)}
    db.session.expunge_all()
    db.session.execute(update(ROWS).where(ROWS.c.id == row.id).values(values))


def confirm(run: Import, *, posts: bool = True) -> None:
    """Post the import of every row that is new or changed; those that are refused stay out."""
    if not any(counts(run)[outcome] for outcome in WRITES):
        raise BusinessError(_("There is nothing in this file to be imported."))
    _take(run, ImportState.checked, ImportState.importing)
    run.work_id = later(write_rows, run_id=run.id) if posts else None


def undo(run: Import, *, posts: bool = True) -> None:
    """Post the undoing: what was added goes, what was changed becomes as it was, unless it was changed since.
    NotAllowed for whoever `may_undo` not."""
    if not can_undo(run):
        raise BusinessError(_("This import can no longer be undone."))
    if not may_undo(run):
        raise NotAllowed()
    _take(run, ImportState.done, ImportState.undoing)
    run.work_id = later(undo_rows, run_id=run.id) if posts else None


def can_undo(run: Import) -> bool:
    return (run.state is ImportState.done and run.finished_at is not None
            and run.finished_at > clock.now() - timedelta(days=DAYS_TO_UNDO))


def may_undo(run: Import) -> bool:
    """Whether who is acting now has the rights for it: to edit, where records were changed; to delete, where some were
    added, which one's own import is excused from."""
    number, may = counts(run), _rights(screen_of(run))
    is_own = current_actor().id is not None and current_actor().id == run.user_id
    return ((not number[Outcome.changed] or "can_edit" in may)
            and (not number[Outcome.new] or "can_delete" in may or (is_own and "can_add" in may)))


def counts(run: Import) -> Counter[Outcome]:
    """How many rows have each outcome."""
    found = db.session.execute(
        select(ImportRow.outcome, func.count()).where(ImportRow.import_id == run.id).group_by(ImportRow.outcome))
    return Counter(dict(map(tuple, found)))


def work_of(run: Import) -> LaterJob | None:
    """The posted step of this import, while it runs or if it failed."""
    work = db.session.get(LaterJob, run.work_id) if run.work_id is not None else None
    return work if work is not None and work.state is not LaterState.done else None


def discard(run: Import) -> None:
    """Forget a file from which nothing was imported; also one whose trial failed or was called off."""
    early = [ImportState.matching, ImportState.checked]
    work = work_of(run)
    if work is not None and work.state in {LaterState.failed, LaterState.cancelled}:
        early.append(ImportState.checking)
    gone = db.session.execute(delete(Import).where(Import.id == run.id, Import.state.in_(early)))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise BusinessError(_("This import is no longer where it was. Look at it again."))


def refused_file(screen: "Screen", run: Import) -> IO[bytes]:
    """The refused rows as CSV, as they came, with a column for the reasons; an open file at its start."""
    labels = {each.path: str(each.label) for each in screen.form_fields}
    reason = gettext("Why it was refused")
    heading = [_Column(title) for title in [*run.heading, reason]]
    rows = db.session.execute(
        select(ROWS.c.cells, ROWS.c.reasons).where(ROWS.c.import_id == run.id, ROWS.c.outcome == Outcome.refused)
        .order_by(ROWS.c.number))
    lines = ([*cells, "; ".join(f"{labels.get(path, path)}: {said}" if path else said
                                for path, said in (reasons or {}).items())] for cells, reasons in rows)
    file = tempfile.TemporaryFile(suffix=".csv")  # noqa: SIM115 - closed with the response
    for piece in csv_lines(Sheet(run.file_name, heading, lines)):
        file.write(piece)
    file.seek(0)
    return file


@dataclass(frozen=True)
class _Column:
    label: str
    kind: str = "text"


def forget_before(oldest: datetime, at_most: int) -> int:
    """Delete imports that ended or were left lying before `oldest` (UTC), with their rows; how many."""
    chosen = select(Import.id).where(Import.updated_at < oldest).order_by(Import.id).limit(at_most)
    return db.session.execute(delete(Import).where(Import.id.in_(chosen.scalar_subquery()))).rowcount  # type: ignore[attr-defined]


def _take(run: Import, of: ImportState, to: ImportState) -> None:
    """Bring an import from one state to the next, unless somebody else just did."""
    if guarded_update(Import, Import.id == run.id, Import.state == of, state=to) != 1:
        raise BusinessError(_("This import is no longer where it was. Look at it again."))


# -- posted steps -----------------------------------------------------------------------------------------------


def _in_their_language(step: Any) -> Any:
    """Reasons and progress are for whoever brought the file."""

    @functools.wraps(step)
    def spoken(run_id: int) -> str:
        with force_locale(get_import(run_id).locale):
            return step(run_id)

    return spoken


@task(retries=3, limit=timedelta(hours=2), label=_("Check an import"))
@_in_their_language
def check_rows(run_id: int) -> str:
    """Finds out what each row would do, and writes nothing but that."""
    run, screen = _step(run_id, ImportState.checking)
    judge = _judge(screen, run)
    done = 0
    for rows in _stretches(run, ROWS.c.id.is_not(None)):
        verdicts = judge.judge(rows)
        found = [{"b_id": row.id, **_told(verdict)} for row, verdict in zip(rows, verdicts, strict=True)]
        db.session.expunge_all()  # with all that was only tried
        _write_outcomes(found)
        done += len(rows)
        checkpoint(done, run.row_count, gettext("Checking row %(row)s", row=number_text(done)))
        run = get_import(run_id)
        judge.run = run
    _take(run, ImportState.checking, ImportState.checked)
    return gettext("%(count)s rows checked", count=number_text(done))


@task(retries=3, limit=timedelta(hours=6), label=_("Import a file"))
@_in_their_language
def write_rows(run_id: int) -> str:
    """Writes the rows that are new or changed, each by the rules of the form; one that is refused by now stays out."""
    run, screen = _step(run_id, ImportState.importing)
    judge = _judge(screen, run)
    todo = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.outcome.in_(WRITES))) or 0
    done = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.is_written.is_(True))) or 0
    for rows in _stretches(run, ROWS.c.outcome.in_(WRITES), ROWS.c.is_written.is_(False)):
        verdicts = judge.judge(rows)
        db.session.expire_all()
        found = [{"b_id": row_id, **_written(screen, verdict)} for row_id, verdict in zip(
            [row.id for row in rows], verdicts, strict=True)]
        _write_outcomes(found)
        done += len(rows)
        checkpoint(done, todo, gettext("Importing row %(row)s", row=number_text(done)))
    run = get_import(run_id)
    number = counts(run)
    publish(FileImported(run.screen, run.id, run.file_name, number[Outcome.new], number[Outcome.changed],
                         number[Outcome.refused]))
    _take(run, ImportState.importing, ImportState.done)
    run.finished_at = clock.now()
    return gettext("%(count)s rows imported", count=number_text(number[Outcome.new] + number[Outcome.changed]))


@task(retries=3, limit=timedelta(hours=6), label=_("Undo an import"))
@_in_their_language
def undo_rows(run_id: int) -> str:
    """Takes back what an import did, from its last row to its first."""
    run, screen = _step(run_id, ImportState.undoing)
    if not may_undo(run):
        raise NotAllowed()
    todo = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.is_written.is_(True))) or 0
    done, kept = 0, 0
    for rows in _stretches(run, ROWS.c.is_written.is_(True), backwards=True):
        found = []
        for row in rows:
            reason = _taken_back(screen, row)
            kept += reason is not None
            found.append({"b_id": row.id, "is_written": False,
                          "reasons": None if reason is None else {ROW: reason}})
        _write_outcomes(found)
        done += len(rows)
        checkpoint(done, todo, gettext("Undoing row %(row)s", row=number_text(done)))
    run = get_import(run_id)
    publish(ImportUndone(run.screen, run.id, run.file_name, done - kept, kept))
    _take(run, ImportState.undoing, ImportState.undone)
    return gettext("%(count)s rows undone", count=number_text(done - kept))


def _step(run_id: int, state: ImportState) -> tuple[Import, "Screen"]:
    run = get_import(run_id)
    if run.state is not state:
        raise BusinessError(_("This import is no longer where it was. Look at it again."))
    return run, screen_of(run)


def get_import(number: int) -> Import:
    """The import of this number."""
    return db.session.get_one(Import, number)


def screen_of(run: Import) -> "Screen":
    """The screen into which an import goes."""
    screen = registry().screen_named(run.screen)
    if screen is None:
        raise NotFound(_("The screen into which this was to go is gone."))
    return screen


def _rights(screen: "Screen") -> set[str]:
    """What who is acting now may do on a screen: whoever pressed the button, also in posted work. A command on the
    machine itself may do what the screen offers."""
    offered = set(screen.base_permissions or [])
    actor = current_actor()
    if actor.id is None:
        return offered
    return offered & {name for name, view in permitted_to(roles_of(actor.id)) if view == screen.class_permission_name}


def _judge(screen: "Screen", run: Import) -> Judge:
    may = _rights(screen)
    if ("can_edit" if run.is_bulk else "can_import") not in may:
        raise NotAllowed()
    return Judge(screen, run, may_add=not run.is_bulk and "can_add" in may, may_edit="can_edit" in may)


def _stretches(run: Import, *conditions: ColumnElement[bool], backwards: bool = False) -> Iterator[list[ImportRow]]:
    """The rows of an import that meet `conditions`, some at a time, each once."""
    run_id, last = run.id, None
    while True:
        beyond = [] if last is None else [ROWS.c.number < last if backwards else ROWS.c.number > last]
        rows = list(db.session.scalars(
            select(ImportRow).where(ImportRow.import_id == run_id, *conditions, *beyond)
            .order_by(ROWS.c.number.desc() if backwards else ROWS.c.number).limit(AT_ONCE)))
        if not rows:
            return
        last = rows[-1].number
        yield rows


def _write_outcomes(found: list[dict[str, Any]]) -> None:
    names = [name for name in found[0] if name != "b_id"]
    statement = update(ROWS).where(ROWS.c.id == bindparam("b_id")).values({name: bindparam(name) for name in names})
    db.session.connection().execute(statement, found)


def _told(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the row keeps it."""
    key = None if verdict.record is None else getattr(verdict.record, primary_key(type(verdict.record)).key)
    return {"outcome": verdict.outcome, "reasons": verdict.reasons or None, "record_id": key,
            "shown": verdict.changes or None}


def _written(screen: "Screen", verdict: Verdict) -> dict[str, Any]:
    """Write one row in a transaction within the one at hand; what the row keeps of it."""
    empty = {"outcome": verdict.outcome, "reasons": verdict.reasons or None, "record_id": None, "before": None,
             "after": None, "is_written": False}
    if verdict.outcome not in WRITES:
        return empty
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
        return empty | {"outcome": Outcome.refused, "reasons": reasons_of(error)}
    return {"outcome": verdict.outcome, "reasons": None, "record_id": key, "before": before, "after": after,
            "is_written": True}


def _taken_back(screen: "Screen", row: ImportRow) -> str | None:
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
