"""A second way to work out sales, as plain as can be: every order is looked at, one after the other, in Python.

What the application sums up by queries and keeps in tables has to be equal to this, whatever happened before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.db import db
from app.lowcode.periods import Period, Step
from app.modules.analytics import services
from app.modules.analytics.models import NO_CATEGORY, NOT_GOODS
from app.modules.analytics.services import Question, Sales
from app.modules.catalog.models import Product
from app.modules.orders.models import Order, Refund, RefundStatus


@dataclass
class Ledger:
    """Sales of a period, by hand."""

    orders: int = 0
    pieces: int = 0
    gross: int = 0
    discount: int = 0
    refunds: int = 0
    payers: set[int] = field(default_factory=set)
    net_by_day: Counter[date] = field(default_factory=Counter)
    net_by_channel: Counter[str] = field(default_factory=Counter)
    net_by_category: Counter[int] = field(default_factory=Counter)
    orders_by_category: Counter[int] = field(default_factory=Counter)
    payers_by_day: dict[date, set[int]] = field(default_factory=dict)


def shop_day(moment: datetime, zone: str = "Asia/Shanghai") -> date:
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()


def top_category(product: Product | None) -> int:
    category = product.category if product is not None else None
    while category is not None and category.parent is not None:
        category = category.parent
    return NO_CATEGORY if category is None else category.id


def by_hand(period: Period, channel: str | None = None, zone: str = "Asia/Shanghai") -> Ledger:
    """Go through all orders and refunds."""
    db.session.expire_all()
    book = Ledger()
    for order in db.session.scalars(select(Order)):
        if order.paid_at is None or channel not in (None, order.channel.value):
            continue
        day = shop_day(order.paid_at, zone)
        if day not in period:
            continue
        book.orders += 1
        book.pieces += order.item_count
        book.gross += order.paid_amount
        book.discount += order.discount_amount
        book.net_by_day[day] += order.paid_amount
        book.net_by_channel[order.channel.value] += order.paid_amount
        for line in order.lines:
            book.net_by_category[top_category(line.product)] += line.amount
        book.net_by_category[NOT_GOODS] += order.paid_amount - sum(line.amount for line in order.lines)
        book.orders_by_category.update({top_category(line.product) for line in order.lines})
        if order.member_id is not None:
            book.payers.add(order.member_id)
            book.payers_by_day.setdefault(day, set()).add(order.member_id)
    for refund in db.session.scalars(select(Refund)):
        if refund.status is not RefundStatus.refunded or channel not in (None, refund.channel.value):
            continue
        assert refund.refunded_at is not None
        day = shop_day(refund.refunded_at, zone)
        if day not in period:
            continue
        book.refunds += refund.amount
        book.net_by_day[day] -= refund.amount
        book.net_by_channel[refund.channel.value] -= refund.amount
        for part in refund.lines:
            book.net_by_category[top_category(part.product)] -= part.amount
        book.net_by_category[NOT_GOODS] -= refund.amount - sum(part.amount for part in refund.lines)
    return book


def ask(period: Period, step: Step = Step.day, channel: str | None = None, category_id: int | None = None) -> Sales:
    """What the application says, after what the test has done so far is committed."""
    db.session.commit()
    return services.sales(Question(period, step, channel, category_id))[0]


def assert_equal(period: Period, channel: str | None = None, zone: str = "Asia/Shanghai") -> None:
    """What the application says of a period is what is in the books."""
    told = {step: ask(period, step, channel) for step in Step}
    book = by_hand(period, channel, zone)
    db.session.rollback()
    for step, sales in told.items():
        assert sales.waiting_days == 0
        assert sales.total._asdict() == {"orders": book.orders, "pieces": book.pieces, "gross": book.gross,
                                         "discount": book.discount, "refunds": book.refunds}
        assert sales.payers == len(book.payers)
        assert _without_zeros({day: sums.net for day, sums in sales.by_day.items()}) == _without_zeros(book.net_by_day)
        assert _without_zeros({name: sums.net for name, sums in sales.by_channel.items()}) == _without_zeros(
            book.net_by_channel)
        categories = sales.by_category_alone()
        assert _without_zeros({key: sums.net for key, sums in categories.items()}) == _without_zeros(
            book.net_by_category)
        assert _without_zeros({key: sums.orders for key, sums in categories.items()}) == dict(book.orders_by_category)
        assert sales.payers_by_bucket is not None
        for bucket, sums, payers in zip(sales.buckets, sales.by_bucket(), sales.payers_by_bucket, strict=True):
            days = [bucket.first + timedelta(days=n) for n in range((bucket.last - bucket.first).days + 1)]
            assert sums.net == sum(book.net_by_day[day] for day in days), (step, bucket)
            assert payers == len(set().union(*(book.payers_by_day.get(day, set()) for day in days))), (step, bucket)


def _without_zeros(values: dict[Any, int]) -> dict[Any, int]:
    return {key: value for key, value in values.items() if value}
