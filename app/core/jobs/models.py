"""The tables of the jobs: posted work, scheduled jobs, their runs, and who leads the clock.

None of them is written by a form. Posted rows pile up by the million, so every question the machinery asks is
answered by a partial index that holds only the rows still of interest: what waits, what is being done, what
failed. The conditions are written as literals because neither database uses a partial index for a bound one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, ColumnElement, Integer, literal_column
from sqlalchemy import text as sql

from app.core.db import (
    Choice,
    Index,
    Mapped,
    Record,
    choice,
    integer,
    json_data,
    long_text,
    mapped_column,
    moment,
    text,
    yes_no,
)
from app.core.i18n import lazy as _

from . import schedule, tasks

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers its rows by itself only if the type is INTEGER


class LaterState(Choice):
    """Where a posted piece of work stands."""

    todo = "todo", _("Waiting")
    doing = "doing", _("Running"), "info"
    done = "done", _("Done"), "good"
    failed = "failed", _("Failed"), "bad"
    cancelled = "cancelled", _("Cancelled")


class RunState(Choice):
    """How one run of a scheduled job goes or went."""

    asked = "asked", _("Requested")
    doing = "doing", _("Running"), "info"
    done = "done", _("Done"), "good"
    failed = "failed", _("Failed"), "bad"
    cancelled = "cancelled", _("Cancelled")
    lost = "lost", _("Interrupted"), "bad"
    missed = "missed", _("Too late"), "warn"


class RunTrigger(Choice):
    """What set a run off."""

    schedule = "schedule", _("Schedule")
    request = "request", _("Screen")
    command = "command", _("Command")


def in_state(column: Any, state: Choice) -> ColumnElement[bool]:
    """`column = 'state'` with a literal, so that partial indexes serve it."""
    return column == literal_column(f"'{state.value}'")


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=sql(where), postgresql_where=sql(where))


class Leased:
    """What is done under a lease, with its progress: shared by posted work and runs of scheduled jobs."""

    worker: Mapped[str | None] = text(120, _("Done by"), help=_("Host, process and thread."))
    lease_until: Mapped[datetime | None] = moment(_("Held until"))
    cancel_requested: Mapped[bool] = yes_no(_("Asked to stop"))
    started_at: Mapped[datetime | None] = moment(_("Started"))
    finished_at: Mapped[datetime | None] = moment(_("Finished"))
    duration_ms: Mapped[int | None] = integer(_("Duration (ms)"), min=0)
    progress_done: Mapped[int | None] = integer(_("Done so far"), min=0)
    progress_total: Mapped[int | None] = integer(_("Of"), min=0)
    progress_message: Mapped[str | None] = text(200, _("Progress"))
    last_error: Mapped[str | None] = long_text(_("Error"), size=2000)

    @property
    def progress_percent(self) -> int | None:
        """How far it is, from 0 to 100; None where that is not known."""
        if self.progress_done is None or not self.progress_total:
            return None
        return min(100, self.progress_done * 100 // self.progress_total)


class LaterJob(Leased, Record):
    """A piece of work that `later` posted in somebody's transaction, for a worker to do."""

    __tablename__ = "later_jobs"
    __audited__ = False
    __table_args__ = (
        _partial("ix_later_jobs_todo", "run_at", "id", where="state = 'todo'"),
        _partial("ix_later_jobs_doing", "lease_until", where="state = 'doing'"),
        _partial("ix_later_jobs_failed", "id", where="state = 'failed'"),
        _partial("uq_later_jobs_key", "key", unique=True, where="state = 'todo'"),
        _partial("ix_later_jobs_finished", "finished_at", where="finished_at IS NOT NULL"),
        Index("ix_later_jobs_task_id", "task", "id"),
        _partial("ix_later_jobs_watched", "watcher_id", "id", where="watcher_id IS NOT NULL"),
    )
    title_column = "task"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, info={"kind": "integer", "label": _("ID")}, sort_order=-3)
    task: Mapped[str] = text(200, _("Task"))
    arguments: Mapped[dict[str, Any]] = json_data(_("Arguments"), default=dict)
    key: Mapped[str | None] = text(200, _("Key"), help=_("While one with this key waits, no second one is posted."))
    state: Mapped[LaterState] = choice(LaterState, _("State"), default=LaterState.todo)
    run_at: Mapped[datetime] = moment(_("Due"))
    attempts: Mapped[int] = integer(_("Attempts"), min=0, default=0)
    max_attempts: Mapped[int] = integer(_("Attempts at most"), min=1, default=1)
    actor_kind: Mapped[str] = text(20, _("Kind of actor"))
    actor_name: Mapped[str] = text(200, _("Posted by"))
    actor_id: Mapped[int | None] = integer(_("Actor's ID"))
    result: Mapped[Any] = json_data(_("Result"), nullable=True)
    watcher_id: Mapped[int | None] = integer(
        _("Followed by (user ID)"), help=_("In whose tray it stands: that of whoever began it, until they dismiss it."))
    is_told: Mapped[bool] = yes_no(_("Told that it is over"))

    @property
    def label(self) -> str:
        """What is done, for people."""
        return tasks.label_of(self.task)

    @property
    def actor(self) -> str:
        """Who posted it, in words."""
        from app.core.actor_words import actor_text

        return actor_text(self.actor_kind, self.actor_name)

    def __str__(self) -> str:
        return self.label


