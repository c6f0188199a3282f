"""Runs of scheduled jobs: recorded before they start, never twice for one time, never two at once of one job."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.actor import Actor
from app.core.database import db, reading, writing
from app.core.errors import BusinessError, NotFound
from app.core.i18n import lazy as _

from . import schedule
from .carrying import carry_out, describe, log_failure
from .leases import Cancelled, Heartbeat, Held, LeaseLost, Patience
from .models import JobRun, RunState, RunTrigger, ScheduledJob, in_state
from .posting import insert

logger = logging.getLogger(__name__)
runs: Table = JobRun.__table__  # type: ignore[assignment]
scheduled: Table = ScheduledJob.__table__  # type: ignore[assignment]
INTERRUPTED = _("The process that ran it stopped or hung.")


def fire(name: str, scheduled_for: datetime, next_run_at: datetime, clock_round: int, worker: str,
         lease: timedelta, *, grace: timedelta | None = None) -> int | None:
    """Record that the job's time has come and move its hand on, in one transaction; the number of the run to do.

    None when there is nothing to do: another process recorded this time already (two unique rules decide, not who
    thinks to lead), the job was paused meanwhile, or the time is more than `grace` ago, which is recorded. None
    too, and the hand stays, while the job's run before is still going on: this time is caught up with after it.
    """
    now = clock.now()
    late = grace is not None and now - scheduled_for > grace
    values: dict[str, Any] = {"job": name, "scheduled_for": scheduled_for, "clock_round": clock_round,
                              "trigger": RunTrigger.schedule, "created_at": now}
    if late:
        values |= {"state": RunState.missed, "finished_at": now}
    else:
        values |= {"state": RunState.doing, "worker": worker, "lease_until": now + lease, "started_at": now}
    with writing() as connection:
        if connection.execute(select(scheduled.c.paused).where(scheduled.c.name == name)).scalar():
            return None
        run_id = connection.execute(
            insert(runs).values(**values).on_conflict_do_nothing().returning(runs.c.id)).scalar()
        if run_id is None and connection.execute(select(runs.c.id).where(
                runs.c.job == name, runs.c.scheduled_for == scheduled_for, runs.c.clock_round == clock_round,
                in_state(runs.c.trigger, RunTrigger.schedule))).first() is None:
            return None
        connection.execute(update(scheduled).where(
            scheduled.c.name == name, scheduled.c.next_run_at <= scheduled_for).values(next_run_at=next_run_at))
    return None if late else run_id


def requested() -> list[tuple[int, str]]:
    """Runs that somebody asked for on a screen and that nobody has started, as (number, job)."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(
            select(runs.c.id, runs.c.job).where(in_state(runs.c.state, RunState.asked)).order_by(runs.c.id)).all()
    return [(row.id, row.job) for row in rows]


def take(run_id: int, worker: str, lease: timedelta) -> bool:
    """Start a requested run; False if another process has, or the job is running now."""
    now = clock.now()
    try:
        with writing() as connection:
            return bool(connection.execute(
                update(runs).where(runs.c.id == run_id, in_state(runs.c.state, RunState.asked))
                .values(state=RunState.doing, worker=worker, lease_until=now + lease, started_at=now)).rowcount)
    except IntegrityError:
        return False


def perform(heartbeat: Heartbeat, run_id: int, name: str, worker: str, lease: timedelta) -> None:
    """Do a run that was recorded for this worker, as the job itself, and close its record."""
    guards = (in_state(runs.c.state, RunState.doing), runs.c.worker == worker)
    held = Held(runs, run_id, guards, lease)
    began = clock.now()

    def closing(state: RunState, **values: Any) -> list[Any]:
        return [
            update(runs).where(*held.mine()).values(
                state=state, finished_at=clock.now(), lease_until=None, duration_ms=held.milliseconds(),
                **held.progress, **values),
            update(scheduled).where(scheduled.c.name == name).values(last_run_at=began, last_state=state),
        ]

    def close_well(result: Any) -> None:
        for number, statement in enumerate(closing(RunState.done, **_told(result))):
            if not db.session.execute(statement).rowcount and number == 0:
                raise LeaseLost()

    def close_badly(error: BaseException) -> None:
        if isinstance(error, Cancelled):
            statements = closing(RunState.cancelled)
        else:
            log_failure(f"Job {name}", error)
            statements = closing(RunState.failed, last_error=describe(error))
        with writing() as connection:
            for number, statement in enumerate(statements):
                if not connection.execute(statement).rowcount and number == 0:
                    return

    carry_out(heartbeat, held, Actor.job(name), lambda: schedule.get_job(name)(), close_well, close_badly)


def _told(result: Any) -> dict[str, Any]:
    """What a job returned, for the run log."""
    if isinstance(result, int) and not isinstance(result, bool) and abs(result) < 2**31:
        return {"result_count": result}
    return {"result": str(result)[:500]} if result is not None else {}


def run_here(heartbeat: Heartbeat, name: str, worker: str, lease: timedelta, asked_by: str) -> int:
    """Run a job in this thread, recorded like any other run; its number. Refused while the job runs elsewhere."""
    schedule.get_job(name)
    now = clock.now()
    with writing() as connection:
        run_id = connection.execute(insert(runs).values(
            job=name, scheduled_for=now, trigger=RunTrigger.command, asked_by=asked_by[:200], state=RunState.doing,
            worker=worker, lease_until=now + lease, started_at=now, created_at=now,
        ).on_conflict_do_nothing().returning(runs.c.id)).scalar()
    if run_id is None:
        raise BusinessError(_("This job is running right now."))
    perform(heartbeat, run_id, name, worker, lease)
    return run_id


def stop_run(run_id: int) -> None:
    """Ask a run to stop, which it does when it next reports its progress; a requested one is called off. Refused
    when it is over already."""
    from app.core.db import guarded_update

    if guarded_update(JobRun, JobRun.id == run_id, in_state(JobRun.state, RunState.asked),
                      state=RunState.cancelled, finished_at=clock.now()):
        return
    if not guarded_update(JobRun, JobRun.id == run_id, in_state(JobRun.state, RunState.doing), cancel_requested=True):
        if db.session.get(JobRun, run_id) is None:
            raise NotFound(_("This run was not found."))
        raise BusinessError(_("This run is over already."))


def bury_the_dead(patience: Patience) -> int:
    """Close the record of every run whose process died, so that its job can run again; how many."""
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(select(runs.c.id, runs.c.job, runs.c.lease_until, runs.c.worker).where(
            in_state(runs.c.state, RunState.doing))).all()
    dead = set(patience.over([(row.id, row.lease_until) for row in rows]))
    buried = 0
    for row in rows:
        if row.id not in dead:
            continue
        with writing() as connection:
            closed = connection.execute(update(runs).where(
                runs.c.id == row.id, in_state(runs.c.state, RunState.doing), runs.c.lease_until == row.lease_until,
            ).values(state=RunState.lost, finished_at=clock.now(), lease_until=None, last_error=str(INTERRUPTED)))
            if closed.rowcount:
                buried += 1
                connection.execute(
                    update(scheduled).where(scheduled.c.name == row.job).values(last_state=RunState.lost))
                logger.warning("Job %s, run %s by %s: interrupted", row.job, row.id, row.worker)
    return buried
