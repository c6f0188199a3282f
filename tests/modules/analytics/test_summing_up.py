"""Summed-up sales are equal to the orders, whatever happened to them, on both databases."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, update

from app.core import clock
from app.core.db import Record, db, guarded_update, writing
from app.core.events import publish
from app.lowcode.periods import PRESETS, Period
from app.modules.analytics import jobs, services
from app.modules.analytics.models import sales_days, sales_marks, sales_payers, sales_progress
from app.modules.analytics.services import Question, counting, reading, rolling
from app.modules.orders.events import OrdersLoaded
from app.modules.orders.models import Channel, Order, OrderStatus, Refund, RefundStatus
from tests import factories
from tests.modules.analytics.ledger import ask, assert_equal
from tests.modules.analytics.shop import Shop

NOON = "2026-08-15 04:00"
AUGUST = Period(date(2026, 8, 1), date(2026, 8, 15))


@pytest.fixture(autouse=True)
def _hold_time() -> None:
    clock.set(NOON)


def sell(day: str, total: int = 10_000, **given: Any) -> Order:
    return factories.make_order(status=OrderStatus.paid, total=total, placed_at=datetime.fromisoformat(day), **given)


def marks() -> int:
    count = db.session.scalar(select(func.count()).select_from(sales_marks))
    db.session.commit()
    return count or 0


def gross(period: Period = AUGUST) -> int:
    return ask(period).total.gross


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_figures_equal_the_orders_whatever_happened(app: Any, seed: int) -> None:
    shop = Shop(seed)
    for _turn in range(6):
        for _thing in range(12):
            shop.live()
        today = clock.today()
        assert_equal(Period(today - timedelta(days=80), today))
        assert_equal(PRESETS["7d"].of(today), channel=shop.chance.choice(list(Channel)).value)


@pytest.mark.both_databases
@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_days_are_those_of_the_shop_even_when_its_clock_is_put_forward(
        app: Any, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """New York has days of 23 and 25 hours, Lord Howe of 23½ and 24½, Kathmandu is 5¾ hours ahead."""
    monkeypatch.setitem(app.config, "SHOP_TIMEZONE", zone)
    clock.set("2026-11-20 12:00")
    shop = Shop(7, days=270)
    for _number in range(60):
        shop.sell()
    for edge in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4)):
        for hours in (-1, 0, 1, 2, 23, 23.5, 24, 24.5):
            moment = clock.start_of_day(edge) + timedelta(hours=hours)
            factories.make_order(status=OrderStatus.paid, total=100, placed_at=moment)
    assert_equal(Period(date(2026, 3, 1), date(2026, 11, 20)), zone=zone)


def test_another_time_zone_sums_everything_up_again(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sell("2026-08-09 20:00")  # the 10th in Shanghai, the 9th in London
    assert ask(AUGUST).by_day.keys() == {date(2026, 8, 10)}
    monkeypatch.setitem(app.config, "SHOP_TIMEZONE", "Europe/London")
    assert ask(AUGUST).by_day.keys() == {date(2026, 8, 9)}


@pytest.mark.parametrize("paid_at, day", [
    ("2026-08-09 15:59:59.999999", 9), ("2026-08-09 16:00", 10), ("2026-08-10 15:59:59.999999", 10),
    ("2026-08-10 16:00", 11),
])
def test_a_sale_belongs_to_the_day_of_payment_in_the_shop(app: Any, paid_at: str, day: int) -> None:
    sell(paid_at)
    assert ask(AUGUST).by_day.keys() == {date(2026, 8, day)}


def test_what_is_not_paid_is_no_sale(app: Any) -> None:
    for status in (OrderStatus.placed, OrderStatus.cancelled):
        factories.make_order(status=status, placed_at=datetime(2026, 8, 3))
    assert ask(AUGUST).by_day == {}


def test_a_refund_belongs_to_the_day_the_money_went_back(app: Any) -> None:
    order = sell("2026-08-03 04:00")
    factories.make_refund(order=order, amount=2_501, status=RefundStatus.refunded, refunded_at=datetime(2026, 8, 7, 4))
    factories.make_refund(order=order, amount=100, status=RefundStatus.requested)
    by_day = ask(AUGUST).by_day
    assert (by_day[date(2026, 8, 3)].refunds, by_day[date(2026, 8, 7)].refunds) == (0, 2_501)
    assert by_day[date(2026, 8, 7)].net == -2_501


def test_money_is_summed_to_the_fen(app: Any) -> None:
    amounts = [1, 99, 101, 33_333, 10**13 + 7]
    for amount in amounts:
        sell("2026-08-03 04:00", total=amount)
    assert gross() == sum(amounts)


def test_a_member_who_buys_twice_is_one_and_a_guest_none(app: Any) -> None:
    mei = factories.make_member()
    for day in ("2026-08-03 04:00", "2026-08-03 05:00", "2026-08-14 04:00", "2026-08-15 03:59"):
        sell(day, member=mei)
    sell("2026-08-03 04:00", member=None)
    sell("2026-08-04 04:00", member=factories.make_member(), channel=Channel.store)
    assert ask(AUGUST).payers == 2
    assert ask(AUGUST, channel="store").payers == 1


@pytest.mark.both_databases
def test_selling_writes_nothing_to_the_figures_and_is_in_them_at_once(
        app: Any, count_queries: Callable[[], Any]) -> None:
    sell("2026-08-03 04:00")
    assert gross() == 10_000
    with count_queries() as queries:
        sell("2026-08-15 03:59")
        db.session.commit()
    assert not [query for query in queries if "sales_" in str(query)]
    assert gross() == 20_000


@pytest.mark.parametrize("change", [
    lambda order: setattr(order, "channel", Channel.store),
    lambda order: setattr(order, "paid_at", datetime(2026, 8, 5)),
    lambda order: setattr(order, "member", factories.make_member()),
    lambda order: setattr(order.lines[0], "product", factories.make_product()),
    lambda order: db.session.delete(order.lines[0]),
    lambda order: factories.make_refund(order=order, status=RefundStatus.refunded, refunded_at=datetime(2026, 8, 4)),
    lambda order: guarded_update(Order, Order.id == order.id, paid_at=datetime(2026, 8, 5)),
    lambda order: guarded_update(Order, Order.id == order.id, channel=Channel.web),
    lambda order: guarded_update(Refund, Refund.order_id == order.id, status=RefundStatus.refunded,
                                 refunded_at=datetime(2026, 8, 4)),
    lambda order: publish(OrdersLoaded(date(2026, 8, 3), date(2026, 8, 4))),
    lambda order: publish(OrdersLoaded()),
], ids=["channel", "day", "member", "product", "line", "refund", "bulk-day", "bulk-channel", "bulk-refund", "loaded",
        "all-loaded"])
def test_a_change_to_a_day_gone_by_is_noticed(app: Any, change: Callable[[Order], None]) -> None:
    order = sell("2026-08-03 04:00")
    factories.make_refund(order=order)
    assert gross() and marks() == 0
    change(order)
    db.session.commit()
    assert marks() > 0
    assert_equal(AUGUST)
    assert marks() == 0


@pytest.mark.parametrize("change", [
    lambda order: setattr(order, "staff_note", "call back"),
    lambda order: setattr(order, "status", OrderStatus.shipped),
    lambda order: setattr(order.member, "name", "Mei Lin"),
    lambda order: guarded_update(Order, Order.id == order.id, staff_note="call back"),
    lambda order: factories.make_category(),
    lambda order: factories.make_product(),
], ids=["note", "status", "member", "bulk-note", "category", "product"])
def test_a_change_that_moves_no_money_sums_nothing_up_again(app: Any, change: Callable[[Order], None]) -> None:
    order = sell("2026-08-03 04:00", member=factories.make_member())
    assert gross()
    change(order)
    db.session.commit()
    assert marks() == 0


def test_a_deleted_order_is_no_longer_in_the_figures(app: Any) -> None:
    sell("2026-08-04 04:00", total=300)
    refund = factories.make_refund(amount=50, status=RefundStatus.refunded, refunded_at=datetime(2026, 8, 5))
    assert ask(AUGUST).total.net == 250
    db.session.delete(refund)
    assert ask(AUGUST).total.net == 300
    assert_equal(AUGUST)


def test_a_deleted_product_leaves_its_category(app: Any) -> None:
    tea = factories.make_category()
    product = factories.make_product(category=tea)
    order = sell("2026-08-03 04:00")
    order.lines[0].product = product
    assert ask(AUGUST, category_id=tea.id).total.gross == 10_000
    for sku in list(product.skus):
        db.session.delete(sku)
    db.session.delete(product)
    assert ask(AUGUST, category_id=tea.id).total.gross == 0
    assert_equal(AUGUST)


@pytest.mark.both_databases
def test_a_change_while_a_day_is_being_summed_up_is_not_lost(database: Any, app: Any) -> None:
    """The mark is not yet to be seen when the day is summed up; it still counts once it is."""
    order = sell("2026-08-03 04:00")
    assert gross() == 10_000
    if database.kind == "sqlite":
        # One writer at a time: whoever sums up waits until the change is there, or leaves it to the next.
        order.paid_amount = order.total_amount = order.goods_amount = 7_000
        db.session.flush()
        assert services.sales(Question(AUGUST))[0].total.gross == 10_000
    else:
        with writing() as connection:
            connection.execute(insert(sales_marks), [{"day": date(2026, 8, 3)}])  # somebody else's older mark
        order.paid_amount = order.total_amount = order.goods_amount = 7_000
        db.session.flush()
        with writing() as connection:
            rolling.roll_up(connection)
        assert services.sales(Question(AUGUST))[0].total.gross == 10_000
    db.session.commit()
    assert gross() == 7_000


@pytest.mark.both_databases
def test_two_readers_at_once_sum_up_once_and_see_the_same(app: Any) -> None:
    for day in range(1, 15):
        sell(f"2026-08-{day:02d} 04:00", total=day)
    db.session.commit()
    found: list[int] = []

    def read() -> None:
        with app.app_context():
            found.append(services.sales(Question(AUGUST))[0].total.gross)
            db.session.remove()

    readers = [threading.Thread(target=read) for _number in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [sum(range(1, 15))] * 6
    assert_equal(AUGUST)


def test_a_reader_does_not_wait_for_a_long_writer(
        app: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    sell("2026-08-03 04:00")
    sell("2026-08-15 03:59", total=1)
    db.session.commit()
    with writing(), caplog.at_level(logging.INFO):
        # Whoever waited for the writer to end would wait here for ever.
        assert services.sales(Question(AUGUST))[0].total.gross == 10_001
        assert "left to the job" in caplog.text
        monkeypatch.setattr(reading, "COUNTED_AT_ONCE", 1)  # too many to be counted by a reader
        answer = services.sales(Question(AUGUST))[0]
    assert answer.waiting_days == 14  # it says what is missing
    assert answer.total.gross == 1
    assert gross() == 10_001


def test_a_turn_that_runs_out_of_time_says_what_is_missing(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 15):
        sell(f"2026-08-{day:02d} 04:00", total=1)
    db.session.commit()
    monkeypatch.setattr(reading, "roll_up", lambda connection: rolling.roll_up(connection, seconds=-1))
    monkeypatch.setattr(rolling._Chunk, "learn", lambda self, counted: setattr(self, "days", 2))
    monkeypatch.setattr(rolling._Chunk, "__init__", lambda self: setattr(self, "days", 2))
    assert services.sales(Question(AUGUST))[0].total.gross == 14
    monkeypatch.setattr(reading, "COUNTED_AT_ONCE", 3)
    services.mark_all_dirty()
    db.session.commit()
    answer = services.sales(Question(AUGUST))[0]
    assert answer.waiting_days == 12 and answer.total.gross == 2
    services.catch_up()
    answer = services.sales(Question(AUGUST))[0]
    assert answer.waiting_days == 0 and answer.total.gross == 14


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(3))
def test_a_reader_whose_turn_does_not_come_counts_what_is_stale_itself(
        app: Any, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(seed)
    for _thing in range(30):
        shop.live()
    db.session.commit()
    services.catch_up()
    monkeypatch.setattr(reading, "_sum_up_quickly", lambda: None)
    for _turn in range(4):
        for _thing in range(8):
            shop.live()
        today = clock.today()
        assert_equal(Period(today - timedelta(days=80), today))


def test_marked_days_that_are_too_much_to_count_are_told(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order = sell("2026-08-03 04:00")
    assert gross()
    order.channel = Channel.store
    db.session.commit()
    monkeypatch.setattr(reading, "_sum_up_quickly", lambda: None)
    monkeypatch.setattr(reading, "COUNTED_AT_ONCE", 0)
    assert services.sales(Question(AUGUST))[0].waiting_days == 1


@pytest.mark.both_databases
def test_the_job_sums_up_what_is_settled(app: Any) -> None:
    sell("2026-08-14 15:00")
    sell("2026-08-15 01:00")
    sell("2026-08-15 03:30")
    db.session.commit()
    jobs.sum_up_sales()
    summed = {(row.day, row.orders) for row in db.session.execute(select(sales_days))}
    assert summed == {(date(2026, 8, 14), 1), (date(2026, 8, 15), 1)}  # the last hour is left open
    assert db.session.scalar(select(sales_progress.c.counted_until)) == datetime(2026, 8, 15, 3)
    db.session.commit()
    assert ask(AUGUST).total.orders == 3


def test_rebuilding_begins_anew_and_takes_out_what_is_no_more(app: Any) -> None:
    sell("2026-08-10 04:00")
    assert gross() == 10_000
    # Written past the application, so nobody has heard of it.
    db.session.execute(update(Order.__table__).values(paid_amount=5))
    db.session.execute(insert(sales_days).values(
        day=date(2026, 8, 2), channel="web", orders=1, pieces=1, gross=9, discount=0, refunds=0))
    assert gross() == 10_009
    services.rebuild_sales()
    assert gross() == 5


def test_rebuilding_since_a_day_leaves_the_days_before(app: Any) -> None:
    for day in ("2026-08-03 04:00", "2026-08-10 04:00"):
        sell(day)
    assert gross() == 20_000
    db.session.execute(update(Order.__table__).values(paid_amount=5))
    services.rebuild_sales(since=date(2026, 8, 5))
    assert {day: sums.gross for day, sums in ask(AUGUST).by_day.items()} == {
        date(2026, 8, 3): 10_000, date(2026, 8, 10): 5}


def test_the_command_rebuilds(app: Any) -> None:
    sell("2026-08-10 04:00")
    assert gross() == 10_000
    db.session.execute(update(Order.__table__).values(paid_amount=5))
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["analytics", "rebuild"])
    assert result.exit_code == 0, result.output
    assert "All days are summed up." in result.output
    assert gross() == 5
    assert app.test_cli_runner().invoke(args=["analytics", "rebuild", "--since", "August"]).exit_code == 2


def test_years_without_sales_are_leapt_over(app: Any, count_queries: Callable[[], Any]) -> None:
    sell("2009-12-01 04:00")
    sell("2026-08-01 04:00")
    db.session.commit()
    with count_queries() as queries:
        services.catch_up()
    assert len(queries) < 80  # some for each year would be over a hundred, for each day tens of thousands
    assert ask(Period(date(2009, 12, 1), date(2026, 8, 15))).total.orders == 2


def test_whole_months_are_united_once_and_read_as_such(app: Any) -> None:
    mei, lin = factories.make_member(), factories.make_member()
    for day in ("2026-06-03 04:00", "2026-06-20 04:00", "2026-07-03 04:00"):
        sell(day, member=mei)
    order = sell("2026-06-04 04:00", member=lin)
    period = Period(date(2026, 6, 1), date(2026, 8, 15))
    assert ask(period).payers == 2
    months = select(sales_payers.c.first_day, sales_payers.c.members).where(
        sales_payers.c.unit == "month", sales_payers.c.channel == "")
    assert {tuple(row) for row in db.session.execute(months)} == {(date(2026, 6, 1), 2), (date(2026, 7, 1), 1)}
    order.member = mei
    assert ask(period).payers == 1
    assert {tuple(row) for row in db.session.execute(months)} == {(date(2026, 6, 1), 1), (date(2026, 7, 1), 1)}


def test_a_channel_this_version_does_not_know_is_still_counted(app: Any) -> None:
    sell("2026-08-03 04:00")
    db.session.commit()
    with writing() as connection:
        connection.execute(Record.metadata.tables["orders"].update().values(channel="kiosk"))
    assert ask(AUGUST).by_channel["kiosk"].gross == 10_000


@pytest.mark.both_databases
def test_every_count_is_a_range_on_an_index(database: Any, app: Any) -> None:
    """No query goes through all orders or all lines, however the database chooses among its plans."""
    for day in range(1, 15):
        for _number in range(20):
            sell(f"2026-08-{day:02d} 04:00")
    db.session.commit()
    plans: list[str] = []
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        if database.kind == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # so small a table is read as a whole otherwise
        statements: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda _c, _cursor, statement, parameters, *_rest:
                     statements.append((statement, parameters)))
        counting.count_days(connection, Period(date(2026, 8, 3), date(2026, 8, 3)))
        explain = "EXPLAIN QUERY PLAN" if database.kind == "sqlite" else "EXPLAIN"
        for statement, parameters in list(statements):
            if statement.startswith(("BEGIN", "SET")):
                continue
            plans.extend(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    whole = [line for line in plans if any(f"{word} {table}" in line for word in ("SCAN", "Seq Scan on")
                                           for table in ("orders", "order_lines", "refunds", "refund_lines"))]
    assert plans and whole == []
