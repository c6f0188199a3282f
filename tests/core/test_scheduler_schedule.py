"""Schedules: what can be written, when that is, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app.core import clock, jobs
from app.core.errors import InvalidInput, NotFound
from app.core.jobs import Schedule
from app.core.jobs.schedule import get_job, help_of, label_of

SATURDAY = datetime(2026, 8, 1, 12, 0)


@pytest.mark.parametrize("cron, shop_time", [
    ("0 3 * * *", "2026-08-02 03:00"),
    ("30 20 * * *", "2026-08-01 20:30"),
    ("*/15 * * * *", "2026-08-01 20:15"),
    ("0 0 1 * *", "2026-09-01 00:00"),
    ("0 9 * * 0", "2026-08-02 09:00"),
    ("0 9 * * 7", "2026-08-02 09:00"),
    ("0 9 * * 1", "2026-08-03 09:00"),
    ("0 9 * * 1-5", "2026-08-03 09:00"),
    ("0 9 * * 5-7", "2026-08-02 09:00"),
    ("0 9 * * mon,wed", "2026-08-03 09:00"),
    ("0 9 * * SUN", "2026-08-02 09:00"),
    ("0 9 * * 0-6", "2026-08-02 09:00"),
    ("0 9 * * */2", "2026-08-02 09:00"),
    ("0 9 * * 3/2", "2026-08-05 09:00"),
    ("0 0 29 2 *", "2028-02-29 00:00"),
])
def test_times_are_read_as_unix_reads_them_on_the_shops_clock(cron: str, shop_time: str) -> None:
    """It is Saturday, 20:00 in the shop (Asia/Shanghai); the week is counted from Sunday."""
    following = Schedule(cron=cron).next_after(SATURDAY)
    assert clock.to_zone(following, clock.shop_zone()) == datetime.fromisoformat(shop_time)


@pytest.mark.parametrize("cron", [
    "", "now", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "0 0 32 * *", "0 0 * 13 *", "0 0 * * 8",
    "0 0 * * 5-3", "0 0 * * x", "0 0 * * 1/0", "0 0 1 * 1", "0 0 30 2 *", "-1 * * * *", "a b c d e", "0 0 * * ,",
    "; rm -rf / 1",
])
def test_times_that_cannot_be_read_are_refused_by_name(cron: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Schedule(cron=cron)
    assert set(refusal.value.fields) == {"cron"}


@pytest.mark.parametrize("every", [
    timedelta(0), timedelta(seconds=-5), timedelta(milliseconds=500), timedelta(seconds=1.5), timedelta(days=400)])
def test_intervals_are_whole_seconds_up_to_a_year(every: timedelta) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Schedule(every=every)
    assert set(refusal.value.fields) == {"every_seconds"}


def test_a_schedule_is_one_thing_or_the_other() -> None:
    for both_or_none in ({}, {"cron": "0 3 * * *", "every": jobs.minutes(5)}):
        with pytest.raises(InvalidInput):
            Schedule(**both_or_none)  # type: ignore[arg-type]


@pytest.mark.parametrize("every, following", [
    (jobs.seconds(1), "2026-08-01 12:00:01"),
    (jobs.minutes(5), "2026-08-01 12:05:00"),
    (jobs.hours(6), "2026-08-01 18:00:00"),
    (jobs.days(1), "2026-08-02 00:00:00"),
])
def test_intervals_are_counted_from_one_moment_whoever_counts(every: timedelta, following: str) -> None:
    for seconds in (0, 0.25, 0.999):
        assert Schedule(every=every).next_after(SATURDAY + timedelta(seconds=seconds)) == \
            datetime.fromisoformat(following)


@pytest.mark.parametrize("schedule, missed_at, now, due", [
    (Schedule(every=jobs.minutes(5)), "2026-08-01 11:00", "2026-08-01 11:04", "2026-08-01 11:00"),
    (Schedule(every=jobs.minutes(5)), "2026-08-01 11:00", "2026-08-01 11:05", "2026-08-01 11:05"),
    (Schedule(every=jobs.seconds(1)), "2025-08-01 11:00", "2026-08-01 12:00:07", "2026-08-01 12:00:07"),
    (Schedule(every=jobs.days(1)), "2026-07-01 00:00", "2026-08-01 12:00", "2026-08-01 00:00"),
    (Schedule(cron="0 3 * * *"), "2026-07-30 19:00", "2026-08-01 12:00", "2026-07-31 19:00"),
    (Schedule(cron="0 0 29 2 *"), "2024-02-28 16:00", "2026-08-01 12:00", "2024-02-28 16:00"),
])
def test_after_an_outage_the_last_of_the_missed_times_is_due(
        schedule: Schedule, missed_at: str, now: str, due: str) -> None:
    assert schedule.last_due(datetime.fromisoformat(missed_at), datetime.fromisoformat(now)) == \
        datetime.fromisoformat(due)


@pytest.mark.parametrize("schedule, words", [
    (Schedule(every=jobs.minutes(1)), "Every minute"),
    (Schedule(every=jobs.seconds(90)), "Every 90 seconds"),
    (Schedule(every=jobs.minutes(5)), "Every 5 minutes"),
    (Schedule(every=jobs.hours(24)), "Every day"),
    (Schedule(cron="5 3 * * *"), "Every day at 03:05"),
    (Schedule(cron="0 3 * * 1-5"), "Monday to Friday at 03:00"),
    (Schedule(cron="30 5 * * 0,sat"), "Saturday, Sunday at 05:30"),
    (Schedule(cron="0 3 * * 0-6"), "Every day at 03:00"),
    (Schedule(cron="*/5 3 * * 1-5"), "At the times “*/5 3 * * 1-5”"),
])
@pytest.mark.usefixtures("app")
def test_a_schedule_is_told_in_words(schedule: Schedule, words: str) -> None:
    assert schedule.words() == words


@jobs.job(every=jobs.minutes(5))
def water_the_plants() -> None:
    """Gives every plant a glass of water."""


@pytest.fixture
def plants() -> Iterator[None]:
    jobs.register(water_the_plants)
    yield
    jobs.unregister("water_the_plants")


@pytest.mark.usefixtures("app", "plants")
def test_a_job_is_known_by_its_name_and_told_by_its_label_and_docstring() -> None:
    assert get_job("water_the_plants") is water_the_plants
    assert label_of("water_the_plants") == "Water the plants"
    assert help_of("water_the_plants") == "Gives every plant a glass of water."
    with pytest.raises(NotFound, match="no job “dance”"):
        get_job("dance")


@pytest.mark.usefixtures("plants")
def test_registering_twice_changes_nothing_but_two_jobs_cannot_share_a_name() -> None:
    jobs.register(water_the_plants)
    another = jobs.job(every=jobs.minutes(1), name="water_the_plants")(lambda: None)
    with pytest.raises(ValueError, match="two jobs"):
        jobs.register(another)
    with pytest.raises(TypeError, match="not marked"):
        jobs.register(lambda: None)
