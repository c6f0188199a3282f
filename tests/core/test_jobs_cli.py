"""`flask jobs`, the process that works by itself, and the example in the documentation."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import clock, jobs
from app.core.db import db
from app.core.jobs import LaterState, RunState
from app.core.jobs.runner import Runner
from tests.core import job_marks
from tests.core.job_nursery import until

NOON = "2026-08-01 12:00"
ready = threading.Event()


@jobs.job(cron="0 3 * * *")
def count_stars() -> int:
    """Counts the stars."""
    if not ready.is_set():
        raise RuntimeError
    return 7


@jobs.register_task
@jobs.task
def hopeless() -> None:
    """Gives up."""
    raise jobs.GiveUp("No.")


@pytest.fixture
def flask_jobs(app: Flask) -> Iterator[Any]:
    jobs.register(count_stars)
    ready.set()
    runner = app.test_cli_runner()
    yield lambda *words: runner.invoke(args=["jobs", *words])
    jobs.unregister("count_stars")


@pytest.mark.both_databases
def test_the_example_in_the_documentation_runs(app: Flask) -> None:
    try:
        found = doctest.testmod(jobs)
    finally:
        jobs.unregister("count_greetings")
    assert found.attempted > 10 and found.failed == 0


def test_jobs_are_listed_with_their_times(flask_jobs: Any) -> None:
    clock.set(NOON)
    answer = flask_jobs("list")
    assert answer.exit_code == 0
    (line,) = [line for line in answer.output.splitlines() if line.startswith("count_stars")]
    assert "Every day at 03:00" in line and "Aug 2, 2026, 03:00" in line and "never run" in line


def test_a_job_is_run_here_and_stands_in_the_log(flask_jobs: Any) -> None:
    answer = flask_jobs("run", "count_stars")
    assert answer.exit_code == 0 and "result: 7" in answer.output
    (run,) = db.session.query(jobs.JobRun).all()
    assert (run.state, run.result_count, run.asked_by) == (RunState.done, 7, "flask jobs run")


def test_a_run_that_fails_ends_the_command_with_an_error(flask_jobs: Any) -> None:
    ready.clear()
    answer = flask_jobs("run", "count_stars")
    assert answer.exit_code == 1 and "RuntimeError in" in answer.output


def test_a_job_that_does_not_exist_is_refused(flask_jobs: Any) -> None:
    answer = flask_jobs("run", "dance")
    assert answer.exit_code == 1 and "There is no job “dance”." in answer.output


def test_a_failed_task_is_sent_out_again(flask_jobs: Any, app: Flask) -> None:
    number = jobs.later(hopeless)
    jobs.run_due()
    assert flask_jobs("retry", str(number)).exit_code == 0
    db.session.commit()
    assert jobs.find(number).state is LaterState.todo  # type: ignore[union-attr]
    db.session.commit()
    answer = flask_jobs("retry", str(number))
    assert answer.exit_code == 1 and "Only a failed or cancelled job" in answer.output
    assert flask_jobs("retry", "999").exit_code == 1


def test_workers_and_clock_run_inside_the_web_process_unless_the_deployment_says_no(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert jobs.start(app) is None
    monkeypatch.setitem(app.config, "JOBS_IN_PROCESS", True)
    monkeypatch.setattr("multiprocessing.util.Finalize", lambda *_arguments, **_options: None)
    job_marks.make_table()
    runner = jobs.start(app)
    try:
        assert runner is not None and jobs.start(app) is runner, "once for each process"
        jobs.later(job_marks.mark, number=1)
        db.session.commit()
        until(lambda: job_marks.numbers() == [1])
    finally:
        app.extensions.pop("houtai_jobs")
        assert runner is not None and runner.stop()


def test_posting_wakes_the_workers_of_the_same_process(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would look again only in an hour."""
    monkeypatch.setitem(app.config, "JOBS_POLL_SECONDS", 3600)
    job_marks.make_table()
    runner = Runner(app, with_clock=False)
    runner.start()
    try:
        for number in range(3):
            jobs.later(job_marks.mark, number=number)
            db.session.commit()
            until(lambda number=number: len(job_marks.numbers()) == number + 1)
    finally:
        assert runner.stop()


def test_a_runner_that_stops_waits_for_what_is_being_done(app: Flask) -> None:
    job_marks.make_table()
    runner = Runner(app, with_clock=False)
    runner.start()
    for number in range(50):
        jobs.later(job_marks.mark_slowly, number=number)
    db.session.commit()
    until(job_marks.numbers)
    assert runner.stop()
    done = db.session.query(jobs.LaterJob).filter_by(state=LaterState.done).count()
    assert done == len(job_marks.numbers()) and 0 < done < 50
    assert db.session.query(jobs.LaterJob).filter_by(state=LaterState.doing).count() == 0
