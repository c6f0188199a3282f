"""An action for all rows that match a list: a run like an import, with its progress, its refused rows and its way back.

    run = begin(screen, mark, ids, sent)   # `sent` is the form that answered what the action asks
    do_for_all(run_id=run.id)              # at once, or by `later` where there are many

What a row refuses is kept with it, and the others are done, some at a time, each time in a transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import inspect, select
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.actor import current_actor
from app.core.bulk_rows import update_rows
from app.core.database import db
from app.core.errors import NotAllowed, NotFound
from app.core.i18n import current_locale, gettext, ngettext, number_text
from app.core.i18n import lazy as _
from app.core.jobs import Watched, checkpoint, later, task
from app.lowcode import acting
from app.lowcode.actions import Action
from app.lowcode.fields import primary_key
from app.lowcode.importing import runs
from app.lowcode.importing.following import about_import
from app.lowcode.importing.judge import ROW, among
from app.lowcode.importing.matching import KEY
from app.lowcode.importing.models import Import, ImportState, Outcome
from app.lowcode.importing.quick import KEPT

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

AT_ONCE = 100
"""Rows in one transaction."""


class AllThatMatch(list[Any]):
    """What an action is given that asks first: no rows yet, but how many there will be and what some are called."""

    def __init__(self, count: int, titles: Sequence[str]) -> None:
        super().__init__()
        self.count_of_all, self.titles = count, titles


def begin(screen: "Screen", mark: Action, ids: Sequence[int], sent: Iterable[tuple[str, str]] = ()) -> Import:
    """Keep what is to be done to which rows. The edge commits."""
    actor = current_actor()
    run = Import(
        screen=type(screen).__name__, is_bulk=True, action=mark.name, answers=[list(pair) for pair in sent],
        user_id=actor.id, user_name=str(actor)[:100], locale=current_locale(), heading=[gettext("ID")], matches=[KEY],
        key_path=KEY, row_count=len(ids), state=ImportState.importing,
        file_name=ngettext("%(action)s: %(num)s row", "%(action)s: %(num)s rows", len(ids), action=mark.label)[:200])
    runs.keep(run, [(number, [str(row_id)]) for number, row_id in enumerate(ids, 1)])
    if len(ids) > runs.WHILE_WAITING:
        run.work_id = later(do_for_all, run_id=run.id)
    return run


def mark_of(run: Import, screen: "Screen", name: str | None) -> Action:
    """The action of this name, if who is acting may use it."""
    mark = screen.actions.get(name or "")
    if mark is None:
        raise NotFound(_("There is no such action."))
    if f"can_{mark.name}" not in runs.rights(screen):
        raise NotAllowed()
    return mark


@task(retries=3, limit=timedelta(hours=6), label=_("Do an action for many rows"),
      watched=Watched(about_import, can_retry=True))
@runs.in_their_language
def do_for_all(run_id: int) -> str:
    """Does the action for the rows that are left of a run."""
    run, screen = runs.at_step(run_id, ImportState.importing)
    mark, done = mark_of(run, screen, run.action), 0
    for rows in runs.stretches(run, runs.ROWS.c.outcome == Outcome.waiting, at_once=AT_ONCE):
        with _answering(run):
            kept = _acted(screen, mark, rows)
        update_rows(db.session.connection(), runs.ROWS, KEPT, kept)
        done += len(rows)
        checkpoint(done, run.row_count, gettext("Row %(row)s", row=number_text(done)))
        run = runs.get_import(run_id)
    runs.take(run, ImportState.importing, ImportState.done)
    run.finished_at = clock.now()
    return gettext("%(count)s rows changed", count=number_text(runs.counts(run)[Outcome.changed]))


@task(retries=3, limit=timedelta(hours=6), label=_("Undo an action for many rows"),
      watched=Watched(about_import))
@runs.in_their_language
def undo_for_all(run_id: int) -> str:
    """Does the action that reverses it for the rows that were changed."""
    run, screen = runs.at_step(run_id, ImportState.undoing)
    mark, done = mark_of(run, screen, reverse_of(run, screen)), 0
    for rows in runs.stretches(run, runs.ROWS.c.is_written.is_(True), at_once=AT_ONCE):
        told = [(row_id, outcome is Outcome.refused, reasons) for row_id, outcome, reasons, *_rest
                in _acted(screen, mark, rows)]
        update_rows(db.session.connection(), runs.ROWS, ("is_written", "reasons"), [
            (row_id, False, reasons) for row_id, _refused, reasons in told])
        done += sum(not refused for _id, refused, _reasons in told)
        checkpoint(done, run.row_count, gettext("Undoing row %(row)s", row=number_text(done)))
        run = runs.get_import(run_id)
    runs.take(run, ImportState.undoing, ImportState.undone)
    return gettext("%(count)s rows undone", count=number_text(done))


def reverse_of(run: Import, screen: "Screen") -> str | None:
    """The action that takes back what the action of this run did."""
    mark = screen.actions.get(run.action or "")
    return mark.undo if mark is not None else None


@contextlib.contextmanager
def _answering(run: Import) -> Iterator[None]:
    """What an action asks is read from a form that was sent; while a worker does it, that is the kept one."""
    if not run.answers:
        yield
        return
    with current_app.test_request_context(method="POST", data=MultiDict(map(tuple, run.answers))):
        yield


def _acted(screen: "Screen", mark: Action, rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Do an action for some rows; what each keeps of it, its id and `KEPT`."""
    key = primary_key(screen.model)
    ids = {row.id: int(row.cells[0]) for row in rows}
    records = db.session.scalars(select(screen.model).where(
        among(key, list(ids.values())), *screen.row_conditions()).order_by(key)).all()
    there = {inspect(record).identity[0] for record in records}
    done = acting.act(screen, mark, records)
    if done.answer is not None:
        raise RuntimeError(f"{mark.name} asks something first and does not say so: @action(..., asks=True)")
    changed = {inspect(record).identity[0] for record in done.changed}
    refused = {inspect(record).identity[0]: reason for record, reason in done.refused}
    kept = []
    for row_id, record_id in ids.items():
        reason = gettext("The record is gone.") if record_id not in there else refused.get(record_id)
        is_changed = record_id in changed
        outcome = Outcome.refused if reason else Outcome.changed if is_changed else Outcome.same
        kept.append((row_id, outcome, {ROW: reason} if reason else None, record_id if record_id in there else None,
                     None, None, is_changed))
    return kept
