"""What is asked for: the pages of orders as staff use them, with the goal of each in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.lowcode.listing import Place
from app.modules.orders.models import Order, OrderStatus
from bench.visitor import address_of

LIST = "/orders/list/"
DAYS = 30


@dataclass(frozen=True)
class Sample:
    """An order that is looked for; another that is edited, so that the history on the first one's page does not grow;
    one to turn pages from; and a stretch of days that has orders."""

    order: Order
    edited: Order
    middle: Order
    first_day: str
    last_day: str

    @property
    def phone_fragment(self) -> str:
        """Five digits out of the receiver's phone, as somebody reads them out."""
        return (self.order.receiver_phone or "")[-5:]


@dataclass(frozen=True)
class Workload:
    """A page: `path` makes its address, `goals` are milliseconds on SQLite and on PostgreSQL, or None."""

    key: str
    label: str
    goals: tuple[float, float] | None
    path: Callable[[Sample], str]


def find_sample() -> Sample:
    """Orders from the middle of the table that have a phone number, and the month before the newest."""
    newest = db.session.scalar(select(func.max(Order.placed_at)))
    middle_id = (db.session.scalar(select(func.max(Order.id))) or 0) // 2
    middle = db.session.scalars(select(Order).where(Order.id >= middle_id).order_by(Order.id).limit(1)).one()
    order, edited = db.session.scalars(
        select(Order).where(Order.id >= middle_id, Order.receiver_phone.is_not(None)).order_by(Order.id).limit(2)).all()
    last = clock.to_zone(newest, clock.shop_zone()).date()
    return Sample(order, edited, middle, (last - timedelta(days=DAYS)).isoformat(), last.isoformat())


def _deep(sample: Sample) -> str:
    middle: Any = sample.middle
    return address_of(LIST, after=Place(middle.placed_at, middle.id, middle.id).encode())


STATUS = OrderStatus.completed

LISTS = [
    Workload("page 1", "Order list, page 1", (5, 6), lambda sample: LIST),
    Workload("sorted", "… sorted by amount", (5, 6), lambda sample: address_of(LIST, sort="-total_amount")),
    Workload("filtered", "… filter on status and dates", (6, 7), lambda sample: address_of(
        LIST, f__status=STATUS.value, f__placed_at__from=sample.first_day, f__placed_at__to=sample.last_day)),
    Workload("number", "… search an order number", (5, 6), lambda sample: address_of(LIST, q=sample.order.number)),
    Workload("phone", "… search a phone fragment", (8, 10), lambda sample: address_of(
        LIST, q=sample.phone_fragment)),
    Workload("deep", "… deep page, in the middle", (6, 7), _deep),
    Workload("last", "… the last page", (6, 7), lambda sample: address_of(LIST, last="1")),
]
SHOW = Workload("show", "One order's page", None, lambda sample: f"/orders/show/{sample.order.id}")

EDIT = Workload("edit", "Open + save an order, member by typing", (5, 6),
                lambda sample: f"/bench-orders/edit/{sample.edited.id}")
EDIT_OWN = Workload("edit own", "Open + save an order, the shop's form", (5, 6),
                    lambda sample: f"/orders/edit/{sample.edited.id}")
