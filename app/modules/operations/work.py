"""What may wait for people in operations: jobs and posted work that failed, and backups that are missing."""

from __future__ import annotations

from sqlalchemy import func, select

from app.core.db import db
from app.core.i18n import lazy as _
from app.core.jobs import RunState, ScheduledJob
from app.lowcode.work import Waiting, WorkLine
from app.modules.operations import backups
from app.modules.operations.backups_page import BackupsPage
from app.modules.operations.jobs_page import JobsPage
from app.modules.operations.views import LaterJobScreen


def failed_jobs() -> Waiting:
    """Scheduled jobs whose last run failed or was interrupted; the next one that goes well takes them off the list."""
    failed = ScheduledJob.last_state.in_((RunState.failed, RunState.lost)), ScheduledJob.enabled.is_(True)
    count, since = db.session.execute(select(func.count(), func.min(ScheduledJob.last_run_at)).where(*failed)).one()
    return Waiting(count, since)


def missing_backup() -> Waiting:
    """One, while there is no verified backup of the last day."""
    if not backups.is_overdue():
        return Waiting(0)
    newest = backups.newest_verified()
    return Waiting(1, newest.made_at if newest is not None else None)


LINES = [
    WorkLine(_("Backup of the last day is missing"), BackupsPage, count=missing_backup, needs="create", tone="bad",
             icon="fa-box-archive", hint=_("None was made and found good. Back up now, and see why.")),
    WorkLine(_("Scheduled jobs that failed"), JobsPage, count=failed_jobs, needs="run", icon="fa-clock",
             hint=_("Their last run did not go well.")),
    WorkLine(_("Background work that failed"), LaterJobScreen, {"f.state": "failed"}, since="run_at", needs="retry",
             icon="fa-hourglass", hint=_("It stays undone until somebody retries it.")),
]
