"""A small shop whose orders, refunds, products and categories change at random, as a seed says."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from app.core import clock
from app.core.db import db
from app.modules.catalog.models import Category, Product, Sku
from app.modules.members.models import Member
from app.modules.orders.models import Channel, Order, OrderStatus, Refund, RefundLine, RefundStatus
from tests import factories

STATUSES = [OrderStatus.placed, OrderStatus.paid, OrderStatus.completed, OrderStatus.cancelled]


class Shop:
    """`live` does one thing that happens in shops, to new or old orders."""

    def __init__(self, seed: int, days: int = 75) -> None:
        self.chance = random.Random(seed)
        self.days = days
        food = factories.make_category(name="Food")
        fruit = factories.make_category(name="Fruit", parent=food)
        tea = factories.make_category(name="Tea")
        self.categories: list[Category] = [food, fruit, tea]
        self.skus: list[Sku] = []
        for category in (food, fruit, tea, None):
            product = factories.make_product(prices=(), category=category)
            self.skus.append(factories.make_sku(product=product, price=self.chance.randrange(1, 99_999)))
        self.members: list[Member] = [factories.make_member() for _number in range(6)]
        self.orders: list[Order] = []
        self.refunds: list[Refund] = []

    def moment(self) -> datetime:
        """Some moment of the last days; midnight of the shop and its neighbours are as likely as all others."""
        if self.chance.random() < 0.3:
            edge = clock.start_of_day(clock.today() - timedelta(days=self.chance.randrange(self.days)))
            moment = edge + self.chance.choice([timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1)])
        else:
            moment = clock.now() - timedelta(minutes=self.chance.randrange(1, self.days * 1440))
        return min(moment, clock.now())

    def sell(self) -> Order:
        skus = self.chance.sample(self.skus, self.chance.randrange(1, 4))
        lines = [(sku, self.chance.randrange(1, 5)) for sku in skus]
        goods = sum(sku.price * quantity for sku, quantity in lines)
        order = factories.make_order(
            status=self.chance.choice(STATUSES), lines=lines, placed_at=self.moment(),
            freight=self.chance.choice([0, 800]),
            discount=min(self.chance.choice([0, 1, 500]), goods), channel=self.chance.choice(list(Channel)),
            member=self.chance.choice([*self.members, None]))
        self.orders.append(order)
        return order

    def give_back(self) -> None:
        paid = [order for order in self.orders if order.paid_amount]
        if not paid:
            return
        order = self.chance.choice(paid)
        amount = self.chance.randrange(1, order.paid_amount + 1)
        refund = factories.make_refund(
            order=order, amount=amount, status=RefundStatus.refunded, refunded_at=self.moment())
        line = self.chance.choice(order.lines)
        refund.lines = [RefundLine(name="x", product=line.product, amount=min(amount, line.amount))]
        self.refunds.append(refund)
        db.session.flush()

    def change_an_order(self) -> None:
        if not self.orders:
            return
        order = self.chance.choice(self.orders)
        what = self.chance.randrange(6)
        if what == 0:
            order.paid_at = self.moment()
            order.paid_amount = order.total_amount
        elif what == 1:
            order.channel = self.chance.choice(list(Channel))
        elif what == 2:
            order.member = self.chance.choice([*self.members, None])
        elif what == 3:
            order.lines[0].product = self.chance.choice(self.skus).product
        elif what == 4:
            order.lines[0].amount = max(order.lines[0].amount - 1, 0)
        else:
            order.staff_note = f"note {self.chance.random()}"  # changes no figure
        db.session.flush()

    def change_a_refund(self) -> None:
        if not self.refunds:
            return
        refund = self.chance.choice(self.refunds)
        what = self.chance.randrange(4)
        if what == 0:
            refund.status, refund.refunded_at = RefundStatus.refused, None
        elif what == 1:
            refund.status, refund.refunded_at = RefundStatus.refunded, self.moment()
        elif what == 2:
            refund.channel = self.chance.choice(list(Channel))
        elif refund.lines:
            db.session.delete(refund.lines[0])
            db.session.flush()
            db.session.expire(refund, ["lines"])
        db.session.flush()

    def change_the_catalogue(self) -> None:
        what = self.chance.randrange(3)
        if what == 0:
            product: Product = self.chance.choice(self.skus).product
            product.category = self.chance.choice([*self.categories, None])
        elif what == 1:
            _food, fruit, tea = self.categories
            fruit.parent = self.chance.choice([None, tea, self.categories[0]])
        else:
            self.categories[0].name = f"Food {self.chance.randrange(9)}"  # changes no figure
        db.session.flush()

    def pass_time(self) -> None:
        clock.advance(timedelta(minutes=self.chance.choice([5, 45, 600, 1440])))

    def live(self) -> None:
        """One thing that happens."""
        self.chance.choice([
            self.sell, self.sell, self.sell, self.give_back, self.change_an_order, self.change_an_order,
            self.change_a_refund, self.change_the_catalogue, self.pass_time])()
