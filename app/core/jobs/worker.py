"""The worker: takes posted work one by one and does it, exactly once as far as the database is concerned."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Row, bindparam, select, update

from app.core import clock
from app.core.actor import Actor
from app.core.database import db, reading, writing
from app.core.i18n import lazy as _

from . import tasks
from .carrying import carry_out, describe, log_failure
from .leases import Cancelled, Heartbeat, Held, LeaseLost, Patience, worker_name
from .models import LaterState, in_state
from .posting import back_to_waiting, bell, posts

logger = logging.getLogger(__name__)
Claim = Row[Any]
GONE = _("The worker stopped or hung before it was done.")


DUE = select(posts.c.id).where(
    in_state(posts.c.state, LaterState.todo), posts.c.run_at <= bindparam("moment"),
).order_by(posts.c.run_at, posts.c.id).limit(1)


@lru_cache(maxsize=2)
def _claiming(dialect: str) -> Any:
    """The statement that takes a piece, built once. It asks for a single row by `=`, so that PostgreSQL works the
    inner query out once."""
    chosen = DUE if dialect == "sqlite" else DUE.with_for_update(skip_locked=True)
    moment: Any = bindparam("moment")
    return update(posts).where(posts.c.id == chosen.scalar_subquery()).values(
        state=LaterState.doing, worker=bindparam("me"), lease_until=bindparam("until"), started_at=moment,
        attempts=posts.c.attempts + 1, cancel_requested=False, updated_at=moment,
    ).returning(
        posts.c.id, posts.c.task, posts.c.arguments, posts.c.attempts, posts.c.max_attempts, posts.c.actor_kind,
        posts.c.actor_name, posts.c.actor_id)


def lease_of(app: Flask) -> timedelta:
    """How long a worker may be silent before others take over."""
    return timedelta(seconds=app.config["JOBS_LEASE_SECONDS"])


class Worker:
    """One thread's worth of working. `run` goes on until `stop` is set; `drain` does what is due now and returns."""

    def __init__(self, app: Flask, heartbeat: Heartbeat, *, part: str = "1", reaper: "Reaper | None" = None) -> None:
        self.app = app
        self.heartbeat = heartbeat
        self.name = worker_name(part)
        self.lease = lease_of(app)
        self.reaper = reaper
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop; an error of the machinery itself, such as a database away, is waited out."""
        heard, pause = 0, self.app.config["JOBS_POLL_SECONDS"]
        while not self.stopping.is_set():
            try:
                self.drain()
                if self.reaper is not None:
                    self.reaper.look()
            except Exception as error:
                log_failure("The worker's own round", error)
                self.stopping.wait(pause)
            heard = bell.wait(heard, pause)

    def drain(self, at_most: int | None = None) -> int:
        """Do what is due now, at most so many pieces; how many were done."""
        count = 0
        with self.app.app_context():
            claim = self._first() if self._is_anything_due() else None
        while claim is not None:
            count += 1
            more = not self.stopping.is_set() and (at_most is None or count < at_most)
            with self.app.app_context():
                claim = self._do(claim, more)
            if self.reaper is not None:
                self.reaper.look()
        return count

    def _is_anything_due(self) -> bool:
        """A look that takes no lock, so that an idle worker never stands in a writer's way."""
        with reading(), db.engine.connect() as connection:
            return connection.execute(DUE, {"moment": clock.now()}).first() is not None

    def _first(self) -> Claim | None:
        with writing() as connection:
            return self._claim(connection)

    def _claim(self, executor: Any) -> Claim | None:
        """Take the piece that has been due longest, in the transaction of `executor`."""
        now = clock.now()
        return executor.execute(_claiming(db.engine.dialect.name), {
            "moment": now, "until": now + self.lease, "me": self.name}).first()

    def _do(self, claim: Claim, more: bool) -> Claim | None:
        """Do one piece; the next one is taken in the same transaction that closes this one, which saves a commit."""
        following: list[Claim | None] = [None]
        guards = (in_state(posts.c.state, LaterState.doing), posts.c.worker == self.name,
                  posts.c.attempts == claim.attempts)
        held = Held(posts, claim.id, guards, self.lease)

        def work() -> Any:
            func = tasks.find_task(claim.task)
            held.limit = tasks.options_of(func).limit
            return func(**claim.arguments)

        def close_well(result: Any) -> None:
            now = clock.now()
            values = {"result": result} if _is_worth_keeping(result) else {}
            done = db.session.execute(update(posts).where(*held.mine()).values(
                state=LaterState.done, finished_at=now, updated_at=now, duration_ms=held.milliseconds(),
                lease_until=None, last_error=None, **held.progress, **values))
            if not done.rowcount:
                raise LeaseLost()
            if more:
                following[0] = self._claim(db.session)

        def close_badly(error: BaseException) -> None:
            following[0] = None
            self._close_badly(claim, held, error)
            if more:
                following[0] = self._first()

        actor = Actor(claim.actor_kind, claim.actor_name, claim.actor_id)
        carry_out(self.heartbeat, held, actor, work, close_well, close_badly)
        return following[0]

    def _close_badly(self, claim: Claim, held: Held, error: BaseException) -> None:
        now = clock.now()
        closing: Any
        if isinstance(error, Cancelled):
            closing = update(posts).where(*held.mine()).values(
                state=LaterState.cancelled, finished_at=now, lease_until=None, duration_ms=held.milliseconds(),
                **held.progress)
        elif isinstance(error, tasks.GiveUp) or claim.attempts >= claim.max_attempts:
            log_failure(f"Task {claim.task} #{claim.id}, for good,", error)
            closing = update(posts).where(*held.mine()).values(
                state=LaterState.failed, finished_at=now, lease_until=None, duration_ms=held.milliseconds(),
                last_error=describe(error), **held.progress)
        else:
            log_failure(f"Task {claim.task} #{claim.id}, attempt {claim.attempts},", error)
            closing = back_to_waiting(
                *held.mine(), run_at=now + _wait(claim), error=describe(error))
        with writing() as connection:
            connection.execute(closing)


