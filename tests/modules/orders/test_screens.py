"""What staff see of orders and can do with them, by HTTP."""

import pytest

from app.core.db import db
from app.modules.orders.models import Order, OrderStatus
from tests.factories import make_member, make_order, make_product


def text_of(answer):
    return answer.get_data(as_text=True)


def test_one_page_has_all_that_is_known_of_an_order(as_user):
    product = make_product(name="Silk quilt", prices=(12300,))
    order = make_order(status=OrderStatus.paid, member=make_member(nickname="Xiao Mei"), freight=1000,
                       lines=[(product.skus[0], 2)])
    page = text_of(as_user("hua").get(f"/orders/show/{order.id}"))
    for known in (order.number, "Silk quilt", "Xiao Mei", "¥246.00", "¥10.00", "¥256.00", order.payments[0].number,
                  "What comes next", "History"):
        assert known in page


def test_the_page_says_why_a_step_is_not_possible(as_user):
    order = make_order(status=OrderStatus.paid)
    page = text_of(as_user("hua").get(f"/orders/show/{order.id}"))
    assert "Money has come in for it. Refund it instead." in page and "It has to be shipped first." in page


def test_what_was_ordered_and_what_it_cost_is_not_on_the_form(as_user):
    order = make_order(total=500)
    hua = as_user("hua")
    page = text_of(hua.get(f"/orders/edit/{order.id}"))
    assert 'name="receiver_name"' in page
    assert not any(f'name="{fixed}"' in page for fixed in (
        "total_amount", "goods_amount", "paid_amount", "status", "number", "member", "placed_at"))
    hua.post(f"/orders/edit/{order.id}", data={"staff_note": "x", "total_amount": "1", "status": "completed"})
    order = db.session.get(Order, order.id)
    assert (order.staff_note, order.total_amount, order.status) == ("x", 500, OrderStatus.placed)


@pytest.mark.parametrize("path", ["/orders/add", "/payments/add", "/refunds/add"])
def test_orders_and_money_are_not_added_by_a_form(as_user, path):
    assert as_user("ming").get(path).status_code in {403, 404, 405}


def test_shipping_asks_for_carrier_and_tracking_number(as_user):
    order = make_order(status=OrderStatus.paid)
    hua = as_user("hua")
    asked = hua.post(f"/orders/action/ship/{order.id}")
    assert asked.status_code == 200 and 'name="tracking_number"' in text_of(asked)
    again = hua.post("/orders/action", data={
        "action": "ship", "rowid": [order.id], "asked": "ship", "carrier": "SF Express", "tracking_number": ""})
    assert again.status_code == 422 and 'value="SF Express"' in text_of(again) and order.status is OrderStatus.paid
    done = hua.post("/orders/action", data={
        "action": "ship", "rowid": [order.id], "asked": "ship", "carrier": "SF Express", "tracking_number": "SF1"})
    assert done.status_code == 302 and order.status is OrderStatus.shipped and order.tracking_number == "SF1"
    assert "Hua" in order.events[-1].actor_name


def test_a_refund_offers_all_that_is_left_and_refuses_more(as_user):
    order = make_order(status=OrderStatus.paid, total=12345)
    hua = as_user("hua")
    assert 'value="123.45"' in text_of(hua.post(f"/orders/action/refund/{order.id}"))
    too_much = hua.post("/orders/action", data={
        "action": "refund", "rowid": [order.id], "asked": "refund", "amount": "123.46", "reason": "Broken"})
    assert too_much.status_code == 302 and order.refunds == []
    done = hua.post("/orders/action", data={
        "action": "refund", "rowid": [order.id], "asked": "refund", "amount": "23.45", "reason": "Broken"})
    assert done.status_code == 302 and order.refunded_amount == 2345


@pytest.mark.parametrize("amount", ["", "abc", "-1", "0", "1.234"])
def test_a_refund_of_no_amount_is_asked_for_again(as_user, amount):
    order = make_order(status=OrderStatus.paid)
    answer = as_user("hua").post("/orders/action", data={
        "action": "refund", "rowid": [order.id], "asked": "refund", "amount": amount, "reason": "Broken"})
    assert answer.status_code == 422 and 'aria-invalid="true"' in text_of(answer) and order.refunds == []


def test_several_orders_are_called_off_with_one_reason_and_those_that_cannot_be_are_told(as_user):
    open_orders, paid = [make_order(), make_order()], make_order(status=OrderStatus.paid)
    hua = as_user("hua")
    data = {"action": "cancel", "asked": "cancel", "reason": "Warehouse burnt down"}
    hua.post("/orders/action", data=data | {"rowid": [*(order.id for order in open_orders), paid.id]})
    assert paid.status is OrderStatus.paid and paid.number in text_of(hua.get("/orders/list/"))
    assert [order.status for order in open_orders] == [OrderStatus.cancelled, OrderStatus.cancelled]
    assert open_orders[0].events[-1].reason == "Warehouse burnt down"


@pytest.mark.parametrize("query, found", [
    ("f.status=paid", True), ("f.status=shipped", False), ("f.channel=mini_program", True), ("f.channel=store", False),
    ("f.total_amount.from=99&f.total_amount.to=99", True), ("f.total_amount.from=99.01", False),
    ("f.placed_at.from=2026-08-01&f.placed_at.to=2026-08-01", True), ("f.placed_at.to=2026-07-31", False),
    ("q=139", True), ("q=Nobody", False),
])
def test_orders_are_found_by_status_source_amount_time_and_words(as_user, query, found):
    from datetime import datetime

    order = make_order(status=OrderStatus.paid, total=9900, placed_at=datetime(2026, 8, 1, 4))
    answer = as_user("hua").get(f"/orders/list/?{query}")
    assert answer.status_code == 200 and (order.number in text_of(answer)) is found
