"""An action that asks first: all that is wrong with the answers is said at once, on the page and by the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.modules.orders.models import Order, OrderStatus
from tests.factories import make_order

pytestmark = pytest.mark.both_databases


@pytest.fixture
def order_id(app: Flask) -> int:
    order_id = make_order(status=OrderStatus.paid).id
    db.session.commit()
    return order_id


def test_the_page_tells_all_that_is_wrong_and_keeps_what_was_typed(as_user: Any, order_id: int) -> None:
    answer = as_user("ming").post("/orders/action", data={
        "action": "ship", "asked": "ship", "rowid": [order_id], "carrier": "x" * 300, "tracking_number": ""})
    assert answer.status_code == 422
    assert set(re.findall(r'id="(\w+)-error"', answer.text)) == {"carrier", "tracking_number"}
    assert "x" * 300 in answer.text


def test_the_api_names_every_answer_to_blame(as_user: Any, order_id: int) -> None:
    owner = as_user("ming")
    answer = owner.post("/api/v1/orders/actions/ship", json={"ids": [order_id], "values": {"carrier": 5}})
    assert answer.status_code == 422 and set(answer.json["fields"]) == {"carrier", "tracking_number"}
    answer = owner.post("/api/v1/orders/actions/refund", json={"ids": [order_id], "values": {"amount": "1.00"}})
    assert answer.status_code == 422 and {"reason"} < set(answer.json["fields"]), answer.text
    assert db.session.get(Order, order_id).status is OrderStatus.paid