def _wait(claim: Claim) -> timedelta:
    """How long to wait before the next try."""
    try:
        options = tasks.options_of(tasks.find_task(claim.task))
    except tasks.UnknownTask:
        # Posted by newer code than ours, during an upgrade, or by code that is gone.
        options = tasks.TaskOptions(0, timedelta(minutes=1), timedelta(hours=1))
    return options.wait_before(claim.attempts, claim.id)


def _is_worth_keeping(result: Any) -> bool:
    """Whether a task's result is a small plain value for the log."""
    if isinstance(result, dict):
        return all(isinstance(value, str | int | float | bool | None) for value in result.values())
    return isinstance(result, str | int | float | bool)


class Reaper:
    """Lets work wait again whose worker died; shared by the workers of a process, who look now and then."""

    def __init__(self, app: Flask, patience: Patience | None = None) -> None:
        lease = lease_of(app)
        self.app = app
        self.patience = patience or Patience(lease)
        self.pause = min(1.0, lease.total_seconds() / 8)
        self._lock = threading.Lock()
        self._looked = float("-inf")

    def look(self) -> int:
        """Look, unless somebody just did; how many were let go."""
        if clock.monotonic() - self._looked < self.pause or not self._lock.acquire(blocking=False):
            return 0
        try:
            self._looked = clock.monotonic()
            with self.app.app_context():
                return self.release_the_dead()
        finally:
            self._lock.release()

    def release_the_dead(self) -> int:
        """Let go of every row whose lease has run out; how many."""
        with reading(), db.engine.connect() as connection:
            rows = connection.execute(
                select(posts.c.id, posts.c.lease_until, posts.c.attempts, posts.c.max_attempts, posts.c.task)
                .where(in_state(posts.c.state, LaterState.doing))).all()
        expired = set(self.patience.over([((row.id, row.attempts), row.lease_until) for row in rows]))
        released = 0
        for row in rows:
            if (row.id, row.attempts) not in expired:
                continue
            guards = (posts.c.id == row.id, in_state(posts.c.state, LaterState.doing),
                      posts.c.attempts == row.attempts, posts.c.lease_until == row.lease_until)
            now = clock.now()
            if row.attempts >= row.max_attempts:
                closing: Any = update(posts).where(*guards).values(
                    state=LaterState.failed, finished_at=now, lease_until=None, last_error=str(GONE))
            else:
                closing = back_to_waiting(*guards, run_at=now, error=str(GONE))
            with writing() as connection:
                released += connection.execute(closing).rowcount
            logger.warning("Task %s #%s: %s", row.task, row.id, GONE)
        return released


def run_due(at_most: int | None = None) -> int:
    """Do the posted work that is due, here and now, in this thread; how many pieces. For tests and commands.

    What the caller has written is committed first, since a worker sees nothing else; each piece commits by itself.
    """
    db.session.commit()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with Heartbeat(app) as heartbeat:
        return Worker(app, heartbeat, part=f"here-{threading.get_ident()}").drain(at_most)
