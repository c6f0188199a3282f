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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

from flask_babel import force_locale
from sqlalchemy import ColumnElement, delete, func, null, select, update

from app.core import clock
from app.core.actor import current_actor
from app.core.bulk import BulkTable
from app.core.bulk_rows import RowMaker, look_up_by_key, update_rows
from app.core.database import db
from app.core.db import guarded_update
from app.core.errors import BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.events import publish
from app.core.i18n import current_locale, gettext, number_text
from app.core.i18n import lazy as _
from app.core.jobs import LaterJob, LaterState, Watched, checkpoint, later, put_away, task
from app.lowcode.access import permitted_to, roles_of
from app.lowcode.fields import primary_key
from app.lowcode.importing.cells import importable
from app.lowcode.importing.facts import FileImported, ImportUndone
from app.lowcode.importing.following import about_import
from app.lowcode.importing.judge import ROW, Judge, Verdict, key_fields
from app.lowcode.importing.matching import KEY, guess, plain
from app.lowcode.importing.models import Import, ImportRow, ImportState, Outcome
from app.lowcode.importing.quick import KEPT, QuickJudge
from app.lowcode.importing.reading import read_table
from app.lowcode.importing.writing import WRITES, take_back, write
from app.lowcode.registry import registry
from app.lowcode.sheets import Sheet, csv_lines

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

AT_ONCE, QUICKLY_AT_ONCE = 200, 2_000
"""Rows in one transaction, one by one or the quick way: on SQLite others wait for it to end."""
TOLD = ("outcome", "reasons", "record_id", "shown")
"""What a row keeps of its trial."""
WHILE_WAITING = 200
"""So many rows somebody can wait for; for more a worker is asked."""
DAYS_TO_UNDO = 30
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
    connection, now = db.session.connection(), clock.now()
    made = RowMaker(connection, ROWS, ("number", "cells"), import_id=run.id, outcome=Outcome.waiting, is_written=False,
                    created_at=now, updated_at=now)
    with BulkTable(connection, ROWS, made.columns, shared=True) as table:
        for number, cells in rows:
            table.add(made.row({"number": number, "cells": cells}))


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
    take(run, ImportState.matching, ImportState.checking)
    run.matches, run.key_path, run.keeps_when_empty = matches, key_path, keeps_when_empty
    _post(run, check_rows, posts)


def match_again(run: Import) -> None:
    """Go back to the columns."""
    take(run, ImportState.checked, ImportState.matching)
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
    values = {"cells": [cells.get(place, text) for place, text in enumerate(row.cells)],
              **dict(zip(TOLD, _told(verdict), strict=True))}
    db.session.expunge_all()
    db.session.execute(update(ROWS).where(ROWS.c.id == row.id).values(values))


def confirm(run: Import, *, posts: bool = True) -> None:
    """Post the import of every row that is new or changed; those that are refused stay out."""
    if not any(counts(run)[outcome] for outcome in WRITES):
        raise BusinessError(_("There is nothing in this file to be imported."))
    take(run, ImportState.checked, ImportState.importing)
    _post(run, write_rows, posts)


def undo(run: Import, *, by: Any = None, posts: bool = True) -> None:
    """Post the undoing, by `undo_rows` unless another step is named: what was added goes, what was changed becomes as
    it was, unless it was changed since. NotAllowed for whoever `may_undo` not."""
    if not can_undo(run):
        raise BusinessError(_("This import can no longer be undone."))
    if not may_undo(run):
        raise NotAllowed()
    take(run, ImportState.done, ImportState.undoing)
    _post(run, by or undo_rows, posts)


def can_undo(run: Import) -> bool:
    return (run.state is ImportState.done and run.finished_at is not None
            and run.finished_at > clock.now() - timedelta(days=DAYS_TO_UNDO))


def may_undo(run: Import) -> bool:
    """Whether who is acting now has the rights for it: to edit, where records were changed; to delete, where some were
    added, which one's own import is excused from; of an action, to do the one that reverses it."""
    screen, number = screen_of(run), counts(run)
    may = rights(screen)
    if run.action is not None:
        mark = screen.actions.get(run.action)
        return mark is not None and mark.undo is not None and f"can_{mark.undo}" in may
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


def take(run: Import, of: ImportState, to: ImportState) -> None:
    """Bring an import from one state to the next, unless somebody else just did."""
    if guarded_update(Import, Import.id == run.id, Import.state == of, state=to) != 1:
        raise BusinessError(_("This import is no longer where it was. Look at it again."))


def _post(run: Import, step: Any, posts: bool) -> None:
    """Post the next step, if it is not done at once; in the tray of whoever does it, it takes the last one's place."""
    if run.work_id is not None:
        put_away(run.work_id)
    run.work_id = later(step, run_id=run.id) if posts else None


# -- posted steps -----------------------------------------------------------------------------------------------


def in_their_language(step: Any) -> Any:
    """Reasons and progress are for whoever brought the file."""

    @functools.wraps(step)
    def spoken(run_id: int) -> str:
        with force_locale(get_import(run_id).locale):
            return step(run_id)

    return spoken


@task(retries=3, limit=timedelta(hours=2), label=_("Check an import"), watched=Watched(about_import, can_retry=True))
@in_their_language
def check_rows(run_id: int) -> str:
    """Finds out what each row would do, and writes nothing but that."""
    run, screen = at_step(run_id, ImportState.checking)
    judge = _judge(screen, run)
    done = 0
    for rows in stretches(run, ROWS.c.id.is_not(None), at_once=_at_once(judge)):
        verdicts = judge.judge(rows)
        told = [(row.id, *_told(verdict)) for row, verdict in zip(rows, verdicts, strict=True)]
        db.session.expunge_all()  # with all that was only tried
        _keep_told(run_id, rows, told)
        done += len(rows)
        checkpoint(done, run.row_count, gettext("Checking row %(row)s", row=number_text(done)))
        run = get_import(run_id)
        judge.run = run
    take(run, ImportState.checking, ImportState.checked)
    return gettext("%(count)s rows checked", count=number_text(done))


