"""The clock: one leader, alarms that follow the hands, and wall clocks that jump."""

from __future__ import annotations

import datetime as real
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import apscheduler.schedulers.base
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import clock, jobs
from app.core.db import db, reading
from app.core.jobs import JobRun, RunState, timekeeper
from app.core.jobs.lane import Lane
from app.core.jobs.leader import Election
from app.core.jobs.leases import Heartbeat, Patience
from app.core.jobs.runs import runs, scheduled
from app.core.jobs.schedule import aware, stored
from app.core.jobs.timekeeper import Timekeeper
from tests.core.job_nursery import until

NOON = datetime(2026, 8, 1, 12, 0)
gate = threading.Event()


@jobs.job(every=jobs.minutes(1))
def ring() -> None:
    """Rings every minute."""
    gate.wait(10)


@jobs.job(cron="0 3 * * *")
def night() -> int:
    """Works at night."""
    return 1


class Steady:
    """A steady clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Times:
    """A wall clock and a steady one, moved together as long as nobody sets the wall clock."""

    def __init__(self) -> None:
        self.steady = Steady()
        clock.set(NOON)

    def pass_by(self, delta: timedelta, leader: Timekeeper | None = None) -> None:
        """With a `leader`, that one has said in time that it leads, as it does when time is not held: before the wall
        clock shows the new time, because its alarm's own thread may look at it at once."""
        self.steady.seconds += delta.total_seconds()
        assert leader is None or leader.election.hold()
        clock.advance(delta)

    def set_wall(self, delta: timedelta) -> None:
        clock.advance(delta)


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    """Time that only the test moves, also for APScheduler, which reads the system's clock itself."""

    class Held(real.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return aware(clock.now()).astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Held)
    return Times()


@pytest.fixture
def keeper(app: Flask, times: Times, monkeypatch: pytest.MonkeyPatch) -> Iterator[Timekeeper]:
    """A clock that the test winds up and lets tick by hand, with the jobs above and no others."""
    monkeypatch.setattr("app.core.jobs.schedule._registered", {})
    jobs.register(ring)
    jobs.register(night)
    gate.set()
    db.session.commit()
    made = Timekeeper(app, Heartbeat(app), monotonic=times.steady)
    # No heart beats while time is held, so nobody may be taken for dead however long it takes.
    made.patience = Patience(timedelta(days=1000), times.steady)
    yield made
    gate.set()
    made._silence()
    assert made.lane.wait(20)


def log(job: str = "ring") -> list[tuple[datetime, RunState, int]]:
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(select(runs.c.scheduled_for, runs.c.state, runs.c.clock_round)
                                  .where(runs.c.job == job).order_by(runs.c.id))
        return [(row.scheduled_for, row.state, row.clock_round) for row in rows]


def ended(job: str = "ring") -> list[datetime]:
    return [moment for moment, state, _round in log(job) if state is RunState.done]


def rung(keeper: Timekeeper, count: int, job: str = "ring") -> bool:
    """Whether so many runs have ended and the job may be fired again: its thread leaves the lane a moment after its run
    is recorded as done, and whatever rings in that moment is turned away until the next look."""
    return len(ended(job)) == count and not keeper.lane.is_busy(job)


def hand(name: str = "ring") -> datetime | None:
    with reading(), db.engine.connect() as connection:
        return connection.scalar(select(scheduled.c.next_run_at).where(scheduled.c.name == name))


def alarm(keeper: Timekeeper, name: str = "ring") -> datetime | None:
    assert keeper.scheduler is not None
    found = keeper.scheduler.get_job(name)
    return stored(found.next_run_time) if found else None


def wake(keeper: Timekeeper) -> None:
    """The alarm's own waiting is over: what happens by itself when time is not held."""
    assert keeper.scheduler is not None
    keeper.scheduler.wakeup()


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.mark.both_databases
def test_a_job_is_fired_at_its_time_and_the_hand_moves_on(keeper: Timekeeper, times: Times) -> None:
    keeper.tick()
    assert hand() == alarm(keeper) == at(1)
    assert log() == []
    times.pass_by(timedelta(minutes=1), keeper)
    wake(keeper)
    until(lambda: ended() == [at(1)])
    assert hand() == at(2)
    keeper.tick()
    assert alarm(keeper) == at(2)


