"""Keeping the summed-up days equal to the orders: which days are stale, and summing them up again.

Sales are summed up to a moment about an hour ago, and from there on counted from the orders whenever they are asked
for: so the sale of a moment ago is in the figures, and selling writes nothing here. Whatever changes a sale from before
that moment leaves a mark in the transaction that changes it (`listeners`); the day is summed up again by a job within a
minute, or by the first reader.

A transaction might commit after the moment up to which its sale would have had to be seen. It leaves a mark all the
same if it is half an hour late, and no transaction runs for the other half hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core import clock
from app.core.db import db
from app.lowcode.periods import ONE_DAY, Period, month_end
from app.modules.analytics.models import sales_categories, sales_days, sales_marks, sales_payers, sales_progress
from app.modules.analytics.services.counting import DayFacts, count_days
from app.modules.analytics.services.payers import Members, count, packed, unite, unpacked
from app.modules.orders.models import Order, Refund

SETTLED_AFTER = timedelta(hours=1)
MARKED_AFTER = timedelta(minutes=30)
TURN_SECONDS = 0.5
"""So long one turn sums up before it lets others write."""
MOST_DAYS, FEW_ORDERS, MANY_ORDERS = 366, 5_000, 20_000
"""How many days are summed up at once: twice as many as before after few orders, half as many after many."""


def settled_until() -> datetime:
    """Up to which moment sales may be summed up: an hour ago, and no oftener than every ten minutes."""
    moment = clock.now() - SETTLED_AFTER
    return moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)


def day_of(moment: datetime) -> date:
    """The day of the shop's time zone in which a moment lies."""
    return clock.to_zone(moment, clock.shop_zone()).date()


def last_closed_day() -> date:
    """The last day that may be summed up as a whole."""
    return day_of(settled_until()) - ONE_DAY


# -- marking ------------------------------------------------------------------------------------------------


def mark_moments(moments: Iterable[datetime]) -> None:
    """Something changed about the sales or refunds of these moments; the latest need no mark."""
    settled = clock.now() - MARKED_AFTER
    _mark(day_of(moment) for moment in moments if moment < settled)


def mark_days(days: Iterable[date]) -> None:
    """Something changed about the sales or refunds of these days."""
    last = day_of(clock.now() - MARKED_AFTER)
    _mark(day for day in days if day <= last)


def _mark(days: Iterable[date]) -> None:
    stale = sorted(set(days))
    if stale:
        db.session.execute(insert(sales_marks), [{"day": day} for day in stale])


def mark_all_dirty() -> None:
    """Everything is to be summed up again: after an import, a restore, or a new shape of the category tree."""
    db.session.execute(insert(sales_marks), [{"day": None}])


# -- summing up ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a turn came: up to which day all is summed up, and whether something is left to do."""

    until: date | None
    is_done: bool


def is_stale(connection: Connection) -> bool:
    """Whether something that is settled is not summed up, or marked."""
    if connection.execute(select(sales_marks.c.id).limit(1)).first() is not None:
        return True
    row = connection.execute(select(sales_progress.c.counted_until, sales_progress.c.zone)).first()
    return row is None or row.counted_until is None or row.counted_until < settled_until() or (
        row.zone != str(clock.shop_zone()))


def roll_up(connection: Connection, seconds: float = TURN_SECONDS) -> Progress:
    """Sum up what is stale, oldest first, for about so many seconds; the caller commits, and calls again while it is
    not done. Only one at a time does this; another waits for its turn here."""
    ends = clock.monotonic() + seconds
    until = _take_turn(connection)
    # Read before counting: a mark that comes while a day is being counted stays and has the day counted again.
    marks = connection.execute(select(sales_marks.c.id, sales_marks.c.day)).all()
    if any(mark.day is None for mark in marks):
        until = None
    if until is None:
        _forget(connection, [mark.id for mark in marks])
        marks = []
        connection.execute(update(sales_progress).values(counted_until=None, zone=str(clock.shop_zone())))
    by_day: dict[date, list[int]] = {}
    for mark in marks:
        by_day.setdefault(mark.day, []).append(mark.id)
    months: set[date] = set()
    is_done = until is None or _roll_marked(connection, by_day, until, months, ends)
    if is_done:
        later = [mark for day, found in by_day.items() if until is not None and day > until for mark in found]
        until, is_done = _roll_on(connection, until, months, ends)
        counted_until = clock.start_of_day(until + ONE_DAY)
        if is_done:
            counted_until = _roll_open_day(connection, until + ONE_DAY)
            _forget(connection, later)
        connection.execute(update(sales_progress).values(counted_until=counted_until))
    for month in sorted(months):
        if until is not None and month_end(month) <= until:
            _sum_up_month(connection, month)
    return Progress(until, is_done)


def _take_turn(connection: Connection) -> date | None:
    """Wait for the turn; the last day that is summed up as a whole, or None where nothing is of use."""
    query = select(sales_progress.c.counted_until, sales_progress.c.zone).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(sales_progress).values(id=1).on_conflict_do_nothing())
        row = connection.execute(query).one()
    # In another time zone the days are others.
    is_of_use = row.counted_until is not None and row.zone == str(clock.shop_zone())
    return day_of(row.counted_until) - ONE_DAY if is_of_use else None


def _forget(connection: Connection, marks: list[int]) -> None:
    for at in range(0, len(marks), 500):
        connection.execute(delete(sales_marks).where(sales_marks.c.id.in_(marks[at:at + 500])))


