"""Answers about sales, read from the summed-up days; what is still open is counted from the orders."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, literal_column, select
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import db, reading, writing
from app.lowcode.periods import ONE_DAY, Bucket, Period, Step, buckets, month_end
from app.modules.analytics.models import (
    ALL_CHANNELS,
    sales_categories,
    sales_days,
    sales_marks,
    sales_payers,
    sales_progress,
)
from app.modules.analytics.services.counting import NONE_SOLD, DayFacts, Sums, count_days
from app.modules.analytics.services.payers import Members, count, unite, unpacked
from app.modules.analytics.services.rolling import day_of, is_stale, last_closed_day, roll_up
from app.modules.orders.models import Order, Refund

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.3
"""So long a reader waits for its turn to sum up; then it takes the figures as they are."""
COUNTED_AT_ONCE = 5_000
"""So many orders that are not summed up a reader counts itself; more are left to the job, and the page says so."""


@dataclass(frozen=True)
class Question:
    """Which sales: of a period, perhaps in one channel or one category at the top of the tree, cut into steps."""

    period: Period
    step: Step = Step.day
    channel: str | None = None
    category_id: int | None = None


@dataclass
class Sales:
    """The answer. `payers` and `payers_by_bucket` are None where a category is asked for: who paid is not kept by
    category. `waiting_days` is how many days are still to be summed up, so that the figures may be too low."""

    question: Question
    buckets: list[Bucket]
    total: Sums = NONE_SOLD
    by_day: dict[date, Sums] = field(default_factory=dict)
    by_channel: dict[str, Sums] = field(default_factory=dict)
    by_category: dict[tuple[int, str], Sums] = field(default_factory=dict)
    payers: int | None = None
    payers_by_bucket: list[int] | None = None
    waiting_days: int = 0

    def by_category_alone(self) -> dict[int, Sums]:
        """By category over all channels; an order is in one channel, so these orders are still true numbers."""
        found: dict[int, Sums] = {}
        for (category_id, _channel), sums in self.by_category.items():
            _add(found, category_id, sums)
        return found

    def by_bucket(self) -> list[Sums]:
        """One sum for each bucket, in order."""
        found = []
        for bucket in self.buckets:
            total, day = NONE_SOLD, bucket.first
            while day <= bucket.last:
                if day in self.by_day:
                    total = total.plus(self.by_day[day])
                day += ONE_DAY
            found.append(total)
        return found


def sales(*questions: Question) -> list[Sales]:
    """The answers, all of the same moment. Stale days are summed up first, for about half a second."""
    with reading(), db.engine.connect() as connection:
        stale = is_stale(connection)
    if stale:
        _sum_up_quickly()
    with reading(), db.engine.connect() as connection:
        book = _Book(connection)
        return [book.answer(question) for question in questions]


def _sum_up_quickly() -> None:
    try:
        with writing(patience=PATIENCE_SECONDS) as connection:
            roll_up(connection)
    except DBAPIError:
        # Someone else is writing for long. The page says what is missing, and the job sums it up.
        log.info("summing up sales was left to the job: the database is busy", exc_info=True)


def last_sale_at() -> datetime | None:
    """When something was last sold or given back, up to now; None in a shop that has sold nothing."""
    found = []
    for moment in (Order.paid_at, Refund.refunded_at):
        found.append(db.session.scalar(select(func.max(moment)).where(moment <= clock.now())))
    return max((moment for moment in found if moment is not None), default=None)


class _Book:
    """Reads the tables for one request; days counted from the orders are counted once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.counted_until = connection.scalar(select(sales_progress.c.counted_until))
        marked = set(connection.scalars(select(sales_marks.c.day).distinct()))
        if None in marked:
            self.counted_until = None
        # The last day that is summed up as a whole, and the last of which anything is.
        self.until = self.known = date.min
        if self.counted_until is not None:
            self.known = day_of(self.counted_until)
            self.until = self.known - ONE_DAY
            if self.known in marked:
                self.known, self.counted_until = self.until, clock.start_of_day(self.known)
        self.stale = {day for day in marked if day is not None and day <= self.until}
        self.counted: dict[date, DayFacts] = {}

    def answer(self, question: Question) -> Sales:
        answer = Sales(question, buckets(question.period, question.step))
        counted = [*self._stale_days(answer), *self._open_days(answer)]
        self._read_days(answer)
        self._read_categories(answer)
        for facts in counted:
            _add_counted_day(answer, facts)
        for sums in answer.by_day.values():
            answer.total = answer.total.plus(sums)
        if question.category_id is None:
            self._read_payers(answer)
        return answer

    def _stale_days(self, answer: Sales) -> list[DayFacts]:
        """The days of the period that changed since they were summed up: counted now, or used as they are if that is
        too much."""
        days = sorted(day for day in self.stale if day in answer.question.period)
        if days and not self._are_few(days[0], days[-1]):
            known = [day for day in days if day in self.counted]
            answer.waiting_days += len(days) - len(known)
            days = known
        return self._count(days)

    def _open_days(self, answer: Sales) -> list[DayFacts]:
        """What of the period is not summed up: counted now if it is little, or else only what is not settled."""
        period, closed = answer.question.period, last_closed_day()
        waiting = max((min(period.last, closed) - max(period.first - ONE_DAY, self.until)).days, 0)
        first = max(period.first, self.until + ONE_DAY)
        if waiting and not self._are_few(first, period.last):
            answer.waiting_days += waiting
            first = max(period.first, closed + ONE_DAY)
        days = [first + timedelta(days=n) for n in range((period.last - first).days + 1)]
        return self._count(days, since=self.counted_until)

    def _count(self, days: list[date], since: datetime | None = None) -> list[DayFacts]:
        unknown = [day for day in days if day not in self.counted]
        if unknown:
            counted = count_days(self.connection, Period(unknown[0], unknown[-1]), since=since)
            self.counted.update({day: counted.get(day) or DayFacts(day) for day in unknown})
        return [self.counted[day] for day in days]

    def _are_few(self, first: date, last: date) -> bool:
        begins, ends = Period(first, last).moments()
        some = select(Order.id).where(Order.paid_at >= begins, Order.paid_at < ends).limit(COUNTED_AT_ONCE + 1)
        return (self.connection.scalar(select(func.count()).select_from(some.subquery())) or 0) <= COUNTED_AT_ONCE

    def _in_the_tables(self, day: Any, period: Period) -> Any:
        """The rows of the period that count: not those of days that were counted anew, but for the day at hand, of
        which only the rest was."""
        anew = [other for other in self.counted if other in period and other <= self.until]
        found = and_(day >= period.first, day <= min(period.last, self.known))
        return and_(found, day.not_in(anew)) if anew else found

    def _read_days(self, answer: Sales) -> None:
        question, table = answer.question, sales_days
        if question.category_id is not None:
            table = sales_categories
        columns = [table.c[name] if name in table.c else literal_column("0") for name in Sums._fields]
        query = select(table.c.day, table.c.channel, *columns).where(self._in_the_tables(table.c.day, question.period))
        if question.channel is not None:
            query = query.where(table.c.channel == question.channel)
        if question.category_id is not None:
            query = query.where(table.c.category_id == question.category_id)
        for row in self.connection.execute(query):
            day, channel, sums = row[0], row[1], Sums(*row[2:])
            _add(answer.by_day, day, sums)
            _add(answer.by_channel, channel, sums)

    def _read_categories(self, answer: Sales) -> None:
        question, table = answer.question, sales_categories
        query = select(
            table.c.category_id, table.c.channel, func.sum(table.c.orders), func.sum(table.c.pieces),
            func.sum(table.c.gross), func.sum(table.c.refunds)).where(
            self._in_the_tables(table.c.day, question.period)).group_by(table.c.category_id, table.c.channel)
        if question.channel is not None:
            query = query.where(table.c.channel == question.channel)
        if question.category_id is not None:
            query = query.where(table.c.category_id == question.category_id)
        for category_id, channel, orders, pieces, gross, refunds in self.connection.execute(query):
            answer.by_category[category_id, channel] = Sums(
                int(orders), int(pieces), int(gross), refunds=int(refunds))

    def _read_payers(self, answer: Sales) -> None:
        """How many different members paid, in all and in each bucket. Whole months are read as such."""
        question = answer.question
        channel = question.channel or ALL_CHANNELS
        wanted = [Bucket(question.period.first, question.period.last, Step.month), *answer.buckets]
        sets = self._sets(channel, wanted)
        counts = self._day_counts(channel, question.period) if question.step is Step.day else {}
        found: list[int] = []
        for bucket in wanted:
            if bucket.first == bucket.last and bucket.first in counts:
                found.append(counts[bucket.first])
                continue
            members: Members = {}
            for key in self._parts(bucket):
                if key in sets:
                    unite(members, sets[key])
                if key[0] == "day" and key[1] in self.counted:
                    unite(members, self.counted[key[1]].payers.get(channel, {}))
            found.append(count(members))
        answer.payers, answer.payers_by_bucket = found[0], found[1:]

    def _day_counts(self, channel: str, period: Period) -> dict[date, int]:
        table = sales_payers
        query = select(table.c.first_day, table.c.members).where(
            table.c.unit == "day", table.c.channel == channel, table.c.first_day <= self.until,
            self._in_the_tables(table.c.first_day, period))
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def _sets(self, channel: str, wanted: Sequence[Bucket]) -> dict[tuple[str, date], Members]:
        """The sets that these buckets are made of, each read once."""
        needed: dict[str, set[date]] = {"day": set(), "month": set()}
        for bucket in wanted:
            if bucket.step is not Step.day or bucket.first > self.until:
                for unit, day in self._parts(bucket):
                    needed[unit].add(day)
        table = sales_payers
        found: dict[tuple[str, date], Members] = {}
        for unit, days in needed.items():
            if days:
                query = select(table.c.first_day, table.c.bits).where(
                    table.c.unit == unit, table.c.first_day >= min(days), table.c.first_day <= max(days),
                    table.c.channel == channel)
                for day, bits in self.connection.execute(query):
                    # Of the day at hand there is a set of its earlier part, of a stale day one that is of no use.
                    if day in days and day <= self.known and (day > self.until or day not in self.counted):
                        found[unit, day] = unpacked(bits)
        return found

    def _parts(self, bucket: Bucket) -> list[tuple[str, date]]:
        """The whole months and single days that make up a bucket; months only where they are summed up and still as
        they were."""
        found, day = [], bucket.first
        changed = {other.replace(day=1) for other in self.counted}
        while day <= bucket.last:
            end = month_end(day)
            if day.day == 1 and end <= bucket.last and end <= self.until and day not in changed:
                found.append(("month", day))
                day = end + ONE_DAY
            else:
                found.append(("day", day))
                day += ONE_DAY
        return found


def _add(into: dict[Any, Sums], key: Any, sums: Sums) -> None:
    into[key] = into.get(key, NONE_SOLD).plus(sums)


def _add_counted_day(answer: Sales, facts: DayFacts) -> None:
    question = answer.question
    for (channel, category_id), sums in facts.categories.items():
        if question.channel not in (None, channel) or question.category_id not in (None, category_id):
            continue
        _add(answer.by_category, (category_id, channel), sums)
        if question.category_id is not None:
            _add(answer.by_day, facts.day, sums)
            _add(answer.by_channel, channel, sums)
    if question.category_id is None:
        for channel, sums in facts.channels.items():
            if question.channel in (None, channel):
                _add(answer.by_day, facts.day, sums)
                _add(answer.by_channel, channel, sums)