@task(retries=3, limit=timedelta(hours=6), label=_("Import a file"), watched=Watched(about_import, can_retry=True))
@in_their_language
def write_rows(run_id: int) -> str:
    """Writes the rows that are new or changed, each by the rules of the form; one that is refused by now stays out."""
    run, screen = at_step(run_id, ImportState.importing)
    judge = _judge(screen, run)
    todo = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.outcome.in_(WRITES))) or 0
    done = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.is_written.is_(True))) or 0
    if isinstance(judge, QuickJudge):
        judge.is_trial = False
    for rows in stretches(run, ROWS.c.outcome.in_(WRITES), ROWS.c.is_written.is_(False), at_once=_at_once(judge)):
        kept = write(screen, run, judge, rows)
        update_rows(db.session.connection(), ROWS, KEPT, kept)
        done += len(rows)
        checkpoint(done, todo, gettext("Importing row %(row)s", row=number_text(done)))
    run = get_import(run_id)
    number = counts(run)
    publish(FileImported(run.screen, run.id, run.file_name, number[Outcome.new], number[Outcome.changed],
                         number[Outcome.refused]))
    take(run, ImportState.importing, ImportState.done)
    run.finished_at = clock.now()
    return gettext("%(count)s rows imported", count=number_text(number[Outcome.new] + number[Outcome.changed]))


# Its rights are asked by the page of the import, which is where it is tried again.
@task(retries=3, limit=timedelta(hours=6), label=_("Undo an import"), watched=Watched(about_import))
@in_their_language
def undo_rows(run_id: int) -> str:
    """Takes back what an import did, from its last row to its first."""
    run, screen = at_step(run_id, ImportState.undoing)
    if not may_undo(run):
        raise NotAllowed()
    todo = db.session.scalar(select(func.count()).select_from(ROWS).where(
        ROWS.c.import_id == run.id, ROWS.c.is_written.is_(True))) or 0
    done, kept = 0, 0
    for rows in stretches(run, ROWS.c.is_written.is_(True), backwards=True):
        told = []
        for row in rows:
            reason = take_back(screen, row)
            kept += reason is not None
            told.append((row.id, False, None if reason is None else {ROW: reason}))
        update_rows(db.session.connection(), ROWS, ("is_written", "reasons"), told)
        done += len(rows)
        checkpoint(done, todo, gettext("Undoing row %(row)s", row=number_text(done)))
    run = get_import(run_id)
    publish(ImportUndone(run.screen, run.id, run.file_name, done - kept, kept))
    take(run, ImportState.undoing, ImportState.undone)
    return gettext("%(count)s rows undone", count=number_text(done - kept))


def at_step(run_id: int, state: ImportState) -> tuple[Import, "Screen"]:
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


def rights(screen: "Screen") -> set[str]:
    """What who is acting now may do on a screen: whoever pressed the button, also in posted work. A command on the
    machine itself may do what the screen offers."""
    offered = set(screen.base_permissions or [])
    actor = current_actor()
    if actor.id is None:
        return offered
    return offered & {name for name, view in permitted_to(roles_of(actor.id)) if view == screen.class_permission_name}


def _judge(screen: "Screen", run: Import) -> Judge:
    may = rights(screen)
    if ("can_edit" if run.is_bulk else "can_import") not in may:
        raise NotAllowed()
    kind = QuickJudge if screen.quick_import else Judge
    return kind(screen, run, may_add=not run.is_bulk and "can_add" in may, may_edit="can_edit" in may)


def _at_once(judge: Judge) -> int:
    return QUICKLY_AT_ONCE if isinstance(judge, QuickJudge) else AT_ONCE


def stretches(run: Import, *conditions: ColumnElement[bool], at_once: int = AT_ONCE,
               backwards: bool = False) -> Iterator[Sequence[Any]]:
    """The rows of an import that meet `conditions`, some at a time, each once."""
    run_id, last = run.id, None
    while True:
        look_up_by_key(db.session.connection())
        beyond = [] if last is None else [ROWS.c.number < last if backwards else ROWS.c.number > last]
        rows = db.session.execute(
            select(ROWS.c.id, ROWS.c.number, ROWS.c.cells, ROWS.c.record_id, ROWS.c.before, ROWS.c.after)
            .where(ROWS.c.import_id == run_id, *conditions, *beyond)
            .order_by(ROWS.c.number.desc() if backwards else ROWS.c.number).limit(at_once)).all()
        if not rows:
            return
        last = rows[-1].number
        yield rows


def _told(verdict: Verdict) -> tuple[Any, ...]:
    """A verdict as the row keeps it, by `TOLD`."""
    key = None if verdict.record is None else getattr(verdict.record, primary_key(type(verdict.record)).key)
    return verdict.outcome, verdict.reasons or None, key, verdict.changes or None


def _keep_told(run_id: int, rows: Sequence[Any], told: list[tuple[Any, ...]]) -> None:
    """Write what was found out. Of new records there is nothing more to say, so one statement says it of all."""
    db.session.execute(update(ROWS).where(
        ROWS.c.import_id == run_id, ROWS.c.number.between(rows[0].number, rows[-1].number)).values(
        outcome=Outcome.new, reasons=null(), record_id=None, shown=null()))
    update_rows(db.session.connection(), ROWS, TOLD, [each for each in told if each[1] is not Outcome.new])
