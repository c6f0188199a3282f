"""The tray of a user: the posted work that they began themselves and have not dismissed, found by one small index.

Everything here is asked with the user's id and sees nothing of anybody else's; what is not theirs is not found.
"""

from __future__ import annotations

from sqlalchemy import case, func, literal_column, select, update

from app.core import clock
from app.core.database import db
from app.core.db import guarded_update
from app.core.errors import BusinessError, NotAllowed, NotFound
from app.core.i18n import lazy as _

from . import tasks
from .models import LaterJob, LaterState, in_state
from .posting import cancel, posts, retry

MOST_SHOWN = 50
RUNS, NEWS, OLD = "r", "n", "o"

WATCHED_MARK = func.aggregate_strings(case(
    (posts.c.finished_at.is_(None), literal_column(f"'{RUNS}'")), (posts.c.is_told, literal_column(f"'{OLD}'")),
    else_=literal_column(f"'{NEWS}'")), "")
"""A letter for each piece of work: it runs (or waits), it is over and that is news, or it is over and was told. The few
rows of a tray are found so cheaply that whoever asks who makes a request can ask it along."""


def list_own(user_id: int) -> list[LaterJob]:
    """What stands in this user's tray, the newest first."""
    return list(db.session.scalars(
        select(LaterJob).where(LaterJob.watcher_id == user_id).order_by(LaterJob.id.desc()).limit(MOST_SHOWN)))


def count_going_on(user_id: int, task_name: str) -> int:
    """How many pieces of this task, by its dotted name, wait or run for this user."""
    return db.session.scalar(select(func.count()).select_from(posts).where(
        posts.c.watcher_id == user_id, posts.c.task == task_name, posts.c.finished_at.is_(None))) or 0


def tell_what_is_over(user_id: int) -> list[int]:
    """Take up the news that work is over, so that each is told once, whichever window asks first; their numbers."""
    return list(db.session.scalars(update(posts).where(
        posts.c.watcher_id == user_id, posts.c.finished_at.is_not(None), posts.c.is_told.is_(False)).values(
        is_told=True, updated_at=clock.now()).returning(posts.c.id)))


def cancel_own(user_id: int, job_id: int) -> None:
    """Call one's own work off, where its task lets whoever began it; see `cancel`."""
    work = _own(user_id, job_id)
    if not tasks.watched(work.task).can_cancel and work.state is not LaterState.todo:
        raise NotAllowed(_("This work cannot be stopped halfway."))
    cancel(job_id)
    # Whoever called it off themselves need not be told that it is over.
    guarded_update(LaterJob, LaterJob.id == job_id, in_state(LaterJob.state, LaterState.cancelled), is_told=True)


def retry_own(user_id: int, job_id: int) -> None:
    """Send one's own failed or cancelled work out again, where its task lets whoever began it; see `retry`."""
    work = _own(user_id, job_id)
    if not tasks.watched(work.task).can_retry:
        raise NotAllowed(_("This work cannot be tried again from here."))
    retry(job_id)


def dismiss(user_id: int, job_id: int) -> None:
    """Take one's own work, once it is over, out of the tray."""
    work = _own(user_id, job_id)
    if not guarded_update(LaterJob, LaterJob.id == work.id, LaterJob.finished_at.is_not(None), watcher_id=None):
        raise BusinessError(_("This work is not over yet."))


def put_away(job_id: int) -> None:
    """Take work that is over out of whoever's tray it stands in: a further step of the same thing says more."""
    db.session.execute(update(posts).where(posts.c.id == job_id, posts.c.finished_at.is_not(None)).values(
        watcher_id=None))


def dismiss_what_is_over(user_id: int) -> None:
    """Take all that is over out of the tray."""
    db.session.execute(update(posts).where(
        posts.c.watcher_id == user_id, posts.c.finished_at.is_not(None)).values(watcher_id=None))


def _own(user_id: int, job_id: int) -> LaterJob:
    work = db.session.scalar(select(LaterJob).where(LaterJob.id == job_id, LaterJob.watcher_id == user_id)
                             .execution_options(populate_existing=True))
    if work is None:
        raise NotFound(_("This job was not found."))
    return work
