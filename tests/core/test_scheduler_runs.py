"""Runs of scheduled jobs: once for each time, one at once, logged; and what staff can do with jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from app.core import clock, jobs
from app.core.actor import Actor, acting_as, current_actor
from app.core.db import db
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.jobs import JobRun, LaterState, RunState, RunTrigger, ScheduledJob, runs
from app.core.jobs.leases import Heartbeat, Patience
from app.core.jobs.posting import posts
from app.core.jobs.timekeeper import add_missing_rows
from tests.core import job_marks

pytestmark = pytest.mark.both_databases
NOON = datetime(2026, 8, 1, 12, 0)
NEXT = datetime(2026, 8, 1, 12, 5)
LEASE = timedelta(seconds=30)
heard: list[str] = []
answer: list[Any] = []


@jobs.job(every=jobs.minutes(5), label="Count the plants")
def count_plants() -> Any:
    """Counts the plants."""
    heard.append(str(current_actor()))
    job_marks.leave_mark(len(heard))
    said = answer.pop() if answer else None
    return said() if callable(said) else said


@pytest.fixture(autouse=True)
def _garden(app: Flask) -> Iterator[None]:
    clock.set(NOON)
    heard.clear()
    answer.clear()
    job_marks.make_table()
    jobs.register(count_plants)
    add_missing_rows()
    yield
    jobs.unregister("count_plants")


def fire(moment: datetime = NOON, worker: str = "me", **options: Any) -> int | None:
    return runs.fire("count_plants", moment, NEXT, options.pop("clock_round", 0), worker, LEASE, **options)


def do(app: Flask, run_id: int, worker: str = "me") -> JobRun:
    with app.app_context():
        runs.perform(Heartbeat(app), run_id, "count_plants", worker, LEASE)
    return log()[-1]


def log() -> list[JobRun]:
    """The run log, as it is committed."""
    db.session.commit()
    found = list(db.session.scalars(select(JobRun).order_by(JobRun.id)))
    db.session.expunge_all()
    db.session.commit()
    return found


def row() -> ScheduledJob:
    db.session.commit()
    found = db.session.scalars(select(ScheduledJob).where(ScheduledJob.name == "count_plants")).one()
    db.session.expunge(found)
    db.session.commit()
    return found


def set_hand(moment: datetime) -> None:
    db.session.execute(update(runs.scheduled).where(runs.scheduled.c.name == "count_plants").values(next_run_at=moment))
    db.session.commit()


def test_a_firing_is_recorded_before_it_runs_and_moves_the_hand(app: Flask) -> None:
    set_hand(NOON)
    run_id = fire()
    assert run_id is not None
    (run,) = log()
    assert (run.state, run.scheduled_for, run.trigger) == (RunState.doing, NOON, RunTrigger.schedule)
    assert heard == []
    assert row().next_run_at == NEXT


def test_a_time_is_fired_once_whoever_thinks_to_lead(app: Flask) -> None:
    first = fire(worker="one")
    assert first is not None
    do(app, first, "one")
    assert fire(worker="two") is None
    assert len(log()) == 1


def test_without_the_unique_rows_a_time_would_be_fired_twice(app: Flask) -> None:
    """The control of the test above."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX uq_job_runs_firing")
    first = fire(worker="one")
    assert first is not None
    do(app, first, "one")
    assert fire(worker="two") is not None


def test_a_job_never_runs_beside_itself_and_the_time_in_between_is_caught_up_with(app: Flask) -> None:
    first = fire()
    assert first is not None
    set_hand(NEXT)
    assert runs.fire("count_plants", NEXT, NEXT + LEASE, 0, "me", LEASE) is None
    assert row().next_run_at == NEXT, "the hand stays, so this time rings again"
    do(app, first)
    assert runs.fire("count_plants", NEXT, NEXT + LEASE, 0, "me", LEASE) is not None


def test_a_job_that_was_paused_meanwhile_is_not_fired(app: Flask) -> None:
    jobs.pause("count_plants")
    db.session.commit()
    assert fire() is None
    assert log() == []


def test_a_time_that_is_too_long_ago_is_recorded_and_left(app: Flask) -> None:
    set_hand(NOON)
    clock.advance(timedelta(minutes=3))
    assert fire(grace=timedelta(minutes=2)) is None
    (run,) = log()
    assert run.state is RunState.missed
    assert row().next_run_at == NEXT
    assert fire(NEXT, grace=timedelta(minutes=2)) is not None


