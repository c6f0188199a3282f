"""The clock: APScheduler rings, under one leader, and the tables say what for.

A job's hand, `scheduled_jobs.next_run_at`, is the truth about what is still to be fired; APScheduler, in memory,
is only the alarm that rings in time, and is set by the hands again every second. So a time that was missed while
nothing ran, that could not be recorded because the database was away, or that came while the run before was still
going, rings again and is caught up with once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.core.database import db, reading, writing

from . import runs, schedule
from .carrying import log_failure
from .lane import Lane, LaneExecutor, Work
from .leader import Election
from .leases import Heartbeat, Patience, worker_name
from .posting import insert, mend_times
from .runs import scheduled
from .worker import lease_of

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

logger = logging.getLogger(__name__)
JUMP = 2.0
"""A wall clock that strays so many seconds from the steady one between two looks was set by somebody."""
FAR_AHEAD = timedelta(minutes=5)
"""A hand that stands further ahead of the next time than two machines' clocks ever differ was set by a wrong clock."""
ASLEEP = timedelta(seconds=10)
"""An alarm that is so much overdue sleeps."""


def _ring() -> None:
    """What APScheduler is told to call; the executor does the work, because it also knows the time."""


class Timekeeper:
    """The clock of one process. It stands by until it leads."""

    def __init__(self, app: Flask, heartbeat: Heartbeat, *,
                 monotonic: Callable[[], float] = clock.monotonic) -> None:
        ttl = app.config["JOBS_LEADER_SECONDS"]
        self.app = app
        self.heartbeat = heartbeat
        self.name = worker_name("clock")
        self.lease = lease_of(app)
        self.monotonic = monotonic
        self.election = Election(self.name, ttl, monotonic=monotonic)
        self.lane = Lane(app.config["JOBS_THREADS"] + 2)
        self.patience = Patience(self.lease, monotonic)
        self.pause = min(1.0, ttl / 4)
        self.stopping = threading.Event()
        self.scheduler: BackgroundScheduler | None = None
        self._schedules: dict[str, schedule.Schedule] = {}
        self._looked: tuple[datetime, float] | None = None

    def run(self) -> None:
        """Keep the clock until told to stop; an error such as a database away is waited out."""
        while not self.stopping.is_set():
            try:
                self.tick()
            except Exception as error:
                log_failure("The clock's own round", error)
            self.stopping.wait(self.pause)
        self._silence()
        try:
            with self.app.app_context():
                self.election.resign()
        except Exception as error:
            log_failure("Giving up the lead", error)

    def tick(self) -> None:
        """One look at everything: who leads, the wall clock, the hands, requests, and the dead."""
        strayed = self._strayed()
        with self.app.app_context():
            try:
                leads = self.election.hold()
            except Exception:
                self._silence()
                raise
            if not leads:
                self._silence()
                return
            if strayed < -JUMP:
                self._turn_back()
            elif strayed > JUMP and self.scheduler is not None:
                self.scheduler.wakeup()
            if self._is_asleep():
                logger.warning("The scheduler slept through its alarm; starting it again")
                self._silence()
            if self.scheduler is None:
                self._wind_up()
            self._set_alarms()
            self._answer_requests()
            runs.bury_the_dead(self.patience)

    def _strayed(self) -> float:
        """By how many seconds the wall clock has moved away from the steady one since the last look."""
        wall, steady = clock.now(), self.monotonic()
        before, self._looked = self._looked, (wall, steady)
        return (wall - before[0]).total_seconds() - (steady - before[1]) if before else 0.0

    def _is_asleep(self) -> bool:
        """Whether an alarm is overdue: its thread died, or waits for a moment of another clock."""
        times = [job.next_run_time for job in self.scheduler.get_jobs()] if self.scheduler is not None else []
        return bool(times) and min(times) < schedule.aware(clock.now() - ASLEEP)

    def _wind_up(self) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler  # only the process that leads needs it

        self.scheduler = BackgroundScheduler(
            timezone="UTC", executors={"default": LaneExecutor(self.lane, self._fire)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})
        self.scheduler.start()

    def _silence(self) -> None:
        """Ring no more. What runs goes on under its own lease."""
        if self.scheduler is not None:
            self.scheduler.shutdown(wait=False)
        self.scheduler = None
        self._schedules = {}

    def _turn_back(self) -> None:
        """The wall clock was set back: the hands point to times that are far off now, and the times that come are
        not those of the same name before. Set every hand anew, in a new round."""
        logger.warning("The wall clock was set back; setting the schedule anew")
        self.election.start_round()
        with writing() as connection:
            connection.execute(update(scheduled).values(next_run_at=None))
        mend_times()
        self._silence()

    def _set_alarms(self) -> None:
        """Bring table and alarms together: what staff changed, what was fired, what was missed."""
        add_missing_rows()
        for row in _rows():
            try:
                self._set_alarm(row)
            except _TurnedBack:
                self._turn_back()
                return
            except Exception as error:
                self._forget(row.name)
                log_failure(f"Planning job {row.name}", error)

    def _set_alarm(self, row: Any) -> None:
        now, plan = clock.now(), schedule.schedule_of(row)
        if plan is None or row.paused:
            if row.next_run_at is not None:
                _set_hand(row, None, row.planned_as)
            self._forget(row.name)
            return
        hand = row.next_run_at
        if hand is None or row.planned_as != plan.spec:
            hand = plan.next_after(now)
            _set_hand(row, hand, plan.spec)
        elif hand > plan.next_after(now) + FAR_AHEAD:
            raise _TurnedBack()
        if self.scheduler is None or self.lane.is_busy(row.name):
            return
        moment = schedule.aware(hand if hand > now else plan.last_due(hand, now))
        alarm = self.scheduler.get_job(row.name)
        if alarm is None or self._schedules.get(row.name) != plan:
            self._schedules[row.name] = plan
            self.scheduler.add_job(_ring, plan.trigger(), id=row.name, replace_existing=True, next_run_time=moment)
        elif alarm.next_run_time != moment:
            alarm.modify(next_run_time=moment)

    def _forget(self, name: str) -> None:
        self._schedules.pop(name, None)
        if self.scheduler is not None and self.scheduler.get_job(name) is not None:
            self.scheduler.remove_job(name)

    def _fire(self, name: str, moment: datetime) -> Work | None:
        """The alarm rang: record it, and give the work to do if it is ours."""
        plan = self._schedules.get(name)
        if plan is None or not self.election.leads:
            return None
        with self.app.app_context():
            grace = schedule.options_of(schedule.get_job(name)).grace
            run_id = runs.fire(name, moment, plan.next_after(moment), self.election.clock_round, self.name, self.lease,
                               grace=grace)
        return None if run_id is None else lambda: self._perform(run_id, name)

    def _perform(self, run_id: int, name: str) -> None:
        with self.app.app_context():
            runs.perform(self.heartbeat, run_id, name, self.name, self.lease)

    def _answer_requests(self) -> None:
        for run_id, name in runs.requested():
            self.lane.start(name, lambda run_id=run_id, name=name: self._take(run_id, name))  # type: ignore[misc]

    def _take(self, run_id: int, name: str) -> Work | None:
        with self.app.app_context():
            taken = runs.take(run_id, self.name, self.lease)
        return (lambda: self._perform(run_id, name)) if taken else None


