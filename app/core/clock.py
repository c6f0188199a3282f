"""The only readers of the system clock.

Moments are stored as naive UTC datetimes; days are days of the shop's own time zone. Everything that
asks for the time asks here, so that a test can hold it still:

    clock.set("2026-08-01 12:00")      # time stands still at that moment (UTC)
    clock.reset()                      # and flows again
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

_frozen: datetime | None = None


def now() -> datetime:
    """The present moment: naive, in UTC, to the microsecond."""
    if _frozen is not None:
        return _frozen
    return datetime.now(timezone.utc).replace(tzinfo=None)


def today(zone: ZoneInfo | None = None) -> date:
    """The present day in `zone`, or in the shop's time zone."""
    return to_zone(now(), zone or shop_zone()).date()


def monotonic() -> float:
    """Seconds that only ever grow, for measuring how long something took."""
    return time.monotonic()


def shop_zone() -> ZoneInfo:
    """The shop's time zone, from the deployment setting `SHOP_TIMEZONE`; Asia/Shanghai outside an app."""
    from flask import current_app, has_app_context

    name = current_app.config.get("SHOP_TIMEZONE", "Asia/Shanghai") if has_app_context() else "Asia/Shanghai"
    return ZoneInfo(name)


def to_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """A stored UTC moment as a naive wall-clock time in `zone`."""
    offset = _steady_offset(moment.date(), zone)
    if offset is not None:
        return moment + offset
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=4096)
def _steady_offset(day: date, zone: ZoneInfo) -> timedelta | None:
    """What is to be added to every moment of a UTC day; None on a day on which clocks are changed. A file has a million
    moments of some hundred days, and asking the zone for each would take longer than all the rest."""
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    try:
        found = {(start + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in range(24)}
        found.add((start + timedelta(days=1, microseconds=-1)).astimezone(zone).utcoffset())
    except OverflowError:  # at the ends of the calendar
        return None
    return found.pop() if len(found) == 1 else None


def from_zone(wall: datetime, zone: ZoneInfo) -> datetime:
    """A naive wall-clock time in `zone` as the UTC moment that is stored."""
    return wall.replace(tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)


def start_of_day(day: date, zone: ZoneInfo | None = None) -> datetime:
    """The UTC moment at which `day` begins in `zone`, or in the shop's time zone."""
    return from_zone(datetime(day.year, day.month, day.day), zone or shop_zone())


def set(moment: str | datetime) -> None:
    """Hold time still at `moment` (UTC); a text is read as ISO 8601. For tests."""
    global _frozen
    _frozen = datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def advance(delta: timedelta) -> None:
    """Move the held time on by `delta`. For tests."""
    global _frozen
    if _frozen is None:
        raise RuntimeError("clock.advance() moves a clock that clock.set() has stopped")
    _frozen += delta


def reset() -> None:
    """Let time flow again."""
    global _frozen
    _frozen = None
