"""Several processes with a clock each: every second is fired once, whoever is killed or falls asleep."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db, reading, writing
from app.core.jobs.leader import leases
from app.core.jobs.runs import runs, scheduled
from tests.core import job_marks
from tests.core.job_nursery import CONFIG, Nursery, keep_time, keep_time_without_leader, nursery, until

pytestmark = pytest.mark.both_databases
SECONDS = 4


@pytest.fixture(scope="module")
def hatchery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


@pytest.fixture
def clocks(app: Any, hatchery: Nursery) -> Iterator[Nursery]:
    job_marks.make_table()
    hatchery.url = app.config["SQLALCHEMY_DATABASE_URI"]
    yield hatchery
    hatchery.clear()


def leader() -> int:
    """The process that leads now, or 0."""
    with reading(), db.engine.connect() as connection:
        holder = connection.scalar(select(leases.c.holder))
    return int(holder.split(":")[1]) if holder else 0


def let_tick(seconds: int) -> list[int]:
    """The seconds that are fired from now on, until so many are."""
    before = len(job_marks.numbers())
    return until(lambda: job_marks.numbers()[before:] if len(job_marks.numbers()) >= before + seconds else None)


def gaps(numbers: list[int]) -> int:
    """How many seconds are missing between the first and the last."""
    return numbers[-1] - numbers[0] + 1 - len(set(numbers))


@contextmanager
def between_writes() -> Iterator[None]:
    """Nobody is in the middle of a write meanwhile. Whoever falls asleep there keeps the lock, so that nothing goes on
    before it wakes up: not what is asked here."""
    with writing() as connection:
        if connection.dialect.name == "postgresql":
            written = ", ".join(table.name for table in (leases, scheduled, runs, job_marks.marks))
            connection.exec_driver_sql(f"LOCK TABLE {written}")
        yield


def test_every_second_is_fired_once_also_when_the_leader_is_killed(clocks: Nursery) -> None:
    for _clock in range(3):
        clocks.hatch(keep_time)
    before = let_tick(SECONDS)
    clocks.kill(first := leader())
    clocks.hatch(keep_time)
    killed = clock.monotonic()
    until(lambda: leader() not in {0, first})
    silence = clock.monotonic() - killed
    after = let_tick(SECONDS)
    assert job_marks.doubled() == []
    # A machine that is busy with other tests may sleep through a second; then that is caught up with in the next.
    assert gaps(before) <= 1 and gaps(after[1:]) <= 1
    assert silence < CONFIG["JOBS_LEADER_SECONDS"] + 5  # type: ignore[operator]


def test_a_leader_that_was_asleep_fires_nothing_that_its_successor_fired(clocks: Nursery) -> None:
    for _clock in range(2):
        clocks.hatch(keep_time)
    let_tick(2)
    first = leader()
    with between_writes():
        os.kill(first, signal.SIGSTOP)
    until(lambda: leader() != first)
    let_tick(2)
    os.kill(first, signal.SIGCONT)
    let_tick(SECONDS)
    assert job_marks.doubled() == []


def test_if_all_lead_the_unique_rows_alone_keep_every_second_single(clocks: Nursery) -> None:
    for _clock in range(3):
        clocks.hatch(keep_time_without_leader)
    let_tick(SECONDS)
    assert job_marks.doubled() == []


def test_without_leader_and_unique_rows_seconds_are_fired_twice(clocks: Nursery) -> None:
    """The control of the tests above."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX uq_job_runs_firing")
        connection.exec_driver_sql("DROP INDEX uq_job_runs_doing")
    for _clock in range(3):
        clocks.hatch(keep_time_without_leader)
    until(job_marks.doubled)
