"""The demo shop is believable, the same for the same seed, made once, and leaves without a trace."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, table

from app import demoing
from app.core import clock, files
from app.core.db import db
from app.core.errors import BusinessError
from app.demoing import DemoIsThere
from app.lowcode.periods import Period, Step
from app.modules.analytics import services as analytics
from app.modules.audit.models import AuditLine
from app.modules.catalog.demo.drawing import PALETTES, SHAPES, draw_goods
from app.modules.catalog.demo.goods import BRANDS, LEAVES
from app.modules.catalog.models import Brand, Product
from app.modules.members.models import Channel, Member, Region, RegionLevel
from app.modules.orders.demo.baskets import split
from app.modules.orders.demo.rhythm import orders_by_day, weight
from app.modules.orders.models import Order, OrderLine, OrderStatus
from tests.demo.conftest import NOW, load_demo, remove_demo
from tests.factories import make_brand, make_category, make_member, make_order, make_product


def rows() -> dict[str, int]:
    """How many rows each table of the shop has that holds any."""
    beside = {"audit_lines", "sales_marks", "sales_progress", "files", "alembic_version", "regions"}
    found = {name: db.session.scalar(select(func.count()).select_from(table(name)))
             for name in inspect(db.engine).get_table_names() if name not in beside and not name.startswith("search_")}
    return {name: count for name, count in found.items() if count}


def whole_shop() -> list[Any]:
    return [db.session.execute(select(*model.__table__.columns).order_by(model.id)).all()
            for model in (Product, Member, Order, OrderLine)]


def test_the_shop_is_as_large_as_was_asked_for(shop: Any) -> None:
    assert {kind: shop.outcome[kind]["added"] for kind in ("orders", "members", "products")} == {
        "orders": 1200, "members": 150, "products": 40}
    assert db.session.scalar(select(func.count()).select_from(Order)) == 1200
    assert db.session.scalar(select(func.count()).select_from(Member)) == 150
    assert db.session.scalar(select(func.count()).select_from(Product)) == 40


@pytest.mark.parametrize("size", [
    {"orders": 0, "members": 1, "products": 1}, {"orders": 30, "members": 1, "products": 1},
    {"orders": 3, "members": 400, "products": 230},
])
def test_any_size_is_possible(app: Any, size: dict[str, int]) -> None:
    clock.set(NOW)

    report = load_demo(app, **size)

    assert {kind: report.outcome[kind]["added"] for kind in size} == size


@pytest.mark.parametrize("moment", ["2026-08-05 16:00:00", "2026-08-05 16:00:01", "2024-02-29 15:59:59"])
def test_the_shop_can_be_made_at_any_time_of_day(app: Any, moment: str) -> None:
    """At midnight, at one second past, and at the end of a leap day in Shanghai."""
    clock.set(moment)

    load_demo(app, orders=400, members=30, products=10)

    assert db.session.scalar(select(func.max(Order.placed_at))) <= clock.now()
    assert db.session.scalar(select(func.count()).select_from(Order)) == 400


def test_the_same_seed_makes_the_same_shop(app: Any, shop: Any) -> None:
    first = whole_shop()

    load_demo(app, orders=1200, members=150, products=40, seed=7, replace=True)

    # Ids start anew only where the tables were emptied, so they are left out with what is made from them.
    assert [len(kind) for kind in whole_shop()] == [len(kind) for kind in first]
    for model in (Product, Member):
        names = [row.name for row in first[0 if model is Product else 1]]
        assert list(db.session.scalars(select(model.name).order_by(model.id))) == names
    assert [(row.placed_at, row.total_amount, row.status) for row in whole_shop()[2]] == [
        (row.placed_at, row.total_amount, row.status) for row in first[2]]


def test_another_seed_makes_another_shop(app: Any, shop: Any) -> None:
    first = whole_shop()

    load_demo(app, orders=1200, members=150, products=40, seed=8, replace=True)

    assert [row.placed_at for row in whole_shop()[2]] != [row.placed_at for row in first[2]]


def test_a_demo_shop_is_not_made_over_another(app: Any, shop: Any) -> None:
    before = rows()

    with pytest.raises(DemoIsThere):
        load_demo(app)

    assert rows() == before


@pytest.mark.both_databases
def test_a_demo_shop_is_removed_without_a_trace_and_own_records_stay(app: Any) -> None:
    clock.set(NOW)
    product = make_product(category=make_category(), brand=make_brand(name=BRANDS[0][0]))
    make_order(member=make_member(), lines=[(product.skus[0], 1)])
    db.session.commit()
    before = rows()
    load_demo(app, orders=100, members=20, products=10)
    assert rows() != before

    remove_demo(app)

    assert rows() == before
    assert not demoing.has_demo(app)


def test_a_demo_shop_that_is_in_use_is_not_removed(app: Any, shop: Any) -> None:
    member = db.session.scalars(select(Member)).first()
    make_order(member=member)
    db.session.commit()
    before = rows()

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        remove_demo(app)

    assert rows() == before


def test_a_demo_shop_that_fails_leaves_nothing(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set(NOW)
    before = rows()

    def refuse(_ids: Any = None) -> None:
        raise BusinessError("No.")

    monkeypatch.setattr("app.modules.orders.services.recount_members", refuse)
    with pytest.raises(BusinessError):
        load_demo(app, orders=50, members=10, products=5)

    assert rows() == before


def test_what_the_shop_has_already_is_used_and_not_doubled(app: Any) -> None:
    clock.set(NOW)
    name = make_brand(name=BRANDS[0][0]).name
    db.session.add(Region(code="440000", name="广东", level=RegionLevel.province))
    db.session.commit()

    load_demo(app, orders=10, members=10, products=40)

    assert db.session.scalar(select(func.count()).select_from(Brand).where(Brand.name == name)) == 1
    assert db.session.scalar(select(Region.name).where(Region.code == "440000")) == "广东"


def test_pictures_are_few_drawn_by_the_program_and_there(shop: Any) -> None:
    keys = set(db.session.scalars(select(Product.picture)))

    assert 10 < len(keys) <= 40
    for key in keys:
        assert files.read_file(key)


def test_every_kind_of_goods_can_be_drawn() -> None:
    assert {leaf.shape for leaf in LEAVES} == set(SHAPES)
    for shape in SHAPES:
        assert draw_goods(shape, 0) != draw_goods(shape, len(PALETTES) - 1)


def test_every_kind_of_goods_has_a_brand_and_names_enough() -> None:
    names = {name for name, _description in BRANDS}
    assert all(set(leaf.brands) <= names for leaf in LEAVES)
    assert len({leaf.path for leaf in LEAVES}) == len(LEAVES)


def test_telephone_numbers_belong_to_nobody_and_to_one_member_each(shop: Any) -> None:
    numbers = list(db.session.scalars(select(Member.phone)))

    assert len(set(numbers)) == len(numbers) == 150
    assert {number[:3] for number in numbers} <= {"160", "161", "163", "164", "168", "169"}


def test_sales_grow_and_follow_the_calendar(app: Any) -> None:
    first, today = date(2024, 8, 1), date(2026, 8, 6)
    days = dict(orders_by_day(first, today, 0.5, 100_000, random.Random(1)))

    def average(*chosen: date) -> float:
        return sum(days[day] for day in chosen) / len(chosen)

    assert sum(days.values()) == 100_000
    year = [first + timedelta(days=n) for n in range(365)]
    assert average(*(day + timedelta(days=365) for day in year)) > 1.4 * average(*year)
    assert days[date(2025, 11, 11)] > 2.5 * average(*(date(2025, 11, day) for day in range(22, 29)))
    assert days[date(2026, 6, 18)] > 2 * average(*(date(2026, 6, day) for day in range(6, 13)))
    feast = [date(2026, 2, day) for day in range(16, 22)]
    assert average(*feast) < 0.5 * average(*(day + timedelta(days=21) for day in feast))
    assert weight(date(2026, 8, 1)) > weight(date(2026, 8, 4))
    assert days[today] < 0.75 * days[today - timedelta(days=7)]


def test_some_goods_and_some_channels_sell_much_more_than_others(shop: Any) -> None:
    sold = Counter(db.session.scalars(select(OrderLine.product_id)))
    channels = Counter(db.session.scalars(select(Order.channel)))

    assert sold.most_common(1)[0][1] > 3 * sorted(sold.values())[len(sold) // 2]
    assert channels.most_common(1)[0][0] is Channel.mini_program
    assert set(channels) == {Channel.mini_program, Channel.app, Channel.web, Channel.store}


def test_about_two_of_a_hundred_orders_are_given_back(shop: Any) -> None:
    orders = list(db.session.scalars(select(Order)))
    given_back = [order for order in orders if order.refunded_amount]

    assert 0.008 < len(given_back) / len(orders) < 0.035
    assert {order.status for order in given_back} == {OrderStatus.refunded, OrderStatus.completed}


@pytest.mark.parametrize("discount, amounts, shares", [
    (0, [5, 7], [5, 7]), (1, [1, 1, 1], [1, 1, 0]), (100, [333, 333, 334], [300, 300, 300]), (5, [5], [0]),
])
def test_discounts_are_split_to_the_last_fen(discount: int, amounts: list[int], shares: list[int]) -> None:
    assert split(discount, amounts) == shares


def test_the_sales_report_shows_what_the_demo_shop_sold(shop: Any) -> None:
    analytics.catch_up()

    period = Period(date(2024, 8, 1), date(2026, 8, 31))
    found = analytics.sales(analytics.Question(period, Step.month))[0]

    sums = db.session.execute(select(func.sum(Order.paid_amount), func.sum(Order.refunded_amount))).one()
    assert (found.total.gross, found.total.refunds) == tuple(sums)
    assert all(month.orders > 0 for month in found.by_bucket())


def test_one_line_of_the_audit_trail_tells_of_the_demo_shop(shop: Any) -> None:
    """Besides the pictures, which are uploads like any other."""
    line = db.session.scalars(
        select(AuditLine).where(AuditLine.actor_name == "demo load", AuditLine.table_name != "files")).one()
    assert (line.table_name, line.changes["source"]) == ("orders", [None, "demo"])


def test_the_commands_make_replace_and_remove_it(app: Any) -> None:
    flask: Callable[..., Any] = app.test_cli_runner().invoke
    size = ["--orders", "20", "--members", "10", "--products", "5"]

    made = flask(args=["demo", "load", *size])
    assert made.exit_code == 0, made.output
    assert "20 added" in made.output
    again = flask(args=["demo", "load", *size])
    assert (again.exit_code, "There is a demo shop already" in again.stderr) == (1, True)
    assert flask(args=["demo", "load", "--replace", *size]).exit_code == 0
    assert flask(args=["demo", "remove"]).exit_code == 0
    assert db.session.scalar(select(func.count()).select_from(Order)) == 0
    assert flask(args=["demo", "load", "--members", "0"]).exit_code == 2