class _TurnedBack(Exception):
    """A hand shows that the wall clock was set back while no process of ours looked."""


def add_missing_rows() -> None:
    """Give every installed job its row, and mark the rows of jobs that are installed no more. The migrate step and
    the leader call it; it writes only if there is something to change."""
    with reading(), db.engine.connect() as connection:
        there = {row.name: row.enabled for row in connection.execute(select(scheduled.c.name, scheduled.c.enabled))}
    installed = set(schedule.registered())
    changed = {name for name, enabled in there.items() if enabled != (name in installed)}
    if not changed and installed <= set(there):
        return
    with writing() as connection:
        for name in sorted(installed - set(there)):
            connection.execute(insert(scheduled).values(name=name).on_conflict_do_nothing())
        for name in sorted(changed):
            connection.execute(update(scheduled).where(scheduled.c.name == name).values(enabled=name in installed))


def _rows() -> list[Any]:
    with reading(), db.engine.connect() as connection:
        return list(connection.execute(select(scheduled)).all())


def _set_hand(row: Any, moment: datetime | None, planned_as: str | None) -> None:
    """Set a job's hand, unless staff or a firing set it since we looked."""
    with writing() as connection:
        connection.execute(update(scheduled).where(
            scheduled.c.name == row.name,
            scheduled.c.next_run_at.is_(None) if row.next_run_at is None
            else scheduled.c.next_run_at == row.next_run_at,
        ).values(next_run_at=moment, planned_as=planned_as))
