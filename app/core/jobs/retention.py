"""Forgetting what is long over: finished posts and old lines of the run log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Table, delete, select, update

from app.core import clock
from app.core.database import writing
from app.core.i18n import lazy as _

from .models import LaterState, RunState
from .posting import posts
from .runs import runs
from .schedule import job

BITE = 1000
DAYS_IN_TRAY = 3
"""How long what is over, and told, stays in the tray of whoever began it and does not dismiss it."""


@job(cron="40 4 * * *", label=_("Forget finished jobs"))
def forget_finished_jobs() -> int:
    """Deletes finished background work and old lines of the run log, after the days that the deployment sets. What
    failed is kept as long as the run log, so that somebody can look at it."""
    now = clock.now()
    _clear_trays(now - timedelta(days=DAYS_IN_TRAY))
    posts_until = now - timedelta(days=current_app.config["JOBS_KEEP_DAYS"])
    runs_until = now - timedelta(days=current_app.config["JOBS_KEEP_RUNS_DAYS"])
    over = posts.c.state.in_([LaterState.done, LaterState.cancelled])
    return (
        _forget(posts, posts.c.finished_at < posts_until, over)
        + _forget(posts, posts.c.finished_at < runs_until, posts.c.state == LaterState.failed)
        + _forget(runs, runs.c.finished_at < runs_until, runs.c.state.not_in([RunState.asked, RunState.doing]))
    )


def _clear_trays(until: datetime) -> None:
    with writing() as connection:
        connection.execute(update(posts).where(
            posts.c.watcher_id.is_not(None), posts.c.finished_at < until, posts.c.is_told).values(watcher_id=None))


def _forget(table: Table, *guards: Any) -> int:
    """Delete bite by bite, so that nobody has to wait long for the write lock; how many rows."""
    forgotten = 0
    while True:
        chosen = select(table.c.id).where(*guards).limit(BITE)
        with writing() as connection:
            count = connection.execute(delete(table).where(table.c.id.in_(chosen.scalar_subquery()))).rowcount
        forgotten += count
        if count < BITE:
            return forgotten
