"""The tray: whoever began work follows it, stops it and dismisses it; nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import clock, jobs
from app.core.actor import SYSTEM, Actor, acting_as
from app.core.db import db
from app.core.errors import BusinessError, NotAllowed, NotFound
from app.core.jobs import LaterJob, LaterState, watching
from app.core.jobs.posting import posts
from app.core.jobs.retention import DAYS_IN_TRAY
from app.core.jobs.tasks import name_of

pytestmark = pytest.mark.both_databases
MING, HUA = Actor.staff(1, "Ming"), Actor.staff(2, "Hua")


@jobs.register_task
@jobs.task(retries=0, watched=jobs.Watched(can_retry=True))
def dig(fails: bool = False) -> str:
    """Work that people follow."""
    if fails:
        raise jobs.GiveUp("Nothing but stones.")
    return "A hole"


@jobs.register_task
@jobs.task(retries=0, watched=jobs.Watched(can_cancel=False))
def pour() -> None:
    """Work that cannot be left halfway."""


@jobs.register_task
@jobs.task(retries=0)
def whisper() -> None:
    """Work that nobody follows, such as a message."""


def post(who: Actor = MING, task: Any = dig, **values: Any) -> int:
    with acting_as(who):
        number = jobs.later(task, **values)
    db.session.commit()
    return number


def tray(who: Actor = MING) -> list[int]:
    assert who.id is not None
    return [work.id for work in jobs.list_own(who.id)]


def mark(who: Actor = MING) -> str:
    return db.session.scalar(select(jobs.WATCHED_MARK).where(posts.c.watcher_id == who.id)) or ""


def test_what_somebody_began_stands_in_their_tray_alone(app: Flask) -> None:
    mine, _hers = post(), post(HUA)
    assert tray() == [mine] and len(tray(HUA)) == 1


@pytest.mark.parametrize("who", [Actor("member", "Mei", 1), Actor("api", "Ming", 1), Actor.job("nightly"), SYSTEM])
def test_only_who_is_signed_in_has_a_tray(app: Flask, who: Actor) -> None:
    """A member may have the number of a user."""
    post(who)
    assert tray() == []


def test_work_that_nobody_follows_stands_in_no_tray(app: Flask) -> None:
    post(task=whisper)
    assert tray() == [] and mark() == ""


def test_the_mark_tells_what_runs_and_what_is_news(app: Flask) -> None:
    post()
    assert mark() == "r"
    jobs.run_due()
    assert mark() == "n"
    assert jobs.tell_what_is_over(1) == tray()
    assert mark() == "o"


def test_news_are_told_once_and_to_whom_they_are_of(app: Flask) -> None:
    post()
    jobs.run_due()
    assert jobs.tell_what_is_over(2) == []
    assert len(jobs.tell_what_is_over(1)) == 1
    assert jobs.tell_what_is_over(1) == []


def test_what_was_called_off_by_oneself_is_no_news(app: Flask) -> None:
    number = post()
    jobs.cancel_own(1, number)
    assert mark() == "o" and jobs.find(number).state is LaterState.cancelled  # type: ignore[union-attr]


def test_nobody_calls_off_retries_or_dismisses_the_work_of_others(app: Flask) -> None:
    number = post(fails=True)
    for step in (jobs.cancel_own, jobs.retry_own, jobs.dismiss):
        with pytest.raises(NotFound):
            step(2, number)
    jobs.run_due()
    for step in (jobs.retry_own, jobs.dismiss):
        with pytest.raises(NotFound):
            step(2, number)
    jobs.dismiss_what_is_over(2)
    assert tray() == [number]


def test_the_same_without_the_guard_does_harm(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the question for the user that keeps others out."""
    number = post()
    monkeypatch.setattr(watching, "_own", lambda _user_id, job_id: jobs.find(job_id))
    jobs.cancel_own(2, number)
    assert jobs.find(number).state is LaterState.cancelled  # type: ignore[union-attr]


def test_failed_work_goes_out_again_and_is_news_again(app: Flask) -> None:
    number = post(fails=True)
    jobs.run_due()
    jobs.tell_what_is_over(1)
    jobs.retry_own(1, number)
    assert mark() == "r"
    jobs.run_due()
    assert mark() == "n"


def test_only_what_its_task_lets_go_is_stopped_or_tried_again(app: Flask) -> None:
    number = post(task=pour)
    db.session.execute(update(posts).where(posts.c.id == number).values(state=LaterState.doing))
    with pytest.raises(NotAllowed):
        jobs.cancel_own(1, number)
    db.session.execute(update(posts).where(posts.c.id == number).values(
        state=LaterState.failed, finished_at=clock.now()))
    with pytest.raises(NotAllowed):
        jobs.retry_own(1, number)


def test_what_waits_is_called_off_whatever_its_task(app: Flask) -> None:
    number = post(task=pour)
    jobs.cancel_own(1, number)
    assert jobs.find(number).state is LaterState.cancelled  # type: ignore[union-attr]


def test_only_what_is_over_is_dismissed(app: Flask) -> None:
    number = post()
    with pytest.raises(BusinessError, match="not over"):
        jobs.dismiss(1, number)
    jobs.run_due()
    going_on = post()
    jobs.dismiss_what_is_over(1)
    assert tray() == [going_on]
    assert jobs.find(number) is not None, "it stays among the background work"


def test_a_further_step_puts_the_one_before_away(app: Flask) -> None:
    number = post()
    jobs.put_away(number)
    assert tray() == [number], "not while it runs"
    jobs.run_due()
    jobs.put_away(number)
    assert tray() == []


def test_what_was_told_leaves_the_tray_by_itself(app: Flask) -> None:
    clock.set("2026-08-01 12:00")
    told, untold = post(), None
    jobs.run_due()
    jobs.tell_what_is_over(1)
    untold = post()
    jobs.run_due()
    going_on = post()
    clock.set(clock.now() + timedelta(days=DAYS_IN_TRAY, minutes=1))
    jobs.forget_finished_jobs()
    assert tray() == [going_on, untold] and told not in tray()


def test_work_of_a_task_that_is_gone_is_still_shown(app: Flask) -> None:
    number = post()
    db.session.execute(update(posts).values(task="app.gone.task"))
    assert tray() == [number] and str(db.session.get_one(LaterJob, number)) == "Task"
    db.session.execute(update(posts).values(state=LaterState.failed, finished_at=clock.now()))
    with pytest.raises(NotAllowed):
        jobs.retry_own(1, number)


def test_what_goes_on_is_counted_by_task(app: Flask) -> None:
    post(), post(), post(HUA), post(task=pour)
    assert watching.count_going_on(1, name_of(dig)) == 2
    jobs.run_due()
    assert watching.count_going_on(1, name_of(dig)) == 0


def test_a_tray_is_found_by_its_index(app: Flask) -> None:
    connection, explain = db.session.connection(), "EXPLAIN QUERY PLAN"
    if db.engine.dialect.name == "postgresql":
        explain = "EXPLAIN"
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # for so few rows it would not look at an index
    plan = connection.exec_driver_sql(f"{explain} SELECT id FROM later_jobs WHERE watcher_id = 1").all()
    assert "ix_later_jobs_watched" in str(plan)
