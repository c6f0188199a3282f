"""What staff can do with scheduled jobs, for the screens: list, run now, pause, resume, reschedule.

All of it works from any process: it writes rows, and the leader of the clock acts on them within a second or two.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from app.core import clock
from app.core.actor import current_actor
from app.core.database import db

from . import runs, schedule
from .leases import Heartbeat, worker_name
from .models import JobRun, RunState, RunTrigger, ScheduledJob, in_state
from .posting import insert
from .worker import lease_of


@dataclass(frozen=True)
class JobInfo:
    """A scheduled job as a screen shows it; moments are UTC."""

    name: str
    label: str
    help: str
    schedule: str
    overridden: bool
    paused: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_state: RunState | None
    is_running: bool
    is_requested: bool


def list_jobs() -> list[JobInfo]:
    """All installed jobs by label, whether or not the clock has seen them yet."""
    rows = {row.name: row for row in db.session.scalars(select(ScheduledJob))}
    under_way = {RunState.doing: set[str](), RunState.asked: set[str]()}
    for state, names in under_way.items():
        names.update(db.session.scalars(select(JobRun.job).where(in_state(JobRun.state, state))))
    found = []
    for name in schedule.registered():
        row = rows.get(name) or ScheduledJob(name=name, paused=False)
        plan = schedule.schedule_of(row)
        found.append(JobInfo(
            name, row.label, row.help, plan.words() if plan else "", row.is_overridden, row.paused,
            None if row.paused or plan is None else row.next_run_at or plan.next_after(clock.now()),
            row.last_run_at, row.last_state, name in under_way[RunState.doing], name in under_way[RunState.asked]))
    return sorted(found, key=lambda info: info.label.lower())


def get_scheduled(name: str) -> ScheduledJob:
    """The row of an installed job, made if the clock has not done so; NotFound if there is no such job."""
    schedule.get_job(name)
    found = db.session.scalar(select(ScheduledJob).where(ScheduledJob.name == name))
    if found is None:
        db.session.execute(insert(ScheduledJob.__table__).values(name=name).on_conflict_do_nothing())
        found = db.session.scalars(select(ScheduledJob).where(ScheduledJob.name == name)).one()
    return found


def run_now(name: str) -> int:
    """Ask for a run outside of the schedule; the number of its line in the run log. Asking twice before it has
    started is asking once. It starts when a run that is going on has ended, also if the job is paused."""
    schedule.get_job(name)
    waiting = db.session.scalar(select(JobRun.id).where(JobRun.job == name, in_state(JobRun.state, RunState.asked)))
    if waiting is not None:
        return waiting
    run = JobRun(job=name, scheduled_for=clock.now(), trigger=RunTrigger.request, state=RunState.asked,
                 asked_by=current_actor().name[:200])
    db.session.add(run)
    db.session.flush()
    return run.id


def run_here(name: str, asked_by: str = "") -> JobRun:
    """Run a job now in this thread, recorded like any other run; its line of the run log. Refused while the job runs
    elsewhere. What the caller has written is committed first. For commands and tests."""
    db.session.commit()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with Heartbeat(app) as heartbeat:
        run_id = runs.run_here(heartbeat, name, worker_name(f"here-{threading.get_ident()}"), lease_of(app),
                               asked_by or current_actor().name)
    return db.session.get_one(JobRun, run_id, populate_existing=True)


def pause(name: str) -> None:
    """Fire this job no more until it is resumed. A run that is going on goes on."""
    row = get_scheduled(name)
    row.paused, row.next_run_at = True, None
    db.session.flush()


def resume(name: str) -> None:
    """Fire this job again from its next time on; the times of the pause are not made up for."""
    row = get_scheduled(name)
    if row.paused:
        row.paused = False
        _plan(row)


def reschedule(name: str, *, cron: str | None = None, every: timedelta | None = None) -> None:
    """Run this job at other times than the program has it; with neither, at the program's again. InvalidInput names
    the field, `cron` or `every_seconds`, that cannot be read."""
    row = get_scheduled(name)
    if cron is not None or every is not None:
        schedule.Schedule(cron=cron, every=every)
    row.cron = " ".join(cron.split()) if cron is not None else None
    row.every_seconds = int(every.total_seconds()) if every is not None else None
    _plan(row)


def _plan(row: ScheduledJob) -> None:
    plan = schedule.schedule_of(row)
    if plan is not None and not row.paused:
        row.next_run_at, row.planned_as = plan.next_after(clock.now()), plan.spec
    db.session.flush()
