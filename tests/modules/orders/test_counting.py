"""How often and for how much a member bought."""

import pytest

from app.core import clock
from app.modules.members.models import Member
from app.modules.orders import services
from app.modules.orders.models import Order, OrderStatus, PaymentMethod, RefundStatus
from tests.factories import make_member, make_order, make_refund

pytestmark = pytest.mark.both_databases


def figures(member: Member) -> tuple[int, int]:
    return member.order_count, member.paid_amount


def test_paid_orders_count_with_what_was_paid_less_what_went_back(db_session):
    member = make_member()
    make_order(member=member, status=OrderStatus.paid, total=500)
    make_order(member=member, status=OrderStatus.refunded, total=300)
    make_order(member=member, total=900)
    make_order(member=make_member(), status=OrderStatus.paid, total=700)
    make_order(status=OrderStatus.paid, total=700)
    services.recount_members()
    assert figures(member) == (2, 500)


def test_the_last_order_is_the_one_placed_last_paid_or_not(db_session):
    member = make_member()
    for day, status in (("01", OrderStatus.paid), ("03", OrderStatus.placed), ("02", OrderStatus.paid)):
        clock.set(f"2026-08-{day} 12:00")
        make_order(member=member, status=status)
    services.recount_members()
    assert member.last_ordered_at.day == 3


def test_paying_and_refunding_keep_the_figures_up_to_date(db_session):
    member = make_member()
    order = make_order(member=member, total=500)
    services.record_payment(order, 500, PaymentMethod.cash)
    assert figures(member) == (1, 500)
    services.record_refund(order, 200, "Scratched")
    assert figures(member) == (1, 300)


def test_a_refund_that_names_no_order_counts_against_its_member(db_session):
    member = make_member()
    make_order(member=member, status=OrderStatus.paid, total=500)
    make_refund(member=member, amount=200, status=RefundStatus.refunded, refunded_at=clock.now())
    make_refund(member=member, amount=100, status=RefundStatus.requested)
    services.recount_members()
    assert figures(member) == (1, 300)


def test_no_member_has_paid_less_than_nothing(db_session):
    member = make_member()
    make_order(member=member, status=OrderStatus.paid, total=500)
    make_refund(member=member, amount=900, status=RefundStatus.refunded, refunded_at=clock.now())
    services.recount_members()
    assert figures(member) == (1, 0)


def test_a_member_whose_orders_are_gone_is_counted_anew(db_session):
    member = make_member(order_count=5, paid_amount=900, last_ordered_at=clock.now())
    services.recount_members([member.id])
    assert figures(member) == (0, 0) and member.last_ordered_at is None


def test_counting_one_member_leaves_the_others_alone(db_session):
    one, other = make_member(), make_member(order_count=7)
    make_order(member=one, status=OrderStatus.paid, total=500)
    services.recount_members([one.id, None])
    assert figures(one) == (1, 500) and other.order_count == 7
    services.recount_members([None])
    assert other.order_count == 7


def test_deleting_a_product_leaves_what_was_ordered_as_it_was(db_session):
    from tests.factories import make_product

    product = make_product(name="Quilt", prices=(500,))
    order = make_order(lines=[(product.skus[0], 2)])
    db_session.delete(product)
    db_session.flush()
    db_session.expire_all()
    line = db_session.get(Order, order.id).lines[0]
    assert (line.name, line.product_id, line.sku_id, line.amount) == ("Quilt", None, None, 1000)
