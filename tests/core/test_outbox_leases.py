"""Leases: exactly one effect, whoever is taken for dead, and how progress and cancellation travel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.core import clock, jobs
from app.core.db import db
from app.core.jobs import LaterState, worker
from app.core.jobs.leases import Heartbeat, Held, Patience, current
from app.core.jobs.posting import posts
from app.core.jobs.worker import Reaper, Worker
from tests.core import job_marks

NOON = "2026-08-01 12:00"
LEASE = timedelta(seconds=30)
while_running: list[Any] = []
"""What a test wants to happen in the middle of `interrupted`."""


@pytest.fixture
def queue(app: Flask) -> Iterator[Flask]:
    job_marks.make_table()
    while_running.clear()
    yield app


@jobs.register_task
@jobs.task(retries=2)
def interrupted(number: int) -> None:
    """Leaves a mark, lets the test step in, and ends."""
    job_marks.leave_mark(number)
    db.session.flush()
    while while_running:
        while_running.pop()()


@jobs.register_task
@jobs.task(retries=2)
def bites(count: int) -> None:
    """Leaves marks, one a bite."""
    for number in range(count):
        job_marks.leave_mark(number)
        jobs.checkpoint(number + 1, count, f"mark {number}")
        if while_running:
            while_running.pop()()


@jobs.register_task
@jobs.task(retries=2)
def reported(count: int) -> None:
    """Reports how far it is and commits nothing before its end."""
    job_marks.leave_mark(count)
    for number in range(count):
        jobs.progress(number + 1, count, "counting")
        if while_running:
            while_running.pop()()


def take_over(number: int) -> None:
    """What another worker does to a row whose lease has run out: in the worker's own transaction here, because
    SQLite has room for only one."""
    db.session.execute(update(posts).where(posts.c.id == number).values(
        worker="another", attempts=posts.c.attempts + 1))


def post(task: Any, **arguments: Any) -> int:
    number = jobs.later(task, **arguments)
    db.session.commit()
    return number


def read(number: int) -> jobs.LaterJob:
    job = jobs.find(number)
    assert job is not None
    db.session.expunge(job)
    db.session.commit()
    return job


@pytest.mark.both_databases
def test_the_effect_of_a_worker_that_lost_its_lease_is_rolled_back(queue: Flask) -> None:
    number = post(interrupted, number=1)
    while_running.append(lambda: take_over(number))
    jobs.run_due()
    assert job_marks.numbers() == []
    assert read(number).state is LaterState.doing, "as whoever took it over has it, before the roll-back or after"


@pytest.mark.both_databases
def test_without_the_guard_the_effect_would_stay(queue: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(Held, "mine", lambda held: (held.table.c.id == held.row_id,))
    number = post(interrupted, number=1)
    while_running.append(lambda: take_over(number))
    jobs.run_due()
    assert job_marks.numbers() == [1]


@pytest.mark.both_databases
def test_a_bite_of_a_worker_that_lost_its_lease_is_rolled_back_and_the_bites_before_stay(queue: Flask) -> None:
    number = post(bites, count=5)
    while_running.append(lambda: take_over(number))
    jobs.run_due()
    assert job_marks.numbers() == [0]


@pytest.mark.both_databases
def test_a_checkpoint_keeps_what_was_done_and_how_far_it_is(queue: Flask) -> None:
    number = post(bites, count=3)
    seen: list[Any] = []
    while_running.append(lambda: seen.append((job_marks.numbers(), read(number).progress_percent)))
    jobs.run_due()
    assert seen == [([0], 33)]
    job = read(number)
    assert (job.progress_done, job.progress_total, job.progress_message) == (3, 3, "mark 2")
    assert job_marks.numbers() == [0, 1, 2]


@pytest.mark.both_databases
def test_cancelled_work_stops_at_its_next_checkpoint_and_keeps_its_bites(queue: Flask) -> None:
    number = post(bites, count=5)

    def call_off() -> None:
        jobs.cancel(number)
        db.session.commit()

    while_running.append(call_off)
    jobs.run_due()
    job = read(number)
    assert (job.state, job.progress_done, job.attempts) == (LaterState.cancelled, 2, 1)
    assert job_marks.numbers() == [0, 1]


@pytest.mark.both_databases
def test_cancelled_work_that_commits_at_its_end_leaves_nothing(queue: Flask) -> None:
    number = post(reported, count=3)
    while_running.append(lambda: setattr(current(), "cancelled", True))  # what the heartbeat does when it hears of it
    jobs.run_due()
    assert read(number).state is LaterState.cancelled
    assert job_marks.numbers() == []


@pytest.mark.both_databases
def test_work_that_failed_after_it_was_called_off_is_not_tried_again(queue: Flask) -> None:
    number = post(interrupted, number=1)

    def call_off_and_fail() -> None:
        db.session.rollback()
        jobs.cancel(number)
        db.session.commit()
        raise RuntimeError

    while_running.append(call_off_and_fail)
    jobs.run_due()
    assert read(number).state is LaterState.cancelled


def held_row(number: int, **options: Any) -> Held:
    return Held(posts, number, (posts.c.worker == "me",), LEASE, **options)


def start_by_hand(number: int, until: datetime) -> None:
    db.session.execute(update(posts).where(posts.c.id == number).values(
        state=LaterState.doing, worker="me", lease_until=until, attempts=1))
    db.session.commit()


@pytest.mark.both_databases
def test_the_heartbeat_extends_a_lease_when_a_quarter_of_it_is_over(queue: Flask) -> None:
    clock.set(NOON)
    number = post(interrupted, number=1)
    start_by_hand(number, clock.now() + LEASE)
    held = held_row(number)
    clock.advance(timedelta(seconds=10))
    Heartbeat(queue).beat(held)
    assert read(number).lease_until == datetime(2026, 8, 1, 12, 0, 30), "not yet"
    held.extended -= 8
    Heartbeat(queue).beat(held)
    assert read(number).lease_until == datetime(2026, 8, 1, 12, 0, 40)


@pytest.mark.both_databases
def test_the_heartbeat_saves_progress_and_hears_of_cancellation(queue: Flask) -> None:
    number = post(interrupted, number=1)
    start_by_hand(number, clock.now() + LEASE)
    held = held_row(number)
    heartbeat = Heartbeat(queue)
    with heartbeat.hold(held):
        jobs.progress(1, 4, "one")
        heartbeat.beat(held)
        assert (read(number).progress_done, held.cancelled) == (1, False)
        jobs.cancel(number)
        db.session.commit()
        heartbeat.beat(held)
        with pytest.raises(jobs.Cancelled):
            jobs.progress(2, 4)


@pytest.mark.both_databases
def test_the_heartbeat_notices_that_the_lease_is_lost(queue: Flask) -> None:
    number = post(interrupted, number=1)
    start_by_hand(number, clock.now() + LEASE)
    held = held_row(number)
    take_over(number)
    db.session.commit()
    heartbeat = Heartbeat(queue)
    with heartbeat.hold(held):
        heartbeat.beat(held)
        with pytest.raises(jobs.LeaseLost):
            jobs.progress(1)


def test_a_try_that_hangs_is_not_kept_alive(queue: Flask) -> None:
    clock.set(NOON)
    number = post(interrupted, number=1)
    start_by_hand(number, clock.now() + LEASE)
    held = held_row(number, limit=timedelta(hours=1))
    held.started -= 3601
    held.extended -= 3601
    Heartbeat(queue).beat(held)
    assert read(number).lease_until == datetime(2026, 8, 1, 12, 0, 30)


def test_progress_outside_of_a_job_does_nothing_and_a_checkpoint_commits(queue: Flask) -> None:
    jobs.progress(1, 2)
    job_marks.leave_mark(1)
    jobs.checkpoint(2, 2)
    assert job_marks.numbers() == [1]


class Steady:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_lease_is_over_when_its_moment_is_past_and_it_has_stood_still_for_half_its_length() -> None:
    clock.set(NOON)
    steady = Steady()
    patience = Patience(LEASE, steady)
    row: list[Any] = [(1, clock.now() - timedelta(hours=1))]
    assert patience.over(row) == []
    steady.seconds += 14.9
    assert patience.over(row) == []
    steady.seconds += 0.1
    assert patience.over(row) == [1]


def test_a_clock_that_is_put_forward_does_not_end_the_lease_of_the_living() -> None:
    clock.set(NOON)
    steady = Steady()
    patience = Patience(LEASE, steady)
    until = clock.now() + LEASE
    assert patience.over([(1, until)]) == []
    clock.advance(timedelta(hours=1))
    for _beat in range(8):
        steady.seconds += 10
        until += timedelta(seconds=10)
        assert patience.over([(1, until)]) == []


def test_a_clock_that_is_put_back_does_not_keep_the_lease_of_the_dead() -> None:
    clock.set(NOON)
    steady = Steady()
    patience = Patience(LEASE, steady)
    until = clock.now() + LEASE
    patience.over([(1, until)])
    clock.advance(timedelta(hours=-1))
    steady.seconds += 29.9
    assert patience.over([(1, until)]) == []
    steady.seconds += 0.1
    assert patience.over([(1, until)]) == [1]


def dead_row(queue: Flask, attempts: int = 1, **arguments: Any) -> tuple[int, Reaper, Steady]:
    """A row whose worker died, and the reaper who has just seen it for the first time."""
    clock.set(NOON)
    number = jobs.later(interrupted, number=1, **arguments)
    db.session.commit()
    start_by_hand(number, clock.now() + LEASE)
    db.session.execute(update(posts).values(attempts=attempts))
    db.session.commit()
    steady = Steady()
    reaper = Reaper(queue, Patience(LEASE, steady))
    reaper.release_the_dead()
    return number, reaper, steady


@pytest.mark.both_databases
def test_the_work_of_a_dead_worker_is_done_by_another(queue: Flask) -> None:
    number, reaper, steady = dead_row(queue)
    steady.seconds += 29
    assert reaper.release_the_dead() == 0
    steady.seconds += 1
    assert reaper.release_the_dead() == 1
    assert read(number).state is LaterState.todo
    jobs.run_due()
    assert (read(number).state, read(number).attempts) == (LaterState.done, 2)
    assert job_marks.numbers() == [1]


@pytest.mark.both_databases
def test_work_that_kills_every_worker_is_given_up(queue: Flask) -> None:
    number, reaper, steady = dead_row(queue, attempts=3)
    steady.seconds += 30
    assert reaper.release_the_dead() == 1
    job = read(number)
    assert job.state is LaterState.failed and job.last_error == str(worker.GONE)


@pytest.mark.both_databases
def test_the_work_of_a_dead_worker_gives_way_to_a_later_post_with_its_key(queue: Flask) -> None:
    number, reaper, steady = dead_row(queue, key="sync-7")
    following = jobs.later(interrupted, number=2, key="sync-7")
    db.session.commit()
    steady.seconds += 30
    reaper.release_the_dead()
    assert (read(number).state, read(following).state) == (LaterState.cancelled, LaterState.todo)


@pytest.mark.both_databases
def test_two_workers_never_take_the_same_row(queue: Flask) -> None:
    for number in range(40):
        jobs.later(job_marks.mark, number=number)
    db.session.commit()
    heartbeat = Heartbeat(queue)
    workers = [Worker(queue, heartbeat, part=str(part)) for part in range(4)]
    threads = [threading.Thread(target=worker.drain) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job_marks.numbers()) == list(range(40))


@pytest.mark.both_databases
def test_a_worker_outlives_an_error_of_the_machinery(queue: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a database that is away for a while."""
    monkeypatch.setitem(queue.config, "JOBS_POLL_SECONDS", 0.01)
    post(job_marks.mark, number=1)
    worker = Worker(queue, Heartbeat(queue))
    broken = [RuntimeError("gone"), RuntimeError("still gone")]
    drain = worker.drain

    def drain_when_mended(at_most: int | None = None) -> int:
        if broken:
            raise broken.pop()
        try:
            return drain(at_most)
        finally:
            worker.stopping.set()

    monkeypatch.setattr(worker, "drain", drain_when_mended)
    worker.run()
    assert job_marks.numbers() == [1]
