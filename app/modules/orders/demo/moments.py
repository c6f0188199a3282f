"""Moments as whole seconds, and how they are written: millions of them, so every text is put together from tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core import clock

DAY = 86_400
_EPOCH = date(1970, 1, 1)


def seconds_of(moment: datetime) -> int:
    """A stored UTC moment as seconds since 1970."""
    return int((moment - datetime(1970, 1, 1)).total_seconds())


class MomentWriter:
    """Writes seconds since 1970 as stored moments, and as the time stamps in order numbers."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        times = [(hour, minute, second) for hour in range(24) for minute in range(60) for second in range(60)]
        self._times = [f" {hour:02d}:{minute:02d}:{second:02d}.000000" for hour, minute, second in times]
        self._stamps = [f"{hour:02d}{minute:02d}{second:02d}" for hour, minute, second in times]
        self._days: dict[int, str] = {}
        self._stamp_days: dict[int, str] = {}
        self.offset = 0
        """Seconds by which the shop's wall clock is ahead of UTC on the day at hand; set by `begin`."""

    def begin(self, day: date) -> int:
        """Turn to a day of the shop; gives the second at which it begins."""
        start = seconds_of(clock.start_of_day(day, self._zone))
        self.offset = (day - _EPOCH).days * DAY - start
        return start

    def stored(self, second: int) -> str:
        """The moment as `app.core.bulk` wants it."""
        number, rest = divmod(second, DAY)
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = (_EPOCH + timedelta(days=number)).isoformat()
        return day + self._times[rest]

    def stamp(self, second: int) -> str:
        """The moment on the shop's wall clock as fourteen digits."""
        number, rest = divmod(second + self.offset, DAY)
        day = self._stamp_days.get(number)
        if day is None:
            day = self._stamp_days[number] = (_EPOCH + timedelta(days=number)).strftime("%Y%m%d")
        return day + self._stamps[rest]

    def wall_second(self, second: int) -> int:
        """The second of the shop's day."""
        return (second + self.offset) % DAY
