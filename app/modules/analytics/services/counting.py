"""What one day of the shop sold, counted from the orders themselves: the one definition of every figure.

- A sale is an order with a time of payment; it belongs to the day of that time in the shop's time zone.
- Gross sales are the amounts paid for these orders: goods and freight less discounts.
- Refunds belong to the day on which the money went back, whenever the order was.
- A line belongs to the category at the top of the tree under which its product stands today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import CTE, Connection, Date, String, cast, func, literal_column, select, type_coerce

from app.core import clock
from app.core.db import Record
from app.lowcode.periods import ONE_DAY, Period
from app.modules.analytics.models import ALL_CHANNELS, NO_CATEGORY, NOT_GOODS
from app.modules.analytics.services.payers import Members, members, unite
from app.modules.catalog.models import Product
from app.modules.orders.models import Order, OrderLine, Refund, RefundLine, RefundStatus


class Sums(NamedTuple):
    """What was sold and given back. Amounts are fen; `discount` is already taken off `gross`."""

    orders: int = 0
    pieces: int = 0
    gross: int = 0
    discount: int = 0
    refunds: int = 0

    @property
    def net(self) -> int:
        """Gross sales less refunds."""
        return self.gross - self.refunds

    def plus(self, other: Sums) -> Sums:
        return Sums(self.orders + other.orders, self.pieces + other.pieces, self.gross + other.gross,
                    self.discount + other.discount, self.refunds + other.refunds)


NONE_SOLD = Sums()


@dataclass
class DayFacts:
    """One day: by channel, by channel and category, and who paid, by channel and in all."""

    day: date
    channels: dict[str, Sums] = field(default_factory=dict)
    categories: dict[tuple[str, int], Sums] = field(default_factory=dict)
    payers: dict[str, Members] = field(default_factory=dict)


def count_days(connection: Connection, period: Period, *, since: datetime | None = None,
               before: datetime | None = None) -> dict[date, DayFacts]:
    """Count days from their orders, lines and refunds; a day without any is left out. `since` and `before` leave out
    what was earlier or later. Every query is a range on an index, and there are five however many days it is."""
    found: dict[date, DayFacts] = {}
    if connection.dialect.name == "postgresql":
        # At its default price of a random page PostgreSQL would rather go through all order lines there are.
        connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")
    for stretch in _stretches(period):
        begins, ends = stretch.period.moments()
        begins, ends = max(begins, since or begins), min(ends, before or ends)
        counting = _Counting(connection, stretch, begins, ends)
        counting.orders()
        counting.refunds()
        if counting.found:
            counting.goods()
            counting.returned_goods()
            counting.the_rest()
            counting.payers()
        found.update(counting.found)
    return found


@dataclass(frozen=True)
class _Stretch:
    """Days on which the shop's clock stands equally far from UTC, so that a database can tell them apart."""

    period: Period
    minutes: int

    def day_of(self, connection: Connection, moment: Any) -> Any:
        """The day of the shop's time zone in which a stored moment lies, as SQL. A single day needs no telling."""
        if self.period.days == 1:
            return literal_column(f"'{self.period.first.isoformat()}'", String)
        if connection.dialect.name == "postgresql":
            return cast(cast(moment + timedelta(minutes=self.minutes), Date), String)
        return func.date(moment, f"{self.minutes:+d} minutes", type_=String)


def _stretches(period: Period) -> list[_Stretch]:
    """The period cut where the clock is put forward or back."""
    found: list[_Stretch] = []
    first = day = period.first
    while day <= period.last:
        minutes, next_minutes = _offset(day), _offset(day + ONE_DAY)
        if next_minutes != minutes:
            # A day of 23 or 25 hours stands alone.
            if first < day:
                found.append(_Stretch(Period(first, day - ONE_DAY), _offset(first)))
            found.append(_Stretch(Period(day, day), minutes))
            first = day + ONE_DAY
        day += ONE_DAY
    if first <= period.last:
        found.append(_Stretch(Period(first, period.last), _offset(first)))
    return found


def _offset(day: date) -> int:
    midnight = datetime(day.year, day.month, day.day)
    return round((midnight - clock.start_of_day(day)).total_seconds() / 60)


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _tops() -> CTE:
    """Each category with the one at the top of the tree in which it stands."""
    table = Record.metadata.tables["categories"]
    top = select(table.c.id.label("id"), table.c.id.label("top_id")).where(table.c.parent_id.is_(None)).cte(
        "tops", recursive=True)
    return top.union_all(select(table.c.id, top.c.top_id).join_from(table, top, table.c.parent_id == top.c.id))


