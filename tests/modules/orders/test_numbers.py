"""The numbers of orders, payments and refunds."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.modules.orders.numbers import draw_digits, make_number
from tests.factories import make_order


def test_a_number_begins_with_the_shops_own_time_and_ends_with_what_was_drawn(app):
    clock.set("2026-08-01 16:30:05")
    assert make_number(draw=lambda: "12345678") == "2026080200300512345678"


def test_later_numbers_sort_behind_earlier_ones(app):
    clock.set("2026-08-01 12:00:00")
    first = make_number(draw=lambda: "99999999")
    clock.set("2026-08-01 12:00:01")
    assert first < make_number(draw=lambda: "00000000")


def test_drawn_digits_are_always_eight_and_differ():
    drawn = {draw_digits() for _time in range(200)}
    assert len(drawn) > 195 and all(len(digits) == 8 and digits.isdigit() for digits in drawn)


def test_no_two_orders_have_the_same_number(db_session):
    make_order(number="1")
    with pytest.raises(IntegrityError):
        make_order(number="1")