@pytest.mark.both_databases
def test_what_was_missed_while_nothing_ran_is_caught_up_with_once(keeper: Timekeeper, times: Times, app: Flask) -> None:
    keeper.tick()
    keeper._silence()
    times.pass_by(timedelta(days=3))
    successor = Timekeeper(app, Heartbeat(app), monotonic=times.steady)
    successor.tick()  # looks at the leader's row for the first time
    times.pass_by(timedelta(seconds=9))
    successor.tick()
    try:
        until(lambda: len(ended()) == 1 and len(ended("night")) == 1)
        assert ended("night") == [datetime(2026, 8, 3, 19, 0)], "the last of the three nights"
        successor.tick()
        assert len(log()) == 1 and len(log("night")) == 1
    finally:
        successor._silence()


@pytest.mark.both_databases
def test_a_time_that_could_not_be_recorded_is_caught_up_with(
        keeper: Timekeeper, times: Times, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as when the database is away for a moment at three in the morning."""
    keeper.tick()
    broken = threading.Event()

    def fail(*_arguments: Any, **_options: Any) -> None:
        broken.set()
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(timekeeper.runs, "fire", fail)
        times.pass_by(timedelta(minutes=1), keeper)
        wake(keeper)
        assert broken.wait(10)
        until(lambda: not keeper.lane.is_busy("ring"))
    assert log() == [] and hand() == at(1)
    keeper.tick()
    until(lambda: ended() == [at(1)])


@pytest.mark.both_databases
def test_times_that_come_while_the_job_still_runs_are_caught_up_with_once(keeper: Timekeeper, times: Times) -> None:
    keeper.tick()
    gate.clear()
    times.pass_by(timedelta(minutes=1), keeper)
    wake(keeper)
    until(lambda: [state for _moment, state, _round in log()] == [RunState.doing])
    for _minute in range(3):
        times.pass_by(timedelta(minutes=1), keeper)
        wake(keeper)
        keeper.tick()
    assert len(log()) == 1
    gate.set()
    until(lambda: ended() == [at(1)] and not keeper.lane.is_busy("ring"))
    keeper.tick()
    until(lambda: ended() == [at(1), at(4)])


@pytest.mark.both_databases
def test_what_staff_change_is_followed_at_the_next_look(keeper: Timekeeper, app: Flask) -> None:
    keeper.tick()
    jobs.reschedule("ring", cron="30 * * * *")
    db.session.commit()
    keeper.tick()
    assert alarm(keeper) == at(30)
    jobs.pause("ring")
    db.session.commit()
    keeper.tick()
    assert alarm(keeper) is None
    jobs.resume("ring")
    jobs.reschedule("ring")
    db.session.commit()
    keeper.tick()
    assert alarm(keeper) == at(1)


@pytest.mark.both_databases
def test_a_run_that_staff_ask_for_is_started_at_the_next_look(keeper: Timekeeper, app: Flask) -> None:
    keeper.tick()
    jobs.run_now("night")
    db.session.commit()
    keeper.tick()
    until(lambda: len(ended("night")) == 1)
    assert db.session.scalars(select(JobRun.result_count).where(JobRun.job == "night")).one() == 1
    assert hand("night") == datetime(2026, 8, 1, 19, 0), "the schedule goes on as it was"


def test_a_schedule_in_the_table_that_cannot_be_read_stops_no_other_job(
        keeper: Timekeeper, caplog: pytest.LogCaptureFixture) -> None:
    keeper.tick()
    with db.engine.begin() as connection:
        connection.execute(update(scheduled).where(scheduled.c.name == "night").values(cron="soon"))
    keeper.tick()
    assert (alarm(keeper, "night"), alarm(keeper, "ring")) == (None, at(1))
    assert "Planning job night failed" in caplog.text


@pytest.mark.both_databases
def test_a_wall_clock_that_is_set_back_does_not_stop_the_jobs(keeper: Timekeeper, times: Times) -> None:
    keeper.tick()
    times.pass_by(timedelta(minutes=1), keeper)
    wake(keeper)
    until(lambda: rung(keeper, 1))
    times.set_wall(timedelta(minutes=-5))  # what was once comes again, from 11:56 on
    times.pass_by(timedelta(seconds=1), keeper)
    keeper.tick()
    assert hand() == alarm(keeper) == at(-3)
    again = [at(minute) for minute in range(-3, 3)]
    for count, moment in enumerate(again, 2):
        times.pass_by(moment - clock.now(), keeper)
        wake(keeper)
        until(lambda count=count: rung(keeper, count))
        keeper.tick()
    assert [moment for moment, _state, _round in log()] == [at(1), *again]
    assert {clock_round for _moment, _state, clock_round in log()[1:]} == {1}, "what is lived twice is told apart"


@pytest.mark.both_databases
def test_without_the_watchdog_a_clock_that_is_set_back_stops_the_jobs(
        keeper: Timekeeper, times: Times, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(keeper, "_strayed", lambda: 0.0)
    monkeypatch.setattr(timekeeper, "FAR_AHEAD", timedelta(days=1000))
    keeper.tick()
    times.set_wall(timedelta(hours=-1))
    keeper.tick()
    assert hand() == alarm(keeper) == at(1), "an hour ahead, for a job that is due every minute"


@pytest.mark.both_databases
def test_a_clock_that_was_set_back_while_nobody_looked_is_noticed_by_the_hands(
        keeper: Timekeeper, times: Times, app: Flask) -> None:
    keeper.tick()
    keeper.election.resign()
    keeper._silence()
    times.set_wall(timedelta(hours=-1))
    successor = Timekeeper(app, Heartbeat(app), monotonic=times.steady)
    try:
        successor.tick()
        successor.tick()
        assert hand() == at(-59)
        assert alarm(successor) == at(-59)
        assert successor.election.clock_round == 1
    finally:
        successor._silence()


def test_a_wall_clock_that_is_put_forward_fires_once_and_at_once(keeper: Timekeeper, times: Times) -> None:
    """The alarm sleeps by a steady clock and would wake an hour late."""
    keeper.tick()
    times.set_wall(timedelta(hours=1))
    keeper.tick()
    until(lambda: ended() == [at(60)])


def test_posts_of_the_hour_that_comes_twice_keep_their_delay(keeper: Timekeeper, times: Times, app: Flask) -> None:
    keeper.tick()
    number = jobs.later(tick_off, after=timedelta(minutes=10))
    db.session.commit()
    times.set_wall(timedelta(hours=-1))
    keeper.tick()
    post = jobs.find(number)
    assert post is not None and post.run_at == at(-50)


@jobs.register_task
@jobs.task
def tick_off() -> None:
    """Nothing much."""


def test_an_alarm_that_sleeps_is_wound_up_again(
        keeper: Timekeeper, times: Times, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever became of its thread."""
    keeper.tick()
    before = keeper.scheduler
    assert before is not None
    before.pause()
    times.pass_by(timedelta(minutes=2), keeper)
    keeper.tick()
    assert keeper.scheduler is not before
    assert "slept" in caplog.text
    until(lambda: ended() == [at(2)])


@pytest.fixture
def candidates(app: Flask) -> Callable[[str], tuple[Election, Steady]]:
    """`candidates("one")`: somebody who would lead, with a steady clock of its own."""
    db.session.commit()

    def make(name: str) -> tuple[Election, Steady]:
        steady = Steady()
        return Election(name, 8.0, monotonic=steady), steady

    return make


@pytest.mark.both_databases
def test_one_of_all_leads(candidates: Any) -> None:
    (one, _), (two, _) = candidates("one"), candidates("two")
    assert one.hold() and one.leads
    assert not two.hold() and not two.leads
    assert one.hold()


@pytest.mark.both_databases
def test_a_leader_that_falls_silent_is_followed_by_another_after_its_time(candidates: Any) -> None:
    (one, ones), (two, twos) = candidates("one"), candidates("two")
    one.hold()
    two.hold()
    for _beat in range(5):
        ones.seconds += 2
        twos.seconds += 2
        assert one.hold() and not two.hold()
    twos.seconds += 7.9
    assert not two.hold()
    twos.seconds += 0.1
    assert two.hold()
    ones.seconds += 8
    assert not one.leads, "it knows by its own clock that nobody need believe it any more"
    assert not one.hold()


@pytest.mark.both_databases
def test_a_leader_that_resigns_is_followed_at_once(candidates: Any) -> None:
    (one, _), (two, _) = candidates("one"), candidates("two")
    one.hold()
    one.resign()
    assert two.hold() and not one.hold()


@pytest.mark.both_databases
def test_wall_clocks_have_no_say_in_who_leads(candidates: Any) -> None:
    (one, _), (two, _) = candidates("one"), candidates("two")
    clock.set(NOON)
    one.hold()
    clock.set(NOON + timedelta(days=365))
    assert not two.hold()
    clock.set(NOON - timedelta(days=365))
    assert not two.hold() and one.hold()


@pytest.mark.both_databases
def test_of_two_who_would_follow_only_one_does(candidates: Any) -> None:
    (one, _), (two, twos), (three, threes) = candidates("one"), candidates("two"), candidates("three")
    one.hold()
    two.hold()
    three.hold()
    twos.seconds += 8
    threes.seconds += 8
    assert [two.hold(), three.hold()] == [True, False]


def test_a_job_that_looks_free_is_free_for_the_alarm_too() -> None:
    """The other way round, an alarm that rings in between is turned away until the next look."""
    lane, seen = Lane(1), []
    lane.start("ring", lambda: None, lambda: seen.append(lane.is_busy("ring")))
    assert lane.wait(10) and seen == [True]