class JobRun(Leased, Record):
    """One run of a scheduled job: recorded before it starts, closed when it ends."""

    __tablename__ = "job_runs"
    __audited__ = False
    __table_args__ = (
        # A firing is one row for ever: whoever comes second finds it taken. See `clock_round` for the third part.
        _partial("uq_job_runs_firing", "job", "scheduled_for", "clock_round", where="trigger = 'schedule'",
                 unique=True),
        _partial("uq_job_runs_doing", "job", unique=True, where="state = 'doing'"),
        _partial("ix_job_runs_asked", "id", where="state = 'asked'"),
        Index("ix_job_runs_job_id", "job", "id"),
    )
    title_column = "job"
    words_of: ClassVar[dict[str, Any]] = {"job": schedule.labels}

    id: Mapped[int] = mapped_column(BigId, primary_key=True, info={"kind": "integer", "label": _("ID")}, sort_order=-3)
    job: Mapped[str] = text(100, _("Job"))
    scheduled_for: Mapped[datetime] = moment(_("Scheduled for"))
    clock_round: Mapped[int] = integer(
        _("Clock round"), min=0, default=0,
        help=_("Goes up when the machine's clock is set back, because the same hours then come twice."))
    trigger: Mapped[RunTrigger] = choice(RunTrigger, _("Started by"), default=RunTrigger.schedule)
    asked_by: Mapped[str | None] = text(200, _("Asked for by"))
    state: Mapped[RunState] = choice(RunState, _("State"), default=RunState.doing)
    result: Mapped[str | None] = text(500, _("Result"))
    result_count: Mapped[int | None] = integer(_("Number of things done"))

    @property
    def label(self) -> str:
        """The job's name for people."""
        return schedule.label_of(self.job)

    def __str__(self) -> str:
        return self.label


class ScheduledJob(Record):
    """When a job of the code runs: what staff changed on the screen, and where its hand stands."""

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = text(100, _("Job"), unique=True)
    enabled: Mapped[bool] = yes_no(
        _("Installed"), default=True, help=_("No when no installed module has this job any more."))
    paused: Mapped[bool] = yes_no(_("Paused"))
    cron: Mapped[str | None] = text(
        100, _("Times"), help=_("Minute, hour, day, month, weekday, as in “0 3 * * *”. Empty: as the program has it."))
    every_seconds: Mapped[int | None] = integer(
        _("Seconds between runs"), min=1, max=366 * 86400, help=_("Empty: as the program has it."))
    planned_as: Mapped[str | None] = text(120, _("Planned as"))
    next_run_at: Mapped[datetime | None] = moment(_("Next run"))
    last_run_at: Mapped[datetime | None] = moment(_("Last run"))
    last_state: Mapped[RunState | None] = choice(RunState, _("Last result"))

    def check(self) -> None:
        """One kind of schedule at most, and one that can be read."""
        schedule.check_override(self.cron, self.every_seconds)

    @property
    def label(self) -> str:
        """The job's name for people."""
        return schedule.label_of(self.name)

    @property
    def help(self) -> str:
        """What the job does, from its docstring."""
        return schedule.help_of(self.name)

    @property
    def schedule_text(self) -> str:
        """When it runs, in words."""
        plan = schedule.schedule_of(self)
        return plan.words() if plan else ""

    @property
    def is_overridden(self) -> bool:
        """Whether staff changed the program's own schedule."""
        return self.cron is not None or self.every_seconds is not None

    def __str__(self) -> str:
        return self.label


class LeaderLease(Record):
    """Who leads, told by a counter that the leader keeps moving: see `leader`."""

    __tablename__ = "leader_leases"
    __audited__ = False

    name: Mapped[str] = text(40, _("Name"), unique=True)
    holder: Mapped[str] = text(120, _("Leader"), default="")
    beat: Mapped[int] = integer(_("Beat"), min=0, default=0)
    renewed_at: Mapped[datetime | None] = moment(_("Renewed"))
    clock_round: Mapped[int] = integer(_("Clock round"), min=0, default=0)
