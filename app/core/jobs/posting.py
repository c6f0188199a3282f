"""Posting work for later, and calling it off or sending it out again."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, case, event, exists, literal, select, update
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import current_actor
from app.core.database import db, writing
from app.core.db import guarded_update
from app.core.errors import BusinessError, NotFound, Taken
from app.core.i18n import lazy as _

from . import tasks
from .models import LaterJob, LaterState, in_state

MOST_BYTES = 256 * 1024
POSTED = "houtai_posted"
OVER_BADLY = (LaterState.failed, LaterState.cancelled)
posts: Table = LaterJob.__table__  # type: ignore[assignment]


class Bell:
    """Wakes the workers of this process when something was posted and committed here."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def ring(self) -> None:
        """There is something to do."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> int:
        """Wait until it rings more than `heard` times in all, but no longer than `seconds`; how often it has rung."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != heard, timeout=seconds)
            return self._count


bell = Bell()


@event.listens_for(Session, "after_commit")
def _ring(session: Session) -> None:
    if session.info.pop(POSTED, False):
        bell.ring()


def insert(table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of the database at hand."""
    return (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert(table)


def _as_json(func: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, if they fit the function and come back from JSON as they went in; TypeError names the one
    that does not."""
    inspect.signature(func).bind(**arguments)
    for name, value in arguments.items():
        try:
            text = json.dumps(value, allow_nan=False)
            same = json.loads(text) == value and "\\u0000" not in text
        except (TypeError, ValueError):
            same = False
        if not same:
            raise TypeError(f"{tasks.name_of(func)}: argument {name!r} is not plain JSON; pass ids, texts and numbers")
    if len(json.dumps(arguments)) > MOST_BYTES:
        raise TypeError(f"{tasks.name_of(func)}: the arguments are too large; store the data and pass its id")
    return arguments


def later(func: Callable[..., Any], *, after: timedelta | None = None, key: str | None = None, **kwargs: Any) -> int:
    """Post `func(**kwargs)` to be done by a worker once the current transaction is committed, and not at all if it
    is rolled back; gives the number of the row.

    `func` is marked with `@task`. It runs as the actor who posted it, `after` at the earliest. `key` joins posts
    that ask for the same thing: while one with that key still waits (it has not been started), no second row is
    written; the first one's arguments stay, and it runs at the earlier of the two times.
    """
    options, name = tasks.options_of(func), tasks.name_of(func)
    if not tasks.is_findable(func):
        raise TypeError(f"{name} could not be found again by its name")
    if after is not None and after < timedelta(0):
        raise ValueError("later() posts for now or the future")
    if key is not None and not 0 < len(key) <= 200:
        raise ValueError("a key has 1 to 200 characters")
    actor, now = current_actor(), clock.now()
    values = {
        "task": name, "arguments": _as_json(func, kwargs), "key": key, "run_at": now + (after or timedelta(0)),
        "created_at": now, "updated_at": now, "max_attempts": options.retries + 1,
        "actor_kind": actor.kind, "actor_name": actor.name[:200], "actor_id": actor.id,
        # A member or a program has nobody who looks into a tray.
        "watcher_id": actor.id if options.watched is not None and actor.kind == "staff" else None,
    }
    session = db.session()
    session.info[POSTED] = True
    return session.execute(_posting(db.engine.dialect.name, key is not None), values).scalar_one()


@lru_cache(maxsize=4)
def _posting(dialect: str, keyed: bool) -> Any:
    """The statement of `later`, built once."""
    statement = insert(posts)
    if keyed:
        # An update, not "do nothing": it locks the waiting row until we commit. Otherwise a worker could start it
        # now, read what was there before our changes, and nobody would come back for them.
        smaller = sql.min if dialect == "sqlite" else sql.least
        statement = statement.on_conflict_do_update(
            index_elements=[posts.c.key], index_where=in_state(posts.c.state, LaterState.todo),
            set_={"run_at": smaller(posts.c.run_at, statement.excluded.run_at),
                  "updated_at": statement.excluded.updated_at})
    return statement.returning(posts.c.id)


def find(job_id: int) -> LaterJob | None:
    """A posted job as it stands in the database now, to show its progress; None if there is none."""
    return db.session.get(LaterJob, job_id, populate_existing=True)


def cancel(job_id: int) -> None:
    """Call a posted job off: one that waits is not done any more, one that runs is asked to stop and does so when
    it next reports its progress. Refused when it is over already."""
    waiting = (LaterJob.id == job_id, in_state(LaterJob.state, LaterState.todo))
    if guarded_update(LaterJob, *waiting, state=LaterState.cancelled, finished_at=clock.now()):
        return
    running = (LaterJob.id == job_id, in_state(LaterJob.state, LaterState.doing))
    if not guarded_update(LaterJob, *running, cancel_requested=True):
        _get(job_id)
        raise BusinessError(_("This job is over already."))


def retry(job_id: int) -> None:
    """Send a failed or cancelled job out again, now and with all its attempts. Refused for any other, and when
    one with the same key is waiting."""
    job = _get(job_id)
    if job.state not in OVER_BADLY:
        raise BusinessError(_("Only a failed or cancelled job can be retried."))
    if job.key is not None and db.session.scalar(select(LaterJob.id).where(
            LaterJob.key == job.key, in_state(LaterJob.state, LaterState.todo))):
        raise Taken(_("The same job is waiting already."))
    guarded_update(
        LaterJob, LaterJob.id == job_id, LaterJob.state.in_(OVER_BADLY),
        state=LaterState.todo, run_at=clock.now(), attempts=0, cancel_requested=False, finished_at=None,
        last_error=None, progress_done=None, progress_total=None, progress_message=None, is_told=False)
    db.session().info[POSTED] = True


def _get(job_id: int) -> LaterJob:
    job = find(job_id)
    if job is None:
        raise NotFound(_("This job was not found."))
    return job


def back_to_waiting(*guards: Any, run_at: datetime, error: str | None) -> Any:
    """The statement that lets started rows wait again, unless somebody called them off meanwhile, or one with the
    same key waits by now: that one will do."""
    other = posts.alias("other")
    replaced = posts.c.cancel_requested | exists().where(
        other.c.key == posts.c.key, in_state(other.c.state, LaterState.todo))
    return update(posts).where(*guards).values(
        state=case((replaced, literal(LaterState.cancelled, posts.c.state.type)),
                   else_=literal(LaterState.todo, posts.c.state.type)),
        finished_at=case((replaced, clock.now())), run_at=run_at, worker=None, lease_until=None, last_error=error)


def mend_times() -> int:
    """After the wall clock was set back: let what was posted "in the future" keep its delay from now on, instead of
    waiting until the clock has come round again; how many."""
    now, mended = clock.now(), 0
    with writing() as connection:
        ahead = connection.execute(select(posts.c.id, posts.c.created_at, posts.c.run_at).where(
            in_state(posts.c.state, LaterState.todo), posts.c.created_at > now + timedelta(seconds=1))).all()
        for row in ahead:
            mended += connection.execute(
                update(posts).where(posts.c.id == row.id, in_state(posts.c.state, LaterState.todo))
                .values(run_at=now + max(row.run_at - row.created_at, timedelta(0)), created_at=now)).rowcount
    return mended
