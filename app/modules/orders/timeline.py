"""What orders add to the timeline of a member: what they bought, and what went back to them."""

from __future__ import annotations

from sqlalchemy import select

from app.core.db import db
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.modules.members.models import Member
from app.modules.members.timeline import Entry, add_source
from app.modules.orders.models import Order, Refund, RefundStatus


@add_source
def orders_of(member: Member, limit: int) -> list[Entry]:
    """The member's newest orders."""
    orders = db.session.scalars(
        select(Order).where(Order.member_id == member.id)
        .order_by(Order.placed_at.desc(), Order.id.desc()).limit(limit))
    return [
        Entry(order.placed_at, _("Ordered %(number)s for %(amount)s", number=order.number,
                                 amount=money_text(order.total_amount)),
              "fa-bag-shopping", detail=str(order.status.label), link=("OrderScreen", order.id), tone=order.status.tone)
        for order in orders
    ]


@add_source
def refunds_of(member: Member, limit: int) -> list[Entry]:
    """The newest refunds that reached the member."""
    refunds = db.session.scalars(
        select(Refund).where(Refund.member_id == member.id, Refund.status == RefundStatus.refunded)
        .order_by(Refund.requested_at.desc(), Refund.id.desc()).limit(limit))
    return [
        Entry(refund.refunded_at or refund.requested_at, _("Refunded: %(amount)s", amount=money_text(refund.amount)),
              "fa-rotate-left", detail=refund.reason, link=("RefundScreen", refund.id), tone="warn")
        for refund in refunds
    ]
