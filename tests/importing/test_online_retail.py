"""What becomes of the invoices of an Online Retail file. All small files here are made up; the real one is in
`test_whole_files.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import check_columns, db
from app.lowcode.periods import Period, Step
from app.modules.analytics import services as analytics
from app.modules.audit.models import AuditLine
from app.modules.catalog.models import Product
from app.modules.members.models import Channel, Member
from app.modules.orders import services
from app.modules.orders.models import Order, OrderEvent, OrderStatus, Payment, Refund, RefundStatus
from tests.importing.retail import ROWS, changed

pytestmark = pytest.mark.both_databases


def order(number: str) -> Order:
    return db.session.scalars(select(Order).where(Order.source_id == number)).one()


def refund(number: str) -> Refund:
    return db.session.scalars(select(Refund).where(Refund.source_id == number)).one()


def test_an_invoice_becomes_a_paid_and_completed_order(bring: Callable[..., Any]) -> None:
    bring()

    bought = order("536365")
    assert (bought.status, bought.channel) == (OrderStatus.completed, Channel.web)
    assert (bought.total_amount, bought.paid_amount, bought.refunded_amount) == (2208, 2208, 0)
    assert (bought.line_count, bought.item_count, bought.receiver_country) == (2, 8, "United Kingdom")
    assert [(line.sku_code, line.name, line.quantity, line.unit_price, line.amount) for line in bought.lines] == [
        ("OR-85123A", "WHITE HEART", 6, 255, 1530), ("OR-71053", "LANTERN", 2, 339, 678)]
    assert [(payment.amount, payment.paid_at) for payment in bought.payments] == [(2208, bought.paid_at)]
    assert [event.to_status for event in bought.events] == [
        OrderStatus.placed, OrderStatus.paid, OrderStatus.completed]
    assert bought.member is not None and bought.member.source_id == "17850"


def test_times_are_those_of_the_shops_wall_clock_and_the_first_line_counts(bring: Callable[..., Any]) -> None:
    bring()

    assert clock.to_zone(order("536365").placed_at, clock.shop_zone()) == datetime(2010, 12, 1, 8, 26)


def test_a_cancellation_becomes_a_refund_that_names_no_order(bring: Callable[..., Any]) -> None:
    bring()

    back = refund("C536379")
    assert (back.order_id, back.amount, back.status, back.channel) == (None, 339, RefundStatus.refunded, Channel.web)
    assert back.member is not None and back.member.source_id == "17850"
    assert [(line.name, line.quantity, line.amount) for line in back.lines] == [("LANTERN", 1, 339)]


def test_adjustments_of_bad_debt_count_by_their_sign_and_are_reported(bring: Callable[..., Any]) -> None:
    report = bring()

    assert order("A563185").total_amount == 1106206
    assert refund("A563186").amount == 1106206
    assert any("bad debt" in note and ": 2;" in note for note in report.notes)


def test_an_invoice_without_money_becomes_a_cancelled_order(bring: Callable[..., Any]) -> None:
    bring()

    moved = order("536589")
    assert (moved.status, moved.total_amount, moved.paid_at) == (OrderStatus.cancelled, 0, None)
    assert [(line.name, line.quantity) for line in moved.lines] == [("damaged", 10)]


def test_a_part_of_a_fen_is_rounded_half_up_and_kept_as_it_was_written(bring: Callable[..., Any]) -> None:
    report = bring()

    bought = order("536590")
    assert [(line.unit_price, line.amount) for line in bought.lines] == [(0, 0), (1800, 1800)]
    assert bought.source_data["exact_prices"] == [["PADS", "0.001", 1]]
    assert any("part of a fen" in note for note in report.notes)


@pytest.mark.parametrize("price, quantity, fen", [
    ("0.005", 1, 1), ("0.004", 1, 0), ("0.004", 2, 1), ("1.2345", 2, 247)])
def test_amounts_are_worked_out_exactly_and_then_rounded(
    bring: Callable[..., Any], price: str, quantity: int, fen: int,
) -> None:
    bring(changed(9, unit_price=price, quantity=quantity))

    assert order("536590").lines[1].amount == fen


def test_buyers_without_a_number_are_guests(bring: Callable[..., Any]) -> None:
    bring()

    assert order("536366").member_id is None
    assert order("536366").buyer_name is None
    assert db.session.scalar(select(func.count()).select_from(Member)) == 3


def test_members_carry_their_country_and_what_they_bought(bring: Callable[..., Any]) -> None:
    bring()

    member = db.session.scalars(select(Member).where(Member.source_id == "17850")).one()
    assert (member.country, member.order_count, member.paid_amount) == ("United Kingdom", 1, 2208 - 339)
    unknown = db.session.scalars(select(Member).where(Member.source_id == "14527")).one()
    assert (unknown.country, unknown.order_count, unknown.paid_amount) == (None, 0, 0)


def test_stock_codes_become_unlisted_products_under_their_usual_name(bring: Callable[..., Any]) -> None:
    bring()

    products = {product.source_id: product for product in db.session.scalars(select(Product))}
    assert set(products) == {"85123A", "71053", "D", "21777", "PADS", "POST", "B"}
    assert products["85123A"].name == "WHITE HEART"
    # What is said of goods without a price is not their name.
    assert products["21777"].name == "21777"
    assert products["85123A"].price == 295
    assert not any(product.is_listed for product in products.values())
    assert products["POST"].category.name != products["71053"].category.name


def test_the_books_agree_month_by_month_with_the_sales_report(bring: Callable[..., Any]) -> None:
    bring()
    analytics.catch_up()

    year = Period(date(2010, 12, 1), date(2011, 8, 31))
    months = analytics.sales(analytics.Question(year, Step.month, channel="web"))[0].by_bucket()

    assert [(month.gross, month.refunds) for month in months if month.gross or month.refunds] == [
        (2208 + 295, 0), (1800 + 2385, 339 + 2750), (1106206, 1106206)]


def test_every_record_keeps_the_rules_of_its_model(bring: Callable[..., Any]) -> None:
    bring()

    for model in (Order, Refund, Payment, OrderEvent, Product, Member):
        for record in db.session.scalars(select(model)):
            check_columns(record)
            record.check()


def test_members_figures_need_no_recounting_afterwards(bring: Callable[..., Any]) -> None:
    bring()
    figures = select(Member.id, Member.order_count, Member.paid_amount, Member.last_ordered_at).order_by(Member.id)
    before = db.session.execute(figures).all()

    services.recount_members()

    assert db.session.execute(figures).all() == before


def test_a_second_run_brings_nothing_twice(bring: Callable[..., Any], counts: Callable[[], dict[str, int]]) -> None:
    bring()
    before = counts()

    report = bring()

    assert counts() == before
    assert report.outcome["orders"] == {"unchanged": 6}
    assert report.outcome["refunds"] == {"unchanged": 3}


def test_a_second_run_brings_what_came_since(bring: Callable[..., Any]) -> None:
    bring(ROWS[:-1])

    report = bring()

    assert report.outcome["orders"] == {"unchanged": 5, "added": 1}
    assert order("536591").total_amount == 2385
    # New rows get ids of their own, by import and by hand alike.
    services.recount_members()
    db.session.add(Order(number="by hand"))
    db.session.commit()


def test_an_invoice_that_the_file_corrects_is_written_anew(bring: Callable[..., Any]) -> None:
    bring()
    key = order("536365").id

    report = bring(changed(3, quantity=3))

    bought = order("536365")
    assert report.outcome["orders"]["changed"] == 1
    assert (bought.id, bought.total_amount, bought.paid_amount) == (key, 1530 + 3 * 339, 1530 + 3 * 339)
    assert [line.quantity for line in bought.lines] == [6, 3]
    assert [payment.amount for payment in bought.payments] == [bought.paid_amount]
    assert len(bought.events) == 3


def test_a_refund_that_the_file_corrects_is_written_anew(bring: Callable[..., Any]) -> None:
    bring()

    report = bring(changed(5, quantity=-2))

    assert report.outcome["refunds"]["changed"] == 1
    assert refund("C536379").amount == 678
    assert len(refund("C536379").lines) == 1


def test_an_order_that_was_worked_on_here_stays_as_it_is(bring: Callable[..., Any]) -> None:
    bring()
    order("536365").staff_note = "Called the customer."
    db.session.commit()

    report = bring(changed(3, quantity=3))

    assert report.outcome["orders"]["left_out"] == 1
    assert any("OR-536365" in note for note in report.notes)
    assert order("536365").total_amount == 2208


def test_one_line_of_the_audit_trail_tells_of_an_import(bring: Callable[..., Any]) -> None:
    bring()

    line = db.session.scalars(select(AuditLine).where(AuditLine.actor_kind == "import")).one()
    assert (line.actor_name, line.table_name) == ("online-retail", "orders")
    assert line.changes["orders"] == [None, {"added": 6}]


@pytest.mark.parametrize("shop, warned", [("CNY", True), ("GBP", False)])
def test_whoever_counts_in_another_currency_than_the_file_is_told(
        app: Any, bring: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, shop: str, warned: bool) -> None:
    monkeypatch.setitem(app.config, "SHOP_CURRENCY", shop)

    report = bring()

    assert any("SHOP_CURRENCY=GBP" in note for note in report.notes) is warned
