"""Which days a report looks at, what they are compared with, and how they are cut."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from app.core.errors import InvalidInput
from app.lowcode.periods import (
    PRESETS,
    Bucket,
    Comparison,
    Period,
    Step,
    buckets,
    custom,
    previous,
    read_period,
    year_before,
)


def days(text: str, unit: str = "day") -> Period:
    first, last = (date.fromisoformat(word) for word in text.split(" "))
    return Period(first, last, unit)


@pytest.mark.parametrize("name, expected", [
    ("today", "2026-08-15 2026-08-15"),
    ("yesterday", "2026-08-14 2026-08-14"),
    ("7d", "2026-08-09 2026-08-15"),
    ("30d", "2026-07-17 2026-08-15"),
    ("90d", "2026-05-18 2026-08-15"),
    ("this_month", "2026-08-01 2026-08-15"),
    ("last_month", "2026-07-01 2026-07-31"),
    ("this_year", "2026-01-01 2026-08-15"),
])
def test_named_periods_end_today_or_are_whole_months(name: str, expected: str) -> None:
    period = PRESETS[name].of(date(2026, 8, 15))
    assert (period.first, period.last) == (days(expected).first, days(expected).last)


@pytest.mark.parametrize("period, earlier", [
    (days("2026-08-15 2026-08-15"), "2026-08-14 2026-08-14"),
    (days("2026-08-09 2026-08-15"), "2026-08-02 2026-08-08"),
    (days("2026-03-01 2026-03-31", "month"), "2026-02-01 2026-02-28"),  # whole months against whole months
    (days("2026-02-01 2026-02-28", "month"), "2026-01-01 2026-01-31"),
    (days("2026-03-01 2026-03-30", "month"), "2026-02-01 2026-02-28"),  # the month so far, as far as there are days
    (days("2026-08-01 2026-08-15", "month"), "2026-07-01 2026-07-15"),
    (days("2026-01-01 2026-08-15", "year"), "2025-01-01 2025-08-15"),
    (days("2024-01-01 2024-02-29", "year"), "2023-01-01 2023-02-28"),
    (custom(date(2026, 1, 1), date(2026, 3, 31)), "2025-10-01 2025-12-31"),  # a quarter
    (custom(date(2026, 1, 2), date(2026, 3, 31)), "2025-10-05 2026-01-01"),
])
def test_a_period_is_compared_with_the_one_right_before(period: Period, earlier: str) -> None:
    assert previous(period).period == days(earlier, period.unit)


@pytest.mark.parametrize("period, earlier", [
    (days("2026-08-09 2026-08-15"), "2025-08-09 2025-08-15"),
    (days("2024-02-29 2024-02-29"), "2023-02-28 2023-02-28"),
    (days("2025-02-28 2025-02-28"), "2024-02-28 2024-02-28"),
    (custom(date(2025, 2, 1), date(2025, 2, 28)), "2024-02-01 2024-02-29"),  # a whole month has its 29th
    (custom(date(2024, 2, 1), date(2024, 2, 29)), "2023-02-01 2023-02-28"),
])
def test_last_year_is_the_same_days_of_the_calendar(period: Period, earlier: str) -> None:
    assert year_before(period).period == days(earlier, period.unit)


def test_29_february_stands_against_the_28th() -> None:
    february = year_before(custom(date(2025, 2, 1), date(2025, 2, 28)))
    assert february.counterpart(date(2024, 2, 29)) == date(2025, 2, 28)
    leap = year_before(custom(date(2024, 2, 1), date(2024, 2, 29)))
    stood_against = {leap.counterpart(date(2023, 2, day)) for day in range(1, 29)}
    assert date(2024, 2, 28) in stood_against and date(2024, 2, 29) not in stood_against


@pytest.mark.parametrize("compare", [previous, year_before])
@pytest.mark.parametrize("period", [
    days("2024-02-29 2024-03-02"), days("2026-08-01 2026-08-15", "month"), days("2026-01-01 2026-08-15", "year"),
    days("2026-03-01 2026-03-31", "month"), days("2026-12-28 2027-01-03"), days("2025-02-25 2025-03-05"),
])
def test_every_earlier_day_stands_against_exactly_one_day_of_the_period(compare: object, period: Period) -> None:
    comparison: Comparison = compare(period)  # type: ignore[operator]
    counted = Counter(comparison.counterpart(comparison.period.first + timedelta(days=n))
                      for n in range(comparison.period.days))
    assert sum(counted.values()) == comparison.period.days
    assert all(day in period for day in counted)


def test_weeks_are_iso_weeks_and_are_cut_at_the_ends_of_the_period() -> None:
    found = buckets(days("2026-12-30 2027-01-11"), Step.week)
    assert found == [
        Bucket(date(2026, 12, 30), date(2027, 1, 3), Step.week),
        Bucket(date(2027, 1, 4), date(2027, 1, 10), Step.week),
        Bucket(date(2027, 1, 11), date(2027, 1, 11), Step.week),
    ]
    # The first days of January 2027 belong to week 53 of 2026.
    assert [bucket.short_text() for bucket in found] == ["2026-W53", "2027-W01", "2027-W02"]


def test_months_are_calendar_months() -> None:
    found = buckets(days("2024-01-31 2024-03-01"), Step.month)
    assert [(bucket.first, bucket.last) for bucket in found] == [
        (date(2024, 1, 31), date(2024, 1, 31)), (date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 1))]
    assert [bucket.text("en") for bucket in found] == ["Jan 2024", "Feb 2024", "Mar 2024"]
    assert found[1].text("zh") == "2024-02"


@pytest.mark.parametrize("step", list(Step))
def test_steps_leave_no_day_out_and_count_none_twice(step: Step) -> None:
    period = days("2023-11-29 2025-03-02")
    covered = [bucket.first + timedelta(days=n) for bucket in buckets(period, step)
               for n in range((bucket.last - bucket.first).days + 1)]
    assert covered == [period.first + timedelta(days=n) for n in range(period.days)]


def test_a_day_begins_at_midnight_in_the_shop() -> None:
    assert days("2026-08-15 2026-08-15").moments() == (datetime(2026, 8, 14, 16), datetime(2026, 8, 15, 16))


@pytest.mark.parametrize("first, last, blamed", [
    ("", "2026-08-01", {"from"}),
    ("2026-08-01", "", {"to"}),
    ("01.08.2026", "2026-13-01", {"from", "to"}),
    ("2026-02-30", "2026-03-01", {"from"}),
    ("20260801", "2026-W31-1", {"from", "to"}),
    ("２０２６-08-01", "2026-08-02", {"from"}),
    ("1999-12-31", "2026-08-02", {"from"}),
    ("0001-01-01", "9999-12-31", {"from", "to"}),
    ("2026-08-01", "2026-08-16", {"to"}),  # tomorrow
    ("2026-08-02", "2026-08-01", {"to"}),  # backwards
    ("2010-01-01", "2026-08-01", {"to"}),  # more than ten years
    ("'; DROP TABLE orders; --", "2026-08-01", {"from"}),
])
def test_typed_days_are_refused_by_the_name_of_the_field(first: str, last: str, blamed: set[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_period(first, last, today=date(2026, 8, 15))
    assert set(refused.value.fields) == blamed


def test_typed_whole_months_go_back_by_months() -> None:
    period = read_period(" 2026-06-01 ", "2026-07-31", today=date(2026, 8, 15))
    assert period == Period(date(2026, 6, 1), date(2026, 7, 31), "month")
    assert read_period("2026-08-15", "2026-08-15", today=date(2026, 8, 15)).days == 1
