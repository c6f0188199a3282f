"""One clock: UTC inside, the shop's day outside, and it can be held."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def test_now_is_naive_utc() -> None:
    before = datetime.now(ZoneInfo("UTC")).replace(tzinfo=None)
    assert clock.now().tzinfo is None
    assert abs(clock.now() - before) < timedelta(seconds=5)


def test_time_stands_still_once_set_and_flows_after_reset() -> None:
    clock.set("2026-08-01 12:00")
    assert clock.now() == clock.now() == datetime(2026, 8, 1, 12)
    clock.advance(timedelta(minutes=5))
    assert clock.now() == datetime(2026, 8, 1, 12, 5)
    clock.reset()
    assert clock.now().year != 1 and clock.now() != datetime(2026, 8, 1, 12, 5)


def test_only_a_held_clock_can_be_moved() -> None:
    clock.reset()
    with pytest.raises(RuntimeError):
        clock.advance(timedelta(hours=1))


@pytest.mark.parametrize(("utc", "day"), [
    ("2026-08-01 15:59:59", date(2026, 8, 1)),
    ("2026-08-01 16:00:00", date(2026, 8, 2)),
    ("2026-12-31 16:00:00", date(2027, 1, 1)),
])
def test_the_shops_day_begins_at_its_own_midnight(utc: str, day: date) -> None:
    clock.set(utc)
    assert clock.today(SHANGHAI) == day


@pytest.mark.parametrize("wall", [datetime(2026, 1, 1), datetime(2026, 7, 1, 3), datetime(2024, 2, 29, 23, 59)])
@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN])
def test_wall_clock_and_utc_translate_both_ways(wall: datetime, zone: ZoneInfo) -> None:
    assert clock.to_zone(clock.from_zone(wall, zone), zone) == wall


def test_a_day_is_23_hours_long_when_summer_time_begins() -> None:
    begin = clock.start_of_day(date(2026, 3, 29), BERLIN)
    assert clock.start_of_day(date(2026, 3, 30), BERLIN) - begin == timedelta(hours=23)


def test_outside_an_app_the_shop_is_in_shanghai() -> None:
    assert clock.shop_zone() == SHANGHAI


def test_the_shops_zone_is_a_deployment_setting(app) -> None:
    app.config["SHOP_TIMEZONE"], kept = "Europe/Berlin", app.config["SHOP_TIMEZONE"]
    try:
        assert clock.shop_zone() == BERLIN
    finally:
        app.config["SHOP_TIMEZONE"] = kept


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")])
@pytest.mark.parametrize("year", [2011, 2026])
def test_every_half_hour_of_a_year_is_as_the_zone_has_it(zone: ZoneInfo, year: int) -> None:
    """Clocks change by one hour, by half an hour, and once a whole day was left out."""
    moment = datetime(year, 1, 1)
    while moment.year == year:
        assert clock.to_zone(moment, zone) == moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(
            tzinfo=None), moment
        moment += timedelta(minutes=30)


def test_the_ends_of_the_calendar_are_no_trouble() -> None:
    assert clock.to_zone(datetime(1, 1, 1, 12), SHANGHAI).year == 1
    assert clock.to_zone(datetime(9999, 12, 31, 12), SHANGHAI).day == 31
