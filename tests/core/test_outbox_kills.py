"""Workers that are killed with -9 at random moments: nothing is lost and nothing happens twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core import jobs
from app.core.db import db, reading
from app.core.jobs import LaterState
from app.core.jobs.posting import posts
from tests.core import job_marks
from tests.core.job_nursery import Nursery, command, nursery, until, work

pytestmark = pytest.mark.both_databases
KILLS = 20
WORKERS = 2


@pytest.fixture(scope="module")
def hatchery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


@pytest.fixture
def workers(app: Any, hatchery: Nursery) -> Iterator[Nursery]:
    job_marks.make_table()
    hatchery.url = app.config["SQLALCHEMY_DATABASE_URI"]
    yield hatchery
    hatchery.clear()


def count(*states: LaterState) -> int:
    with reading(), db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(posts).where(posts.c.state.in_(states))) or 0


def open_posts() -> int:
    return count(LaterState.todo, LaterState.doing)


def kill_at_random(workers: Nursery, task: Any, kills: int) -> int:
    """Kill workers one after another while they have work; the number of pieces that were posted."""
    posted = 0
    for _hatching in range(WORKERS):
        workers.hatch(work)
    for _kill in range(kills):
        while open_posts() < 30:
            for _post in range(30):
                jobs.later(task, number=posted)
                posted += 1
            db.session.commit()
        time.sleep(random.uniform(0.02, 0.3))
        workers.kill(random.choice(sorted(workers.hatched)))
        workers.hatch(work)
    return posted


def test_nothing_is_lost_and_nothing_doubled_over_twenty_kills(workers: Nursery) -> None:
    posted = kill_at_random(workers, job_marks.mark_slowly, KILLS)
    until(lambda: open_posts() == 0)
    with db.engine.connect() as connection:
        repeated = connection.scalar(select(func.count()).select_from(posts).where(posts.c.attempts > 1))
    assert count(LaterState.done) == posted
    assert sorted(job_marks.numbers()) == list(range(posted))
    assert repeated, "the kills must have hit work halfway, or this shows nothing"


def test_effect_and_completion_in_two_transactions_are_doubled(workers: Nursery) -> None:
    """The control of the test above: the same kills, with the guard off."""
    for _round in range(5):
        posted = kill_at_random(workers, job_marks.mark_carelessly, KILLS // 4)
        until(lambda: open_posts() == 0)
        if len(job_marks.numbers()) > posted:
            break
        job_marks.make_table()
    assert job_marks.doubled()


def test_a_worker_that_is_told_to_stop_ends_what_it_does_and_takes_nothing_new(workers: Nursery) -> None:
    for number in range(200):
        jobs.later(job_marks.mark_slowly, number=number)
    db.session.commit()
    number = workers.hatch(command)
    until(job_marks.numbers)
    os.kill(number, signal.SIGTERM)
    until(lambda: not is_there(number), 30)
    workers.hatched.discard(number)
    assert count(LaterState.doing) == 0
    assert 0 < count(LaterState.done) < 200
    assert len(job_marks.numbers()) == count(LaterState.done)


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
