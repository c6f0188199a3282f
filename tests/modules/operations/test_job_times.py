"""Staff choose when a job runs in words; cron is for who knows it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.jobs import JobRun, Schedule, ScheduledJob
from app.core.jobs.schedule import cron_of, time_and_days

JOB = "nightly_backup"


def row() -> ScheduledJob:
    db.session.expire_all()
    return db.session.scalars(select(ScheduledJob).where(ScheduledJob.name == JOB)).one()


@pytest.mark.parametrize("typed, cron, seconds, words", [
    ({"kind": "daily", "time": "04:30"}, "30 4 * * *", None, "Every day at 04:30"),
    ({"kind": "weekly", "time": "23:05", "weekdays": [1, 7]}, "5 23 * * 0,1", None, "Monday, Sunday at 23:05"),
    ({"kind": "weekly", "time": "08:00", "weekdays": [1, 2, 3, 4, 5]}, "0 8 * * 1,2,3,4,5", None,
     "Monday to Friday at 08:00"),
    ({"kind": "every", "every": "2", "unit": "hours"}, None, 7200, "Every 2 hours"),
    ({"kind": "cron", "cron": "*/15 9-18 * * 1-5"}, "*/15 9-18 * * 1-5", None, "At the times “*/15 9-18 * * 1-5”"),
    ({"kind": "default"}, None, None, "Every day at 03:00"),
])
def test_times_are_chosen_in_words(as_user: Any, typed: Any, cron: Any, seconds: Any, words: str) -> None:
    owner = as_user("ming")
    assert owner.post(f"/jobs/{JOB}/schedule", data=typed).status_code == 302
    assert (row().cron, row().every_seconds, row().schedule_text) == (cron, seconds, words)
    page = owner.get(f"/jobs/{JOB}/schedule").text
    chosen = re.search(r'<input checked id="kind-\d" name="kind" type="radio" value="(\w+)"', page)
    assert words in page and chosen is not None and chosen[1] == typed["kind"]


def test_a_run_goes_by_the_words_for_its_job(app: Any) -> None:
    """On its own page, among what was opened lately, and in the palette."""
    with app.test_request_context(), force_locale("zh"):
        assert str(JobRun(job=JOB)) == "每晚备份"


@pytest.mark.both_databases
def test_a_run_is_found_by_the_words_for_its_job(as_user: Any) -> None:
    db.session.add_all([JobRun(job=name, scheduled_for=clock.now()) for name in (JOB, "restore_drill")])
    db.session.commit()
    page = as_user("ming").get("/job_runs/list/?q=每晚", headers={"Accept-Language": "zh-CN"}).text
    assert page.count("<tr data-url") == 1 and "每晚备份" in page


@pytest.mark.parametrize("typed, field", [
    ({"kind": "daily", "time": "25:00"}, "time"), ({"kind": "daily"}, "time"), ({"kind": "weekly", "time": "03:00"},
                                                                              "weekdays"),
    ({"kind": "weekly", "time": "03:00", "weekdays": [9]}, "weekdays"), ({"kind": "every", "every": "0"}, "every"),
    ({"kind": "cron", "cron": "often"}, "cron"), ({"kind": "odd"}, "kind"),
])
def test_what_cannot_be_read_is_named(as_user: Any, typed: Any, field: str) -> None:
    answer = as_user("ming").post(f"/jobs/{JOB}/schedule", data=typed)
    assert answer.status_code == 422
    assert f'href="#{field}' in answer.text or f'id="{field}-error"' in answer.text or field == "kind"


def test_the_next_three_times_are_told_while_choosing(as_user: Any) -> None:
    owner = as_user("ming")
    clock.set("2026-08-01 12:00")
    answer = owner.get(f"/jobs/{JOB}/next?kind=weekly&time=08:00&weekdays=1&weekdays=3").get_json()
    assert answer["words"] == "Monday, Wednesday at 08:00"
    assert answer["times"] == ["Monday, August 3, 2026, 08:00", "Wednesday, August 5, 2026, 08:00",
                               "Monday, August 10, 2026, 08:00"]
    assert owner.get(f"/jobs/{JOB}/next?kind=daily&time=x").get_json()["times"] == []
    assert owner.get("/jobs/no_such_job/next?kind=default").status_code == 404
    assert as_user("lin").get(f"/jobs/{JOB}/next?kind=default").status_code == 403


def test_times_and_days_go_there_and_back(app: Any) -> None:
    assert time_and_days(cron_of("03:00")) == ("03:00", [1, 2, 3, 4, 5, 6, 7])
    assert time_and_days("0 3 * * sun,2") == ("03:00", [2, 7])
    assert time_and_days("0 3 1 * *") is None and time_and_days("*/5 3 * * *") is None
    with force_locale("zh"):
        assert Schedule(cron="30 5 * * 6,0").words() == "每星期六、星期日 05:30"
