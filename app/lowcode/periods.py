"""Stretches of days that a report looks at, the stretch they are compared with, and their days, weeks or months.

Days are days of the shop's own time zone and both ends belong to the period. Weeks are ISO 8601 weeks (Monday
first, week 1 holds the first Thursday). Nothing here knows what is being counted:

    period = PRESETS["this_month"].of(today())
    earlier = previous(period)                  # 环比: the stretch right before
    for bucket in buckets(period, Step.week): ...
"""

from __future__ import annotations

import calendar
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from app.core import clock
from app.core.errors import InvalidInput
from app.core.i18n import _locale, current_locale, day_text, gettext
from app.core.i18n import lazy as _

FIRST_DAY = date(2000, 1, 1)
"""No report reaches further back; an earlier day is a slip of the keyboard."""
MOST_DAYS = 3660
"""Ten years: the longest period of one report."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`. `unit` says how it moves back in time: by its number of days, or by
    whole calendar months or years."""

    first: date
    last: date
    unit: str = "day"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def moments(self) -> tuple[datetime, datetime]:
        """The UTC moments at which it begins, and at which the day after it begins."""
        return clock.start_of_day(self.first), clock.start_of_day(self.last + ONE_DAY)

    def text(self, locale: str | None = None) -> str:
        """Its days as people read them."""
        first, last = day_text(self.first, locale), day_text(self.last, locale)
        return first if self.first == self.last else f"{first} – {last}"

    def stamp(self) -> str:
        """Its days for a file name, in any language: `2026-08-01` or `2026-08-01_2026-08-31`."""
        return self.first.isoformat() if self.first == self.last else f"{self.first}_{self.last}"


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def whole_months(first: date, last: date) -> int:
    """How many whole calendar months these days are; 0 where they are no whole months."""
    if first.day != 1 or last != month_end(last):
        return 0
    return (last.year - first.year) * 12 + last.month - first.month + 1


@dataclass(frozen=True)
class Preset:
    """A period that people name rather than type."""

    name: str
    label: Any
    of: Callable[[date], Period]


def _last(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today - timedelta(days=days - 1), today)


def _last_month(today: date) -> Period:
    last = today.replace(day=1) - ONE_DAY
    return Period(last.replace(day=1), last, "month")


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("today", _("Today"), _last(1)),
        Preset("yesterday", _("Yesterday"), lambda today: Period(today - ONE_DAY, today - ONE_DAY)),
        Preset("7d", _("7 days"), _last(7)),
        Preset("30d", _("30 days"), _last(30)),
        Preset("90d", _("90 days"), _last(90)),
        Preset("this_month", _("This month"), lambda today: Period(today.replace(day=1), today, "month")),
        Preset("last_month", _("Last month"), _last_month),
        Preset("this_year", _("This year"), lambda today: Period(today.replace(month=1, day=1), today, "year")),
    )
}


def custom(first: date, last: date) -> Period:
    """A typed period; whole months move back by months, everything else by days."""
    return Period(first, last, "month" if whole_months(first, last) else "day")


def read_day(text: str, field: str) -> date:
    """A day as `2026-08-31`; anything else is refused with the field's name."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
            raise ValueError(text)
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput({field: _("Write a day as year, month and day: 2026-08-31.")}) from None


def read_period(first: str, last: str, *, today: date, fields: tuple[str, str] = ("from", "to")) -> Period:
    """A typed period, refused with the name of the field to blame: no days, out of order, too far back, too long,
    or not yet over."""
    refused: dict[str, Any] = {}
    days: list[date] = []
    for text, field in zip((first, last), fields, strict=True):
        try:
            day = read_day(text, field)
        except InvalidInput as error:
            refused.update(error.fields)
            continue
        days.append(day)
        if day < FIRST_DAY:
            refused[field] = _("Reports reach back to %(day)s.", day=FIRST_DAY.isoformat())
        elif day > today:
            refused[field] = _("This day is still to come.")
    if refused:
        raise InvalidInput(refused)
    if days[1] < days[0]:
        raise InvalidInput({fields[1]: _("The last day is before the first.")})
    if (days[1] - days[0]).days >= MOST_DAYS:
        raise InvalidInput({fields[1]: _("A report covers ten years at most.")})
    return custom(*days)


@dataclass(frozen=True)
class Comparison:
    """An earlier period, and which of its days stands against which day of the present one.

    Moved by months, a day stands against the same day of the month, and the 29th to 31st against the last day
    where that month is shorter: 29 February 2024 counts with 28 February 2025. No day is left out and none
    counts twice, so the rows always add up to the period's total.
    """

    period: Period
    now: Period
    months: int = 0

    def counterpart(self, day: date) -> date:
        """The day of the present period against which `day` of the earlier one stands."""
        moved = add_months(day, self.months) if self.months else day + (self.now.first - self.period.first)
        return min(max(moved, self.now.first), self.now.last)


def _months_back(period: Period, months: int) -> Comparison:
    first, last = add_months(period.first, -months), add_months(period.last, -months)
    if whole_months(period.first, period.last):
        last = month_end(last)
    return Comparison(Period(first, last, period.unit), period, months)


def previous(period: Period) -> Comparison:
    """环比: the period right before. The month so far stands against the same days of the month before, whole
    months against as many whole months, the year so far against the same days of last year."""
    if period.unit == "year":
        return _months_back(period, 12 * (period.last.year - period.first.year + 1))
    if period.unit == "month":
        months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
        return _months_back(period, months)
    length = timedelta(days=period.days)
    return Comparison(Period(period.first - length, period.last - length), period)


def year_before(period: Period) -> Comparison:
    """同比: the same days of the calendar a year earlier."""
    return _months_back(period, 12)


class Step(enum.Enum):
    """How finely a period is cut."""

    day = "day"
    week = "week"
    month = "month"


@dataclass(frozen=True)
class Bucket:
    """One day, week or month, as far as it lies in the period."""

    first: date
    last: date
    step: Step

    def text(self, locale: str | None = None) -> str:
        """What a table calls it."""
        locale = locale or current_locale()
        if self.step is Step.day:
            return day_text(self.first, locale)
        if self.step is Step.month:
            pattern = "yyyy-MM" if locale.startswith(("zh", "ja")) else "MMM yyyy"
            return format_date(self.first, pattern, _locale(locale))
        year, week, _weekday = self.first.isocalendar()
        return gettext("Week %(week)s of %(year)s", week=week, year=year)

    def short_text(self, locale: str | None = None) -> str:
        """What an axis calls it: `08-31`, `W35`, `2026-08`."""
        if self.step is Step.day:
            return f"{self.first:%m-%d}"
        if self.step is Step.month:
            return f"{self.first:%Y-%m}"
        year, week, _weekday = self.first.isocalendar()
        return f"{year}-W{week:02d}"


def bucket_start(day: date, step: Step) -> date:
    """The first day of the day, week or month that holds `day`, even where it lies before the period."""
    if step is Step.week:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.month else day


def buckets(period: Period, step: Step) -> list[Bucket]:
    """The period cut up, in order and without gaps; the first and last may be cut short by its ends."""
    found: list[Bucket] = []
    first = period.first
    while first <= period.last:
        start = bucket_start(first, step)
        if step is Step.day:
            end = start
        else:
            end = start + timedelta(days=6) if step is Step.week else month_end(start)
        found.append(Bucket(first, min(end, period.last), step))
        first = end + ONE_DAY
    return found