class _Counting:
    """The five queries over one stretch of days. Each begins with the orders or refunds of these days, by the index on
    their time; MATERIALIZED keeps a planner from going through all orders by channel, as the result is by channel."""

    def __init__(self, connection: Connection, stretch: _Stretch, begins: datetime, ends: datetime) -> None:
        self.connection = connection
        self.found: dict[date, DayFacts] = {}
        # Channels are read as texts: one that this version does not know is still counted.
        self.paid = select(
            Order.id, Order.member_id, Order.item_count, Order.paid_amount, Order.discount_amount,
            type_coerce(Order.channel, String).label("channel"), stretch.day_of(connection, Order.paid_at).label("day"),
        ).where(Order.paid_at >= begins, Order.paid_at < ends).cte("paid").prefix_with("MATERIALIZED")
        self.given_back = select(
            Refund.id, Refund.amount, type_coerce(Refund.channel, String).label("channel"),
            stretch.day_of(connection, Refund.refunded_at).label("day"),
        ).where(Refund.refunded_at >= begins, Refund.refunded_at < ends,
                Refund.status == RefundStatus.refunded).cte("given_back").prefix_with("MATERIALIZED")

    def _facts(self, day: str) -> DayFacts:
        key = _day(day)
        if key not in self.found:
            self.found[key] = DayFacts(key)
        return self.found[key]

    def _add(self, day: str, channel: str, sums: Sums) -> None:
        channels = self._facts(day).channels
        channels[channel] = channels.get(channel, NONE_SOLD).plus(sums)

    def _add_goods(self, day: str, channel: str, category_id: int, sums: Sums) -> None:
        categories = self._facts(day).categories
        categories[channel, category_id] = categories.get((channel, category_id), NONE_SOLD).plus(sums)

    def orders(self) -> None:
        paid = self.paid.c
        query = select(
            paid.day, paid.channel, func.count(), func.sum(paid.item_count), func.sum(paid.paid_amount),
            func.sum(paid.discount_amount)).group_by(paid.day, paid.channel)
        for day, channel, orders, pieces, gross, discount in self.connection.execute(query):
            self._add(day, channel, Sums(orders, int(pieces), int(gross), int(discount)))

    def refunds(self) -> None:
        back = self.given_back.c
        query = select(back.day, back.channel, func.sum(back.amount)).group_by(back.day, back.channel)
        for day, channel, amount in self.connection.execute(query):
            self._add(day, channel, Sums(refunds=int(amount)))

    def goods(self) -> None:
        paid, tops = self.paid.c, _tops()
        category = func.coalesce(tops.c.top_id, literal_column(str(NO_CATEGORY)))
        query = (select(paid.day, paid.channel, category, func.count(paid.id.distinct()),
                        func.sum(OrderLine.quantity), func.sum(OrderLine.amount))
                 .select_from(self.paid).join(OrderLine, OrderLine.order_id == paid.id)
                 .outerjoin(Product, Product.id == OrderLine.product_id)
                 .outerjoin(tops, tops.c.id == Product.category_id).group_by(paid.day, paid.channel, category))
        for day, channel, category_id, orders, pieces, gross in self.connection.execute(query):
            self._add_goods(day, channel, category_id, Sums(orders, int(pieces), int(gross)))

    def returned_goods(self) -> None:
        back, tops = self.given_back.c, _tops()
        category = func.coalesce(tops.c.top_id, literal_column(str(NO_CATEGORY)))
        query = (select(back.day, back.channel, category, func.sum(RefundLine.amount))
                 .select_from(self.given_back).join(RefundLine, RefundLine.refund_id == back.id)
                 .outerjoin(Product, Product.id == RefundLine.product_id)
                 .outerjoin(tops, tops.c.id == Product.category_id).group_by(back.day, back.channel, category))
        for day, channel, category_id, amount in self.connection.execute(query):
            self._add_goods(day, channel, category_id, Sums(refunds=int(amount)))

    def the_rest(self) -> None:
        """Put what no goods account for into NOT_GOODS, so that categories add up to the channel."""
        for facts in self.found.values():
            for channel, whole in facts.channels.items():
                parts = [sums for (name, _category), sums in facts.categories.items() if name == channel]
                gross = whole.gross - sum(part.gross for part in parts)
                refunds = whole.refunds - sum(part.refunds for part in parts)
                if gross or refunds:
                    facts.categories[channel, NOT_GOODS] = Sums(gross=gross, refunds=refunds)

    def payers(self) -> None:
        """Guests have no member behind them and are not counted."""
        paid = self.paid.c
        query = select(paid.day, paid.channel, paid.member_id).where(paid.member_id.is_not(None))
        ids: dict[tuple[str, str], list[int]] = {}
        for day, channel, member_id in self.connection.execute(query):
            ids.setdefault((day, channel), []).append(member_id)
        for (day, channel), found in ids.items():
            payers = self._facts(day).payers
            payers[channel] = members(found)
            unite(payers.setdefault(ALL_CHANNELS, {}), payers[channel])
