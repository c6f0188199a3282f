"""Leases: how a worker keeps what it took, learns that it lost it, and how the others notice that it died.

Whoever takes a row writes its name and a moment into it, and a heartbeat moves that moment on while the work goes
on. At the end the row is closed in the same transaction as the work, by a statement that changes nothing if the
row is no longer ours; then the whole transaction is rolled back. So a lease is about speed, never about truth:
taking over too early costs a second try, not a second effect.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Table, select, update

from app.core import clock
from app.core.database import reading, writing

logger = logging.getLogger(__name__)
INCARNATION = secrets.token_hex(3)


def worker_name(part: str) -> str:
    """A name that no other thread, process or start of this program has: host, process, start, part."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{INCARNATION}:{part}"[:120]


class LeaseLost(Exception):
    """Another worker took this over; what was not yet committed is rolled back."""


class Cancelled(Exception):
    """Somebody called this off while it ran."""


@dataclass(eq=False)
class Held:
    """One row that is being worked on in this process. `guards` say that it is still ours."""

    table: Table
    row_id: int
    guards: tuple[ColumnElement[bool], ...]
    lease: timedelta
    limit: timedelta | None = None
    started: float = field(default_factory=clock.monotonic)
    extended: float = field(default_factory=clock.monotonic)
    progress: dict[str, Any] = field(default_factory=dict)
    unsaved: bool = False
    lost: bool = False
    cancelled: bool = False

    def mine(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which a statement may touch the row."""
        return (self.table.c.id == self.row_id, *self.guards)

    def raise_if_over(self) -> None:
        """LeaseLost or Cancelled, if the heartbeat has found out."""
        if self.lost:
            raise LeaseLost()
        if self.cancelled:
            raise Cancelled()

    def milliseconds(self) -> int:
        """How long the work has been going on."""
        return int((clock.monotonic() - self.started) * 1000)


_current: contextvars.ContextVar[Held | None] = contextvars.ContextVar("houtai_held_job", default=None)


def current() -> Held | None:
    """The row that this thread works on, or None outside of any job."""
    return _current.get()


class Heartbeat:
    """A thread that keeps every lease of this process, saves progress, and hears of cancellations.

    It writes on its own connection. On SQLite that has to wait while the work itself holds the write lock; nobody
    can take the row over meanwhile either, for that is a write too.
    """

    def __init__(self, app: Flask, *, tick: float = 1.0) -> None:
        self.app = app
        self.tick = tick
        self._held: set[Held] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to beat; doing it twice changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="houtai-heartbeat", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2 * self.tick)

    def __enter__(self) -> "Heartbeat":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @contextlib.contextmanager
    def hold(self, held: Held) -> Iterator[Held]:
        """Keep this lease while the block runs; the block's thread knows it as `current()`."""
        with self._lock:
            self._held.add(held)
        token = _current.set(held)
        try:
            yield held
        finally:
            _current.reset(token)
            with self._lock:
                self._held.discard(held)

    def _run(self) -> None:
        while not self._stop.wait(self.tick):
            with self._lock:
                held = list(self._held)
            for one in held:
                try:
                    with self.app.app_context():
                        self.beat(one)
                except Exception as error:
                    logger.warning("A lease could not be extended: %s", type(error).__name__)

    def beat(self, held: Held) -> None:
        """Look after one lease: extend it when a quarter of it is over, save progress, notice the end of it."""
        table = held.table
        if held.limit is not None and clock.monotonic() - held.started > held.limit.total_seconds():
            return  # It has had its time; another worker may take it over when the lease runs out.
        if held.unsaved or clock.monotonic() - held.extended > held.lease.total_seconds() / 4:
            progress = held.progress
            statement = update(table).where(*held.mine()).values(lease_until=clock.now() + held.lease, **progress)
            with writing(patience=held.lease.total_seconds() / 4) as connection:
                row = connection.execute(statement.returning(table.c.cancel_requested)).first()
            held.extended = clock.monotonic()
            held.unsaved = held.progress is not progress
        else:
            from app.core.database import db

            with reading(), db.engine.connect() as connection:
                row = connection.execute(select(table.c.cancel_requested).where(*held.mine())).first()
        if row is None:
            held.lost = True
        elif row.cancel_requested:
            held.cancelled = True


class Patience:
    """Tells when a lease has run out, whatever the wall clock does.

    A lease is over when its moment is past and it has not moved for half its length by our own steady clock, so a
    wall clock that is put forward (or a machine that slept) does not end the leases of the living; or when it has
    not moved for its whole length, so a clock that is put back does not keep those of the dead.
    """

    def __init__(self, lease: timedelta, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self.lease = lease
        self.monotonic = monotonic
        self._seen: dict[Hashable, tuple[datetime | None, float]] = {}

    def over(self, rows: list[tuple[Hashable, datetime | None]]) -> list[Hashable]:
        """Of all leased rows there are, as (key, lease_until), the keys whose lease has run out."""
        at, length = self.monotonic(), self.lease.total_seconds()
        seen, expired = {}, []
        for key, until in rows:
            before, since = self._seen.get(key, (None, at))
            if before != until or key not in self._seen:
                since = at
            seen[key] = (until, since)
            still = at - since
            if still >= length or (still >= length / 2 and (until is None or until < clock.now())):
                expired.append(key)
        self._seen = seen
        return expired