def _roll_marked(connection: Connection, by_day: dict[date, list[int]], until: date, months: set[date],
                 ends: float) -> bool:
    """Sum up marked days again; those after `until` have their turn later."""
    chunk = _Chunk()
    days = sorted(day for day in by_day if day <= until)
    while days:
        run = [day for day in days[: chunk.days] if (day - days[0]).days < chunk.days]
        days = days[len(run):]
        counted = count_days(connection, Period(run[0], run[-1]))
        chunk.learn(counted.values())
        for day in run:
            _clear(connection, day, day)
        _store(connection, [counted[day] for day in run if day in counted])
        months.update(day.replace(day=1) for day in run)
        _forget(connection, [mark for day in run for mark in by_day[day]])
        if clock.monotonic() > ends and days:
            return False
    return True


def _roll_on(connection: Connection, until: date | None, months: set[date], ends: float) -> tuple[date, bool]:
    """Go on from the last day that is summed up to the last closed one, leaping over days without sales."""
    closed, chunk = last_closed_day(), _Chunk()
    if until is None:
        # Rows from before are replaced as their days come up; those before the first sale would stay for ever.
        first = _next_busy_day(connection, date.min) or closed + ONE_DAY
        until = min(first - ONE_DAY, closed)
        _clear(connection, None, until)
    while until < closed:
        first = until + ONE_DAY
        until = min(until + timedelta(days=chunk.days), closed)
        counted = count_days(connection, Period(first, until))
        chunk.learn(counted.values())
        if not counted:
            busy = _next_busy_day(connection, first) or closed + ONE_DAY
            until = max(until, min(busy - ONE_DAY, closed))
        _clear(connection, first, until)
        _store(connection, list(counted.values()))
        months.update(day.replace(day=1) for day in (first, until, *counted))
        if clock.monotonic() > ends and until < closed:
            return until, False
    return until, True


def _roll_open_day(connection: Connection, day: date) -> datetime:
    """Sum up the part of a day that is settled; gives back up to which moment."""
    limit = settled_until()
    _clear(connection, day, day)
    _store(connection, list(count_days(connection, Period(day, day), before=limit).values()))
    return limit


class _Chunk:
    """How many days are summed up at once; a year of a small shop, a few days of a large one."""

    def __init__(self) -> None:
        self.days = 31

    def learn(self, counted: Iterable[DayFacts]) -> None:
        """Choose the next size by how many orders there were this time."""
        orders = sum(sums.orders for facts in counted for sums in facts.channels.values())
        if orders < FEW_ORDERS:
            self.days = min(self.days * 2, MOST_DAYS)
        elif orders > MANY_ORDERS:
            self.days = max(self.days // 2, 1)


def _next_busy_day(connection: Connection, day: date) -> date | None:
    """The first day from `day` on with a sale or a refund."""
    found = []
    for moment in (Order.paid_at, Refund.refunded_at):
        query = select(func.min(moment))
        if day > date.min:
            query = query.where(moment >= clock.start_of_day(day))
        first = connection.scalar(query)
        if first is not None:
            found.append(day_of(first))
    return min(found, default=None)


def _clear(connection: Connection, first: date | None, last: date) -> None:
    for table, column in ((sales_days, sales_days.c.day), (sales_categories, sales_categories.c.day),
                          (sales_payers, sales_payers.c.first_day)):
        query = delete(table).where(column <= last)
        connection.execute(query if first is None else query.where(column >= first))


def _store(connection: Connection, days: list[DayFacts]) -> None:
    channels = [{"day": facts.day, "channel": channel, **sums._asdict()}
                for facts in days for channel, sums in facts.channels.items()]
    categories = [{"day": facts.day, "channel": channel, "category_id": category_id, "orders": sums.orders,
                   "pieces": sums.pieces, "gross": sums.gross, "refunds": sums.refunds}
                  for facts in days for (channel, category_id), sums in facts.categories.items()]
    if channels:
        connection.execute(insert(sales_days), channels)
    if categories:
        connection.execute(insert(sales_categories), categories)
    _store_payers(connection, "day", {(facts.day, channel): found for facts in days
                                      for channel, found in facts.payers.items()})


def _store_payers(connection: Connection, unit: str, payers: dict[tuple[date, str], Members]) -> None:
    rows = [{"unit": unit, "first_day": day, "channel": channel, "members": count(found), "bits": packed(found)}
            for (day, channel), found in payers.items()]
    if rows:
        connection.execute(insert(sales_payers), rows)


def _sum_up_month(connection: Connection, month: date) -> None:
    """Unite the days of a month that is wholly summed up."""
    table = sales_payers
    connection.execute(delete(table).where(table.c.unit == "month", table.c.first_day == month))
    days = select(table.c.channel, table.c.bits).where(
        table.c.unit == "day", table.c.first_day >= month, table.c.first_day <= month_end(month))
    found: dict[tuple[date, str], Members] = {}
    for channel, bits in connection.execute(days):
        unite(found.setdefault((month, channel), {}), unpacked(bits))
    _store_payers(connection, "month", found)


def catch_up(progress: Callable[[date], None] | None = None) -> None:
    """Sum up all that is stale, a turn at a time, each committed, telling how far it came. For jobs and commands."""
    while True:
        reached = roll_up(db.session.connection())
        db.session.commit()
        if progress is not None and reached.until is not None:
            progress(reached.until)
        if reached.is_done:
            return


def rebuild_sales(since: date | None = None, progress: Callable[[date], None] | None = None) -> None:
    """Sum up every day anew, or every day from `since` on."""
    if since is None:
        mark_all_dirty()
    else:
        until = _take_turn(db.session.connection())
        if until is not None and since <= until:
            db.session.execute(update(sales_progress).values(counted_until=clock.start_of_day(since)))
    db.session.commit()
    catch_up(progress)
