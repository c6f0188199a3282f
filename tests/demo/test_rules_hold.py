"""The demo shop keeps every rule of the shop, though it is written past the session."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app import demoing
from app.core import clock
from app.core.db import check_columns, db
from app.core.html import sanitise
from app.core.jobs import registered
from app.modules.catalog import derived
from app.modules.catalog.models import Category, Product, ProductReview, Sku
from app.modules.members.models import Address, Member, MemberLevel
from app.modules.orders import services
from app.modules.orders.models import (
    MOVES,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)

pytestmark = pytest.mark.both_databases


def every(model: Any) -> Any:
    return db.session.scalars(select(model).order_by(model.id)).all()


def test_every_record_keeps_the_rules_of_its_model(app: Any, shop: Any) -> None:
    for room in demoing.list_demos(app):
        for model in room.models:
            records = every(model)
            assert records, model
            for record in records:
                check_columns(record)
                record.check()
    assert not [record for record in db.session.dirty if db.session.is_modified(record)]


def test_descriptions_are_as_clean_as_if_they_were_typed(shop: Any) -> None:
    for description in db.session.scalars(select(Product.description)):
        assert sanitise(description) == description


def test_amounts_of_an_order_add_up(shop: Any) -> None:
    for order in every(Order):
        assert order.goods_amount == sum(line.unit_price * line.quantity for line in order.lines)
        assert sum(line.amount for line in order.lines) == order.goods_amount - order.discount_amount
        assert order.total_amount == order.goods_amount + order.freight_amount - order.discount_amount > 0
        assert (order.line_count, order.item_count) == (len(order.lines), sum(line.quantity for line in order.lines))


def test_money_that_came_and_went_is_what_the_order_says(shop: Any) -> None:
    for order in every(Order):
        came = [payment for payment in order.payments if payment.status is PaymentStatus.paid]
        went = [refund for refund in order.refunds if refund.status is RefundStatus.refunded]
        assert order.paid_amount == sum(payment.amount for payment in came)
        assert order.refunded_amount == sum(refund.amount for refund in went)
        assert order.paid_amount in {0, order.total_amount}
        assert (order.status is OrderStatus.refunded) == (0 < order.paid_amount == order.refunded_amount)
        assert (order.paid_at is not None) == (order.paid_amount > 0)
        for refund in order.refunds:
            assert 0 < refund.amount <= order.paid_amount
            assert sum(line.amount for line in refund.lines) <= refund.amount
            assert (refund.member_id, refund.channel) == (order.member_id, order.channel)


def test_the_history_of_an_order_leads_to_where_it_is(shop: Any) -> None:
    for order in every(Order):
        steps = order.events
        assert (steps[0].from_status, steps[0].to_status) == (None, OrderStatus.placed)
        for before, after in pairwise(steps):
            assert after.from_status is before.to_status
            assert after.to_status in MOVES[before.to_status]
            assert after.happened_at >= before.happened_at
        assert steps[-1].to_status is order.status
        times = {step.to_status: step.happened_at for step in steps}
        for status, column in services.TIMES.items():
            assert getattr(order, column) == times.get(status)
        assert order.placed_at == times[OrderStatus.placed]


def test_nothing_happens_in_the_future_nor_before_its_cause(shop: Any) -> None:
    for model, column in (
        (Order, "placed_at"), (Order, "updated_at"), (OrderEvent, "happened_at"), (Payment, "paid_at"),
        (Refund, "requested_at"), (Refund, "refunded_at"), (ProductReview, "written_at"), (ProductReview, "replied_at"),
        (Member, "registered_at"), (Member, "last_seen_at"), (Product, "created_at"),
    ):
        assert db.session.scalar(select(func.max(getattr(model, column)))) <= clock.now(), (model, column)
    for order in every(Order):
        assert order.member is None or order.member.registered_at <= order.placed_at
        assert all(line.product.created_at <= order.placed_at for line in order.lines)
        assert all(refund.requested_at >= order.paid_at for refund in order.refunds)
    for review in every(ProductReview):
        line = db.session.get(OrderLine, review.order_line_id)
        assert (line.product_id, line.order.member_id) == (review.product_id, review.member_id)
        assert review.written_at > line.order.completed_at


def test_what_is_old_is_settled(shop: Any) -> None:
    """Nothing waits for payment after half an hour, and parcels of last month have arrived."""
    for order in every(Order):
        age = (clock.now() - order.placed_at).total_seconds()
        if order.status is OrderStatus.placed:
            assert age <= 1800
        if age > 30 * 86_400:
            assert order.status in {OrderStatus.completed, OrderStatus.cancelled, OrderStatus.refunded}
    assert set(db.session.scalars(select(Order.status))) >= {
        OrderStatus.completed, OrderStatus.shipped, OrderStatus.cancelled, OrderStatus.refunded}


def test_members_are_counted_as_the_shop_counts_them(shop: Any) -> None:
    figures = select(Member.id, Member.order_count, Member.paid_amount, Member.last_ordered_at).order_by(Member.id)
    before = db.session.execute(figures).all()

    services.recount_members()

    assert db.session.execute(figures).all() == before
    assert sum(count for _key, count, _amount, _last in before) > 500


def test_members_stand_on_the_level_they_have_paid_for(shop: Any) -> None:
    levels = sorted(every(MemberLevel), key=lambda level: level.rank)
    for member in every(Member):
        reached = [level for level in levels if level.min_paid_amount <= member.paid_amount]
        assert member.level is reached[-1]
        assert member.last_ordered_at is None or member.last_seen_at >= member.last_ordered_at
    assert len({member.level_id for member in every(Member)}) > 2


def test_prices_stock_and_places_in_the_tree_need_no_working_out(shop: Any) -> None:
    goods = select(Product.id, Product.price, Product.stock).order_by(Product.id)
    before = db.session.execute(goods).all()

    derived.price_products(db.session.connection())
    assert derived.place_categories(db.session.connection()) == {}

    assert db.session.execute(goods).all() == before
    for category in every(Category):
        assert category.parent is None or category.path.startswith(category.parent.path)


def test_specifications_of_a_variant_answer_those_of_its_product(shop: Any) -> None:
    for product in every(Product):
        answers = defaultdict(set)
        for specification in product.specifications:
            answers[specification.name].add(specification.value)
        for sku in product.skus:
            assert len(sku.specifications) == len(answers)
            assert all(value in values for value, values in zip(sku.specifications, answers.values(), strict=True))


def test_each_member_has_one_default_address(shop: Any) -> None:
    defaults = select(Address.member_id, func.count()).where(Address.is_default).group_by(Address.member_id)
    assert {count for _member, count in db.session.execute(defaults)} == {1}
    assert db.session.scalar(select(func.count(func.distinct(Address.member_id)))) == 150


def test_the_search_index_knows_every_row(shop: Any, database: Any) -> None:
    if database.kind == "sqlite":
        for table in ("search_orders", "search_members", "search_products"):
            db.session.execute(text(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)"))
    product = every(Product)[0]
    assert db.session.scalar(select(Sku.id).where(Sku.product_id == product.id)) is not None


def test_no_job_that_does_not_exist_has_moved_an_order(shop: Any) -> None:
    names = db.session.scalars(select(OrderEvent.actor_name).where(OrderEvent.actor_kind == "job").distinct()).all()
    assert set(names) <= set(registered())
