"""Posting work for later: in the transaction, by whom, when, how often, and how it is called off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, jobs
from app.core.actor import Actor, acting_as, current_actor
from app.core.db import db
from app.core.errors import BusinessError, NotFound, Taken
from app.core.jobs import LaterJob, LaterState
from app.core.jobs.posting import posts
from tests.core import job_marks

pytestmark = pytest.mark.both_databases
NOON = "2026-08-01 12:00"
heard: list[Any] = []


@pytest.fixture(autouse=True)
def _fresh(app: Flask) -> Iterator[None]:
    heard.clear()
    job_marks.make_table()
    yield


@jobs.register_task
@jobs.task(retries=2)
def hear(words: Any, more: Any = None) -> Any:
    """Remembers what it was told, and who told it."""
    heard.append((words, str(current_actor())))
    return words


@jobs.register_task
@jobs.task(retries=2, backoff=timedelta(seconds=10))
def fail(number: int = 0, secret: str = "") -> None:
    """Fails after leaving a mark."""
    job_marks.leave_mark(number)
    raise RuntimeError(f"the card number is {secret}")


@jobs.register_task
@jobs.task(retries=2)
def refuse() -> None:
    """Is refused by a rule."""
    raise BusinessError("The parcel is on its way.")


@jobs.register_task
@jobs.task(retries=2)
def give_up() -> None:
    """Knows that it will never work."""
    raise jobs.GiveUp("The address does not exist.")


def unmarked() -> None:
    """Not a task."""


def state_of(number: int) -> LaterState:
    job = jobs.find(number)
    assert job is not None
    return job.state


def test_posted_work_is_done_once(app: Flask) -> None:
    number = jobs.later(hear, words="hello")
    db.session.commit()
    assert jobs.run_due() == 1
    assert jobs.run_due() == 0
    assert heard == [("hello", "system")]
    job = jobs.find(number)
    assert job is not None and job.state is LaterState.done
    assert (job.result, job.attempts, job.last_error) == ("hello", 1, None)
    assert job.finished_at is not None and job.duration_ms is not None


def test_work_posted_in_a_transaction_that_is_rolled_back_never_happens(app: Flask) -> None:
    jobs.later(hear, words="hello")
    db.session.rollback()
    assert jobs.run_due() == 0
    assert heard == []


def test_work_is_done_as_the_actor_who_posted_it(app: Flask) -> None:
    with acting_as(Actor.staff(7, "Hua")):
        jobs.later(hear, words="hello")
    jobs.run_due()
    assert heard == [("hello", "Hua")]


def test_work_waits_for_its_time(app: Flask) -> None:
    clock.set(NOON)
    jobs.later(hear, words="later", after=timedelta(minutes=30))
    jobs.later(hear, words="now")
    assert jobs.run_due() == 1
    clock.advance(timedelta(minutes=29, seconds=59))
    assert jobs.run_due() == 0
    clock.advance(timedelta(seconds=1))
    assert jobs.run_due() == 1
    assert [words for words, _actor in heard] == ["now", "later"]


def test_what_has_been_due_longest_comes_first(app: Flask) -> None:
    clock.set(NOON)
    jobs.later(hear, words="third", after=timedelta(seconds=20))
    jobs.later(hear, words="second", after=timedelta(seconds=10))
    jobs.later(hear, words="first")
    clock.advance(timedelta(minutes=1))
    jobs.run_due()
    assert [words for words, _actor in heard] == ["first", "second", "third"]


def test_a_task_is_only_what_was_marked_as_one(app: Flask) -> None:
    with pytest.raises(TypeError, match="not marked"):
        jobs.later(unmarked)
    with pytest.raises(TypeError, match="found again"):
        jobs.later(jobs.task(lambda: None))
    with pytest.raises(TypeError, match="itself uses"):
        jobs.task(lambda key: None)


@pytest.mark.parametrize("value", [
    {1, 2}, (1, 2), object(), float("nan"), {1: "one"}, b"bytes", "a\0b", clock.now(),
], ids=lambda value: type(value).__name__)
def test_arguments_are_plain_json(app: Flask, value: Any) -> None:
    with pytest.raises(TypeError, match="'words'"):
        jobs.later(hear, words=value)


def test_arguments_fit_the_task_when_they_are_posted(app: Flask) -> None:
    with pytest.raises(TypeError):
        jobs.later(hear, word="misspelt")
    with pytest.raises(TypeError, match="too large"):
        jobs.later(hear, words="x" * 300_000)
    with pytest.raises(ValueError):
        jobs.later(hear, words="hello", after=timedelta(seconds=-1))
    with pytest.raises(ValueError):
        jobs.later(hear, words="hello", key="")


@pytest.mark.parametrize("name", ["os.system", "app.core.clock.now", "subprocess.run", "app.no.such", "tests.x.y", ""])
def test_a_row_cannot_name_anything_but_a_task(app: Flask, name: str) -> None:
    clock.set(NOON)
    number = jobs.later(hear, words="echo")
    db.session.execute(posts.update().values(task=name))
    assert jobs.run_due() == 1
    job = jobs.find(number)
    assert job is not None and job.state is LaterState.todo, "it may be a task of newer code, so it is tried again"
    assert job.last_error == f"There is no task {name}."
    assert heard == []


def test_posts_with_one_key_are_one_while_it_waits(app: Flask) -> None:
    clock.set(NOON)
    first = jobs.later(hear, words="first", key="sync-7", after=timedelta(hours=1))
    assert jobs.later(hear, words="second", key="sync-7", after=timedelta(minutes=1)) == first
    assert jobs.later(hear, words="third", key="sync-7", after=timedelta(hours=2)) == first
    other = jobs.later(hear, words="other", key="sync-8")
    assert other != first
    clock.advance(timedelta(minutes=1))
    assert jobs.run_due() == 2, "at the earliest of the times asked for"
    assert [words for words, _actor in heard] == ["other", "first"]


def test_a_key_is_free_again_once_the_work_has_been_started(app: Flask) -> None:
    first = jobs.later(hear, words="first", key="sync-7")
    jobs.run_due()
    assert jobs.later(hear, words="second", key="sync-7") != first
    jobs.run_due()
    assert [words for words, _actor in heard] == ["first", "second"]


def test_work_that_fails_leaves_nothing_and_is_tried_again_with_growing_pauses(app: Flask) -> None:
    clock.set(NOON)
    number = jobs.later(fail, number=1)
    waits = []
    for _attempt in range(3):
        began = clock.now()
        assert jobs.run_due() == 1
        job = jobs.find(number)
        assert job is not None
        waits.append((job.run_at - began).total_seconds())
        clock.advance(timedelta(hours=2))
    assert 10 <= waits[0] <= 12 and 20 <= waits[1] <= 24, "ten seconds, then twice that, and up to a fifth more"
    assert job.state is LaterState.failed
    assert job.attempts == 3 and job.finished_at is not None
    assert jobs.run_due() == 0
    assert job_marks.numbers() == []


def test_the_log_of_an_unforeseen_error_tells_its_place_but_not_what_it_said(
        app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    number = jobs.later(fail, secret="6222 0000 1111")
    jobs.run_due()
    job = jobs.find(number)
    assert job is not None and job.last_error is not None
    assert job.last_error.startswith("RuntimeError in ") and "(fail)" in job.last_error
    assert "6222" not in job.last_error + caplog.text
    assert "RuntimeError" in caplog.text


def test_the_log_of_a_refusal_has_its_words(app: Flask) -> None:
    number = jobs.later(refuse)
    jobs.run_due()
    job = jobs.find(number)
    assert job is not None and job.last_error == "The parcel is on its way."


def test_work_that_gives_up_is_not_tried_again(app: Flask) -> None:
    number = jobs.later(give_up)
    jobs.run_due()
    job = jobs.find(number)
    assert job is not None and job.state is LaterState.failed
    assert (job.attempts, job.last_error) == (1, "The address does not exist.")


def test_waiting_work_can_be_cancelled(app: Flask) -> None:
    number = jobs.later(hear, words="hello")
    jobs.cancel(number)
    assert jobs.run_due() == 0
    assert state_of(number) is LaterState.cancelled


def test_what_is_over_cannot_be_cancelled(app: Flask) -> None:
    number = jobs.later(hear, words="hello")
    jobs.run_due()
    with pytest.raises(BusinessError, match="over already"):
        jobs.cancel(number)
    with pytest.raises(NotFound):
        jobs.cancel(number + 1)


def test_failed_work_can_be_sent_out_again(app: Flask) -> None:
    clock.set(NOON)
    number = jobs.later(give_up)
    jobs.run_due()
    jobs.retry(number)
    job = jobs.find(number)
    assert job is not None and (job.state, job.attempts, job.last_error) == (LaterState.todo, 0, None)
    assert jobs.run_due() == 1


def test_only_what_ended_badly_can_be_retried(app: Flask) -> None:
    number = jobs.later(hear, words="hello", key="k")
    with pytest.raises(BusinessError, match="failed or cancelled"):
        jobs.retry(number)
    jobs.cancel(number)
    jobs.later(hear, words="again", key="k")
    with pytest.raises(Taken):
        jobs.retry(number)
    with pytest.raises(NotFound):
        jobs.retry(number + 100)


def test_a_task_can_post_more(app: Flask) -> None:
    jobs.later(relay, left=3)
    assert jobs.run_due() == 4
    assert heard == [3, 2, 1, 0]


@jobs.register_task
@jobs.task
def relay(left: int) -> None:
    """Posts itself until nothing is left."""
    heard.append(left)
    if left:
        jobs.later(relay, left=left - 1)


def test_an_idle_worker_takes_no_write_lock(app: Flask) -> None:
    """Otherwise a worker that looks for work would stand in the way of every checkout."""
    db.session.commit()
    with db.engine.connect() as writer:
        writer.exec_driver_sql("DELETE FROM job_marks")  # on SQLite the only writer there may be, from here on
        assert jobs.run_due() == 0
        writer.rollback()


def test_nothing_of_the_queue_is_audited(app: Flask) -> None:
    from app.core import changes, events

    told: list[Any] = []

    @events.on(changes.RecordChanged)
    def listen(fact: Any) -> None:
        told.append(fact)

    events.subscribe(listen)
    try:
        jobs.later(hear, words="hello")
        jobs.run_due()
    finally:
        events.unsubscribe(listen)
    assert told == []


@pytest.mark.parametrize("question", [
    "SELECT id FROM later_jobs WHERE state = 'todo' AND run_at <= '2026-01-01' ORDER BY run_at, id LIMIT 1",
    "SELECT id FROM later_jobs WHERE state = 'doing'",
    "SELECT id FROM later_jobs WHERE state = 'failed' ORDER BY id DESC LIMIT 25",
])
def test_a_million_done_rows_are_not_in_the_way(app: Flask, question: str) -> None:
    """What the machinery asks is answered from indexes that hold only what is of interest."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if not sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        plan = " ".join(str(row) for row in connection.exec_driver_sql(
            f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{question}"))
    assert "ix_later_jobs_" in plan


def test_work_is_listed_by_its_task(app: Flask) -> None:
    jobs.later(hear, words="hello")
    assert str(db.session.scalars(select(LaterJob)).one()) == "Hear"