@pytest.mark.parametrize("said, result, result_count", [
    (None, None, None), (7, None, 7), ("7 plants", "7 plants", None), (True, "True", None), (2**40, str(2**40), None),
])
def test_the_log_tells_how_a_run_went(app: Flask, said: Any, result: Any, result_count: Any) -> None:
    answer.append(said)
    run_id = fire()
    assert run_id is not None
    run = do(app, run_id)
    assert (run.state, run.result, run.result_count) == (RunState.done, result, result_count)
    assert run.started_at == run.finished_at == NOON and run.duration_ms is not None and run.worker == "me"
    assert heard == ["count_plants"], "as the job itself"
    assert (row().last_run_at, row().last_state) == (NOON, RunState.done)
    assert job_marks.numbers() == [1]


def test_a_run_that_fails_leaves_nothing_but_its_place_in_the_log(app: Flask) -> None:
    answer.append(lambda: int("the password"))
    run_id = fire()
    assert run_id is not None
    run = do(app, run_id)
    assert run.state is RunState.failed
    assert run.last_error is not None and run.last_error.startswith("ValueError in ")
    assert "password" not in run.last_error
    assert row().last_state is RunState.failed
    assert job_marks.numbers() == []


def test_the_effect_of_a_run_that_was_taken_for_dead_is_rolled_back(app: Flask) -> None:
    run_id = fire()
    assert run_id is not None
    db.session.execute(update(runs.runs).values(state=RunState.lost))
    db.session.commit()
    assert do(app, run_id).state is RunState.lost
    assert job_marks.numbers() == []


def test_a_run_whose_process_died_is_closed_so_that_the_job_can_run_again(app: Flask) -> None:
    steady = [0.0]
    patience = Patience(LEASE, lambda: steady[0])
    fire()
    assert runs.bury_the_dead(patience) == 0
    steady[0] += 29.9
    assert runs.bury_the_dead(patience) == 0
    steady[0] += 0.1
    assert runs.bury_the_dead(patience) == 1
    (run,) = log()
    assert run.state is RunState.lost and run.last_error == str(runs.INTERRUPTED)
    assert row().last_state is RunState.lost
    assert fire(NEXT) is not None


def test_staff_can_ask_for_a_run_and_asking_twice_is_asking_once(app: Flask) -> None:
    with acting_as(Actor.staff(1, "Ming")):
        first = jobs.run_now("count_plants")
        assert jobs.run_now("count_plants") == first
    db.session.commit()
    assert runs.requested() == [(first, "count_plants")]
    assert runs.take(first, "me", LEASE) and not runs.take(first, "you", LEASE)
    run = do(app, first)
    assert (run.state, run.asked_by, run.trigger) == (RunState.done, "Ming", RunTrigger.request)
    assert heard == ["count_plants"]


def test_a_requested_run_waits_for_the_one_that_is_going_on(app: Flask) -> None:
    going_on = fire()
    assert going_on is not None
    asked = jobs.run_now("count_plants")
    db.session.commit()
    assert not runs.take(asked, "me", LEASE)
    do(app, going_on)
    assert runs.take(asked, "me", LEASE)


def test_a_requested_run_can_be_called_off_and_a_running_one_asked_to_stop(app: Flask) -> None:
    asked = jobs.run_now("count_plants")
    jobs.stop_run(asked)
    db.session.commit()
    assert runs.requested() == []
    with pytest.raises(BusinessError, match="over already"):
        jobs.stop_run(asked)
    with pytest.raises(NotFound):
        jobs.stop_run(asked + 100)
    db.session.commit()
    run_id = fire()
    assert run_id is not None
    jobs.stop_run(run_id)
    db.session.commit()
    answer.append(lambda: jobs.checkpoint(1, 2, "half"))
    run = do(app, run_id)
    assert (run.state, run.progress_done, run.progress_message) == (RunState.cancelled, 1, "half")


def test_a_job_runs_here_and_now_unless_it_runs_elsewhere(app: Flask) -> None:
    answer.append(3)
    run = jobs.run_here("count_plants")
    assert (run.state, run.result_count, run.trigger) == (RunState.done, 3, RunTrigger.command)
    db.session.commit()
    assert fire(NEXT) is not None
    with pytest.raises(BusinessError, match="running right now"):
        jobs.run_here("count_plants")
    with pytest.raises(NotFound):
        jobs.run_here("dance")


@pytest.mark.parametrize("act", [
    jobs.run_now, jobs.pause, jobs.resume, lambda name: jobs.reschedule(name, cron="0 3 * * *"), jobs.get_scheduled])
