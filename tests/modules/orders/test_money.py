"""Sums, payments and refunds of orders."""

import pytest

from app.core.errors import BusinessError, InvalidInput
from app.modules.orders import services
from app.modules.orders.models import OrderLine, OrderStatus, PaymentMethod, PaymentStatus, RefundStatus
from app.modules.orders.services import CannotMove, TooMuch
from tests.factories import make_order, make_product, make_refund


def test_the_total_is_goods_and_freight_less_the_discount(db_session):
    red, blue = make_product(prices=(1000, 2500)).skus
    order = make_order(lines=[(red, 2), (blue, 1)], freight=800, discount=300)
    assert (order.goods_amount, order.total_amount) == (4500, 5000)
    assert (order.line_count, order.item_count) == (2, 3)


def test_an_order_whose_sum_is_wrong_is_refused(db_session):
    order = make_order(total=500)
    order.total_amount = 499
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert "total_amount" in refused.value.fields


def test_no_more_can_have_gone_back_than_came_in(db_session):
    order = make_order(status=OrderStatus.paid, total=500)
    order.refunded_amount = 501
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert "refunded_amount" in refused.value.fields


@pytest.mark.parametrize("given", [{"quantity": 0}, {"quantity": -1}, {"unit_price": -1}, {"amount": -1}])
def test_a_line_has_at_least_one_piece_and_no_price_below_nothing(db_session, given):
    order = make_order()
    order.lines.append(OrderLine(**{"name": "Goods", "unit_price": 1, "quantity": 1, "amount": 1} | given))
    with pytest.raises(InvalidInput) as refused:
        db_session.flush()
    assert set(refused.value.fields) == set(given)


def test_an_order_is_paid_once_all_of_it_has_come_in(db_session):
    order = make_order(total=500)
    services.record_payment(order, 200, PaymentMethod.cash)
    assert (order.status, order.due_amount) == (OrderStatus.placed, 300)
    payment = services.record_payment(order, 300, PaymentMethod.wechat_pay, transaction_id="4200001")
    assert (order.status, order.due_amount, order.paid_amount) == (OrderStatus.paid, 0, 500)
    assert (payment.status, payment.transaction_id) == (PaymentStatus.paid, "4200001")


@pytest.mark.parametrize("amount, error", [(501, TooMuch), (0, InvalidInput), (-1, InvalidInput)])
def test_a_payment_is_more_than_nothing_and_at_most_what_is_due(db_session, amount, error):
    order = make_order(total=500)
    with pytest.raises(error) as refused:
        services.record_payment(order, amount, PaymentMethod.cash)
    assert "amount" in refused.value.fields
    assert order.payments == [] and order.paid_amount == 0


def test_an_order_that_costs_nothing_is_paid_by_nothing(db_session):
    order = make_order(total=0)
    services.record_payment(order, 0, PaymentMethod.other)
    assert order.status is OrderStatus.paid


@pytest.mark.parametrize("status", [OrderStatus.paid, OrderStatus.cancelled, OrderStatus.refunded])
def test_no_money_is_taken_for_an_order_that_awaits_none(db_session, status):
    order = make_order(status=status)
    assert services.why_not_take_payment(order)
    with pytest.raises(CannotMove):
        services.record_payment(order, 1, PaymentMethod.cash)


def test_cash_at_the_till_covers_all_that_is_due(db_session):
    order = make_order(total=500)
    services.record_payment(order, 200, PaymentMethod.wechat_pay)
    services.take_cash([order])
    assert [(payment.method, payment.amount) for payment in order.payments] == [
        (PaymentMethod.wechat_pay, 200), (PaymentMethod.cash, 300)]


def test_a_partial_refund_leaves_the_order_where_it_is(db_session):
    order = make_order(status=OrderStatus.completed, total=500)
    refund = services.record_refund(order, 200, "Scratched")
    assert (order.status, order.refundable_amount) == (OrderStatus.completed, 300)
    assert (refund.status, refund.payment, refund.reason) == (RefundStatus.refunded, order.payments[0], "Scratched")


def test_an_order_is_refunded_once_nothing_is_left_of_its_money(db_session):
    order = make_order(status=OrderStatus.shipped, total=500)
    services.record_refund(order, 200, "Scratched")
    services.record_refund(order, 300, "Never came")
    assert (order.status, order.refunded_amount) == (OrderStatus.refunded, 500)
    assert services.why_not_refund(order)


@pytest.mark.parametrize("amount, error", [(501, TooMuch), (0, InvalidInput), (-1, InvalidInput)])
def test_a_refund_is_more_than_nothing_and_at_most_what_was_paid(db_session, amount, error):
    order = make_order(status=OrderStatus.paid, total=500)
    with pytest.raises(error) as refused:
        services.record_refund(order, amount, "Broken")
    assert "amount" in refused.value.fields
    assert order.refunds == [] and order.refunded_amount == 0


def test_several_refunds_together_cannot_exceed_what_was_paid(db_session):
    order = make_order(status=OrderStatus.paid, total=500)
    services.record_refund(order, 400, "Broken")
    with pytest.raises(TooMuch) as refused:
        services.record_refund(order, 101, "Broken")
    assert refused.value.left == 100


def test_nothing_can_be_refunded_for_an_order_nobody_paid(db_session):
    order = make_order()
    assert services.why_not_refund(order)
    with pytest.raises(TooMuch):
        services.record_refund(order, 1, "Broken")


def test_a_refund_has_its_time_exactly_when_the_money_went_back(db_session):
    assert make_refund(status=RefundStatus.requested).refunded_at is None
    with pytest.raises(BusinessError):
        make_refund(status=RefundStatus.refunded)
