"""Which jobs there are and when they run: `@job`, the registry, and schedules as texts, words and moments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from datetime import time as dt_time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.core import clock
from app.core.errors import InvalidInput, NotFound
from app.core.help import first_paragraph
from app.core.i18n import gettext, listed, weekday_name
from app.core.i18n import lazy as _

if TYPE_CHECKING:
    from .models import ScheduledJob

F = TypeVar("F", bound=Callable[[], Any])
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
INTERVALS = {
    86400: (_("Every day"), _("Every %(count)s days")), 3600: (_("Every hour"), _("Every %(count)s hours")),
    60: (_("Every minute"), _("Every %(count)s minutes")), 1: (_("Every second"), _("Every %(count)s seconds")),
}
LOOKING_BACK = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=3000))
BAD_CRON = _("Write minute, hour, day, month and weekday, as in “0 3 * * *”.")


def seconds(count: int) -> timedelta:
    """`count` seconds, for `@job(every=seconds(30))`."""
    return timedelta(seconds=count)


def minutes(count: int) -> timedelta:
    """`count` minutes."""
    return timedelta(minutes=count)


def hours(count: int) -> timedelta:
    """`count` hours."""
    return timedelta(hours=count)


def days(count: int) -> timedelta:
    """`count` days."""
    return timedelta(days=count)


@dataclass(frozen=True)
class Schedule:
    """Either `every` so long, counted from the epoch so that all processes agree on the moments, or `cron` on the
    shop's wall clock. InvalidInput names the field that cannot be read."""

    every: timedelta | None = None
    cron: str | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise InvalidInput({"cron": _("Give either times or an interval.")})
        if self.every is not None and (self.every < timedelta(seconds=1) or self.every.microseconds):
            raise InvalidInput({"every_seconds": _("An interval is a whole number of seconds.")})
        if self.every is not None and self.every > timedelta(days=366):
            raise InvalidInput({"every_seconds": _("An interval is a year at most.")})
        if self.cron is not None:
            _cron_trigger(self.cron, "UTC")

    @property
    def spec(self) -> str:
        """The schedule as a short text that tells it from any other, with the zone that it depends on."""
        if self.every is not None:
            return f"every {int(self.every.total_seconds())}"
        return f"cron {self.cron} {clock.shop_zone().key}"

    def trigger(self) -> CronTrigger | IntervalTrigger:
        """What APScheduler runs by."""
        if self.every is not None:
            return _interval_trigger(int(self.every.total_seconds()))
        return _cron_trigger(self.cron or "", clock.shop_zone().key)

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment`, both stored UTC moments."""
        return stored(self.trigger().get_next_fire_time(None, aware(moment) + timedelta(microseconds=1)))

    def next_times(self, after: datetime, count: int = 3) -> list[datetime]:
        """The next `count` times after a moment, all stored UTC moments; so people see what they have chosen."""
        found: list[datetime] = []
        while len(found) < count:
            found.append(self.next_after(found[-1] if found else after))
        return found

    def last_due(self, since: datetime, now: datetime) -> datetime:
        """Of the times from `since`, which is one, to `now`, the last: what is caught up with after an outage."""
        # Look back a little further each time, so that a year's outage of an every-second job is no long walk.
        for span in LOOKING_BACK:
            last = max(since, now - span)
            found = since if last == since else None
            following = self.next_after(last - timedelta(microseconds=1))
            while following <= now:
                found, following = following, self.next_after(following)
            if found is not None:
                return found
        return since

    def words(self) -> str:
        """The schedule for people, in their language."""
        if self.every is not None:
            count = int(self.every.total_seconds())
            size = next(size for size in INTERVALS if count % size == 0)
            one, many = INTERVALS[size]
            return str(one) if count == size else str(many) % {"count": count // size}
        return _cron_words(self.cron or "")


def time_and_days(cron: str) -> tuple[str, list[int]] | None:
    """A cron text that only says a time and weekdays as `("03:00", [1, 2])`, Monday being 1 and Sunday 7, all seven for
    every day; None for any other."""
    minute, hour, day, month, weekdays = cron.split()
    if (day, month) != ("*", "*") or not (minute.isdigit() and hour.isdigit()):
        return None
    names = _weekdays(weekdays)
    days = list(range(1, 8)) if names == "*" else sorted({WEEKDAYS.index(name) or 7 for name in names.split(",")})
    return f"{int(hour):02}:{int(minute):02}", days


def cron_of(time: str, days: Iterable[int] = ()) -> str:
    """The reverse: `cron_of("03:00", [1, 7])` is `0 3 * * 0,1`, without days it is every day; ValueError for what is no
    time of the day."""
    at = dt_time.fromisoformat(time)
    chosen = sorted({day % 7 for day in days})
    return f"{at.minute} {at.hour} * * {'*' if len(chosen) in {0, 7} else ','.join(map(str, chosen))}"


def _cron_words(cron: str) -> str:
    known = time_and_days(cron)
    if known is None:
        return gettext("At the times “%(times)s”", times=cron)
    time, days = known
    if len(days) == 7:
        return gettext("Every day at %(time)s", time=time)
    if days == [1, 2, 3, 4, 5]:
        return gettext("Monday to Friday at %(time)s", time=time)
    return gettext("%(days)s at %(time)s", days=listed(weekday_name(day) for day in days), time=time)


def aware(moment: datetime) -> datetime:
    """A stored moment as APScheduler wants it."""
    return moment.replace(tzinfo=timezone.utc)


def stored(moment: datetime) -> datetime:
    """A moment of APScheduler as it is stored."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


@lru_cache(maxsize=256)
def _interval_trigger(count: int) -> IntervalTrigger:
    return IntervalTrigger(seconds=count, start_date=EPOCH, timezone=timezone.utc)


@lru_cache(maxsize=256)
def _cron_trigger(cron: str, zone: str) -> CronTrigger:
    fields = cron.split()
    if len(fields) != 5:
        raise InvalidInput({"cron": BAD_CRON})
    if fields[2] != "*" and fields[4] != "*":
        # Unix cron means "or" here and APScheduler "and"; refusing is better than surprising either reader.
        raise InvalidInput({"cron": _("Name days of the month or weekdays, not both.")})
    try:
        trigger = CronTrigger(minute=fields[0], hour=fields[1], day=fields[2], month=fields[3],
                              day_of_week=_weekdays(fields[4]), timezone=ZoneInfo(zone))
    except ValueError:
        raise InvalidInput({"cron": BAD_CRON}) from None
    if trigger.get_next_fire_time(None, EPOCH) is None:
        raise InvalidInput({"cron": _("There is no such day.")})
    return trigger


def _weekdays(field: str) -> str:
    """A weekday field with names for numbers, written out day by day: Unix counts the week from Sunday, APScheduler
    from Monday, so `0-5` or `sun-fri` would be no range to it. ValueError if it cannot be read."""
    chosen: list[int] = []
    for part in field.lower().split(","):
        span, _slash, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        start = _weekday(first)
        end = (_weekday(last) or 7) if dash else (6 if step else start)
        if end < start or (step and int(step) < 1):
            raise ValueError(field)
        chosen += range(start, end + 1, int(step) if step else 1)
    return "*" if len({day % 7 for day in chosen}) == 7 else ",".join(WEEKDAYS[day] for day in sorted(set(chosen)))


def _weekday(text: str) -> int:
    """0 (Sunday) to 7 (Sunday again)."""
    if text in WEEKDAYS:
        return WEEKDAYS.index(text)
    if len(text) == 1 and text in "01234567":
        return int(text)
    raise ValueError(text)


@dataclass(frozen=True)
class JobOptions:
    """What `@job` says about a function."""

    name: str
    schedule: Schedule
    label: Any
    help: str
    grace: timedelta | None


def job(*, every: timedelta | None = None, cron: str | None = None, label: Any = None, name: str | None = None,
        grace: timedelta | None = None) -> Callable[[F], F]:
    """Mark a function as a scheduled job; the manifest of its module plugs it in (`Module(jobs=[...])`).

    `every` counts from midnight UTC of 1970, so every 5 minutes means :00, :05, :10; `cron` has five fields and is
    read on the shop's wall clock (choose no hour that a change to summer time skips or repeats). A time that was
    missed because nothing ran is caught up with once, unless it is more than `grace` ago. The docstring is help
    text for staff; what the function returns, a number or a short text, stands in the run log.
    """
    schedule = Schedule(every=every, cron=cron)

    def mark(function: F) -> F:
        called = name or function.__name__
        if not 0 < len(called) <= 100:
            raise ValueError("a job's name has 1 to 100 characters")
        words = label if label is not None else called.replace("_", " ").capitalize()
        function.job_options = JobOptions(  # type: ignore[attr-defined]
            called, schedule, words, inspect.getdoc(function) or "", grace)
        return function

    return mark


_registered: dict[str, Callable[[], Any]] = {}


def register(function: Callable[[], Any]) -> None:
    """Plug in a function marked with `@job`; doing it twice changes nothing, another one of its name is refused."""
    options = options_of(function)
    there = _registered.setdefault(options.name, function)
    if there is not function and (there.__module__, there.__qualname__) != (function.__module__, function.__qualname__):
        raise ValueError(f"there are two jobs named {options.name}")
    _registered[options.name] = function


def unregister(name: str) -> None:
    """Take a job out again. For tests."""
    _registered.pop(name, None)


def options_of(function: Callable[[], Any]) -> JobOptions:
    """What `@job` said; TypeError if it said nothing."""
    options = getattr(function, "job_options", None)
    if not isinstance(options, JobOptions):
        raise TypeError(f"{function.__qualname__} is not marked with @job")
    return options


def registered() -> dict[str, Callable[[], Any]]:
    """The jobs that are plugged in, by name."""
    return dict(_registered)


def get_job(name: str) -> Callable[[], Any]:
    """The function of this job; NotFound if no installed module has it."""
    function = _registered.get(name)
    if function is None:
        raise NotFound(_("There is no job “%(name)s”."), name=name)
    return function


def labels() -> dict[str, str]:
    """All jobs there are, with their names for people."""
    return {name: label_of(name) for name in _registered}


def label_of(name: str) -> str:
    """A job's name for people; the plain name where no module has it any more."""
    return str(options_of(_registered[name]).label) if name in _registered else name


def help_of(name: str) -> str:
    """What a job does, for people."""
    text = first_paragraph(options_of(_registered[name]).help) if name in _registered else ""
    return gettext(text) if text else ""


def schedule_of(row: "ScheduledJob | Any") -> Schedule | None:
    """When this job runs by now: as staff set it, otherwise as the program has it; None if it is not installed."""
    if row.name not in _registered:
        return None
    if row.cron:
        return Schedule(cron=row.cron)
    if row.every_seconds:
        return Schedule(every=timedelta(seconds=row.every_seconds))
    return options_of(_registered[row.name]).schedule


def check_override(cron: str | None, every_seconds: int | None) -> None:
    """Refuse a schedule that cannot be read, or two at once."""
    if cron or every_seconds is not None:
        Schedule(cron=cron or None, every=None if every_seconds is None else timedelta(seconds=every_seconds))