def test_there_is_nothing_to_do_with_a_job_that_is_not_installed(app: Flask, act: Callable[[str], Any]) -> None:
    with pytest.raises(NotFound):
        act("dance")


def test_a_paused_job_has_no_next_run_and_a_resumed_one_starts_from_now(app: Flask) -> None:
    jobs.pause("count_plants")
    assert (row().paused, row().next_run_at) == (True, None)
    clock.advance(timedelta(hours=1))
    jobs.resume("count_plants")
    assert (row().paused, row().next_run_at) == (False, datetime(2026, 8, 1, 13, 5))


def test_staff_can_give_a_job_other_times_and_take_them_back(app: Flask) -> None:
    jobs.reschedule("count_plants", cron=" 0  3 * * * ")
    assert (row().cron, row().every_seconds, row().is_overridden) == ("0 3 * * *", None, True)
    assert row().next_run_at == datetime(2026, 8, 1, 19, 0), "three in the morning in Shanghai"
    jobs.reschedule("count_plants", every=jobs.hours(2))
    assert (row().cron, row().every_seconds) == (None, 7200)
    assert row().next_run_at == datetime(2026, 8, 1, 14, 0)
    jobs.reschedule("count_plants")
    assert not row().is_overridden
    assert row().next_run_at == NEXT


@pytest.mark.parametrize("values, field", [
    ({"cron": "soon"}, "cron"), ({"cron": ""}, "cron"), ({"every": timedelta(seconds=0.5)}, "every_seconds"),
    ({"cron": "0 3 * * *", "every": timedelta(hours=1)}, "cron"),
])
def test_times_that_cannot_be_read_are_refused_and_change_nothing(app: Flask, values: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        jobs.reschedule("count_plants", **values)
    assert set(refusal.value.fields) == {field}
    assert not row().is_overridden


def test_a_form_that_saves_the_row_is_held_to_the_same_rules(app: Flask) -> None:
    found = jobs.get_scheduled("count_plants")
    found.cron = "soon"
    with pytest.raises(InvalidInput):
        db.session.flush()
    db.session.rollback()


def test_jobs_are_listed_with_all_that_a_screen_shows(app: Flask) -> None:
    db.session.execute(delete(ScheduledJob))
    (info,) = [info for info in jobs.list_jobs() if info.name == "count_plants"]
    assert (info.label, info.help, info.schedule) == ("Count the plants", "Counts the plants.", "Every 5 minutes")
    assert (info.next_run_at, info.last_state, info.paused, info.is_running) == (NEXT, None, False, False)
    jobs.pause("count_plants")
    jobs.run_now("count_plants")
    db.session.commit()
    fire()
    (info,) = [info for info in jobs.list_jobs() if info.name == "count_plants"]
    assert (info.next_run_at, info.paused, info.is_requested) == (None, True, True)


def test_a_job_that_is_no_longer_installed_is_marked_and_comes_back(app: Flask) -> None:
    jobs.unregister("count_plants")
    add_missing_rows()
    assert not row().enabled and row().label == "count_plants"
    jobs.register(count_plants)
    add_missing_rows()
    assert row().enabled


def test_what_is_long_over_is_forgotten_and_the_rest_is_kept(app: Flask) -> None:
    def a_post(state: LaterState, days: int | None) -> dict[str, Any]:
        moment = None if days is None else NOON - timedelta(days=days)
        return {"task": f"{state.value} {days}", "state": state, "finished_at": moment, "run_at": NOON,
                "actor_kind": "system", "actor_name": "system"}

    def a_run(state: RunState, days: int | None) -> dict[str, Any]:
        moment = None if days is None else NOON - timedelta(days=days)
        return {"job": f"{state.value} {days}", "state": state, "finished_at": moment, "scheduled_for": NOON}

    db.session.execute(insert(posts), [
        a_post(LaterState.done, 31), a_post(LaterState.done, 29), a_post(LaterState.cancelled, 31),
        a_post(LaterState.failed, 31), a_post(LaterState.failed, 181), a_post(LaterState.todo, None)])
    db.session.execute(insert(runs.runs), [
        a_run(RunState.done, 181), a_run(RunState.done, 179), a_run(RunState.lost, 181), a_run(RunState.asked, None)])
    db.session.commit()
    assert jobs.forget_finished_jobs() == 5
    assert list(db.session.scalars(select(posts.c.task).order_by(posts.c.id))) == [
        "done 29", "failed 31", "todo None"]
    assert [run.job for run in log()] == ["done 179", "asked None"]
