"""Work that follows later, and work that comes round by the clock.

**Later.** A service that wants something to follow, such as a message to be sent, posts it:

    from app.core.jobs import later, task

    @task(retries=5)
    def send_message(template: str, order_id: int) -> None:
        ...

    later(send_message, template="order_paid", order_id=7)

`later` writes a row in the transaction at hand. If that is rolled back, nothing was posted; once it is committed,
a worker does the work, as the actor who posted it. What the work does in the database and the mark "done" are one
transaction, so that effect happens exactly once, whatever is killed and when. What leaves the house (an HTTP call)
can happen again after a crash: send the row's own ids along, so that the other side can tell. A task that fails is
tried again with growing pauses, then stands as failed until somebody retries it. Pass ids, texts and numbers, not
records; a task reads what is true when it runs.

Do not post what must be true at the same moment (call it), nor what should run by the clock (a job).

**By the clock.** A job is a marked function, plugged in by its module's manifest (`Module(jobs=[...])`):

    from app.core.jobs import job, minutes

    @job(every=minutes(5), label=_("Cancel overdue orders"))
    def cancel_overdue_orders() -> int:
        \"\"\"Calls off orders that nobody paid for in time.\"\"\"
        ...

One process of all leads the clock, others take over when it dies, and each firing is a row of its own before it
starts, so a job never fires twice for one time and never runs beside itself. Staff change schedules on a screen.

**Long work** says how far it is and can be stopped: `progress` shows a figure, `checkpoint` commits a bite. A task that
is `watched` stands in the tray of the user who began it: see `Watched`, and `docs/long-work.md`.

The example below runs as it stands (a test does so); it needs an app context and the tables:

    >>> from datetime import timedelta
    >>> from app.core.database import db
    >>> from app.core import jobs
    >>> heard = []
    >>> @jobs.register_task
    ... @jobs.task(retries=2)
    ... def greet(name: str) -> str:
    ...     heard.append(name)
    ...     return f"Hello {name}"
    >>> never = jobs.later(greet, name="Lin")
    >>> db.session.rollback()                    # nothing happened, so nothing follows
    >>> now = jobs.later(greet, name="Mei")
    >>> soon = jobs.later(greet, name="Hua", after=timedelta(hours=1))
    >>> jobs.run_due()                           # commits, and does what a worker would do
    1
    >>> heard, jobs.find(now).result, jobs.find(soon).state.value
    (['Mei'], 'Hello Mei', 'todo')
    >>> @jobs.job(cron="0 3 * * 1-5")
    ... def count_greetings() -> int:
    ...     \"\"\"Counts whom we have greeted.\"\"\"
    ...     return len(heard)
    >>> jobs.register(count_greetings)
    >>> run = jobs.run_here("count_greetings")
    >>> run.state.value, run.result_count
    ('done', 1)

**What it costs.** Posting is one statement more in a transaction that is committed anyway; doing a piece is one
transaction, which also takes the next piece. A million finished rows make neither slower.

**Processes.** `start(app)` runs workers and clock inside the web server's process (`JOBS_IN_PROCESS`); `flask jobs
work` runs them beside it, as many as you like on any number of machines that share the database.
"""

from __future__ import annotations

from .cli import commands
from .leases import Cancelled, LeaseLost
from .managing import JobInfo, get_scheduled, list_jobs, pause, reschedule, resume, run_here, run_now
from .models import JobRun, LaterJob, LaterState, LeaderLease, RunState, RunTrigger, ScheduledJob
from .posting import cancel, find, later, retry
from .progress import checkpoint, progress
from .retention import forget_finished_jobs
from .runner import Runner, start
from .runs import stop_run
from .schedule import Schedule, days, get_job, hours, job, minutes, register, registered, seconds, unregister
from .tasks import About, GiveUp, UnknownTask, Watched, register_task, task, unregister_task
from .timekeeper import add_missing_rows
from .watching import (
    WATCHED_MARK,
    cancel_own,
    dismiss,
    dismiss_what_is_over,
    list_own,
    put_away,
    retry_own,
    tell_what_is_over,
)
from .worker import run_due

__all__ = [
    "WATCHED_MARK", "About", "Cancelled", "GiveUp", "JobInfo", "JobRun", "LaterJob", "LaterState", "LeaderLease",
    "LeaseLost", "RunState", "RunTrigger", "Runner", "Schedule", "ScheduledJob", "UnknownTask", "Watched",
    "add_missing_rows", "cancel", "cancel_own", "checkpoint", "commands", "days", "dismiss", "dismiss_what_is_over",
    "find", "forget_finished_jobs", "get_job", "get_scheduled", "hours", "job", "later", "list_jobs", "list_own",
    "minutes", "pause", "progress", "put_away", "register", "register_task", "registered", "reschedule", "resume",
    "retry", "retry_own", "run_due", "run_here", "run_now", "seconds", "start", "stop_run", "task", "tell_what_is_over",
    "unregister", "unregister_task",
]
