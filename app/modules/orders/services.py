"""What staff and system do with orders: move them from status to status, and book the money that comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select, update

from app.core import clock
from app.core.actor import current_actor
from app.core.db import db
from app.core.errors import BusinessError, InvalidInput
from app.core.events import publish
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.modules.members.models import Member
from app.modules.orders import events
from app.modules.orders.models import (
    Order,
    OrderEvent,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentStatus,
    Refund,
    RefundLine,
    RefundStatus,
)
from app.modules.orders.numbers import make_number

TIMES = {
    OrderStatus.paid: "paid_at", OrderStatus.shipped: "shipped_at", OrderStatus.completed: "completed_at",
    OrderStatus.cancelled: "cancelled_at",
}
"""The column that keeps when an order came to a status."""


class CannotMove(BusinessError):
    """An order was to take a step that its status does not allow."""

    code = "cannot_move"

    def __init__(self, order: Order, status: OrderStatus) -> None:
        super().__init__(_("Order %(number)s is “%(now)s” and cannot become “%(then)s”."), number=order.number,
                         now=order.status.label, then=status.label)
        self.order, self.wanted = order, status


class TooMuch(BusinessError):
    """More was to be paid or given back than is open. Names the amount."""

    code = "too_much"

    def __init__(self, message: Any, left: int) -> None:
        super().__init__(message, field="amount", left=money_text(left))
        self.left = left


def lock(order: Order) -> None:
    """Keep the order for this transaction and see it as it is now, whatever others have just done to it."""
    db.session.flush()
    db.session.refresh(order, with_for_update=True)


def move_to(order: Order, status: OrderStatus, reason: str | None = None) -> None:
    """Bring the order to a status, write down when, by whom and why, and announce it; CannotMove where the table of
    moves has no such step. Two people who take it in two directions at once do not both succeed."""
    lock(order)
    if order.why_not(status) is not None:
        raise CannotMove(order, status)
    before, order.status = order.status, status
    if status in TIMES:
        setattr(order, TIMES[status], clock.now())
    write_event(order, before, reason)
    db.session.flush()
    _announce(order, reason)


def write_event(order: Order, before: OrderStatus | None, reason: str | None = None) -> OrderEvent:
    """Add a line to the order's history: from `before` to the status it has now, by whoever is acting."""
    actor = current_actor()
    entry = OrderEvent(order=order, from_status=before, to_status=order.status, happened_at=clock.now(),
                       actor_kind=actor.kind, actor_name=actor.name, actor_id=actor.id, reason=reason)
    db.session.add(entry)
    return entry


def _announce(order: Order, reason: str | None) -> None:
    facts: dict[OrderStatus, Any] = {
        OrderStatus.paid: events.OrderPaid(order.id, order.paid_amount),
        OrderStatus.shipped: events.OrderShipped(order.id),
        OrderStatus.completed: events.OrderCompleted(order.id),
        OrderStatus.cancelled: events.OrderCancelled(order.id, reason or ""),
        OrderStatus.refunded: events.OrderRefunded(order.id, order.refunded_amount),
    }
    publish(facts[order.status])


def cancel_orders(orders: Sequence[Order], reason: str) -> None:
    """Call orders off that nobody has paid for; refused once money has come in, even a part, which a refund gives
    back."""
    for order in orders:
        lock(order)
        if order.refundable_amount > 0:
            raise CannotMove(order, OrderStatus.cancelled)
        move_to(order, OrderStatus.cancelled, reason)


def ship_order(order: Order, carrier: str, tracking_number: str) -> None:
    """Say that the goods are on their way, with whom and under which number; refused before the order is paid."""
    lock(order)
    if order.why_not(OrderStatus.shipped) is not None:
        raise CannotMove(order, OrderStatus.shipped)
    order.carrier, order.tracking_number = carrier, tracking_number
    move_to(order, OrderStatus.shipped)


def why_not_ship(order: Order) -> str | None:
    """Why the order cannot be shipped now, or None where it can."""
    return order.why_not(OrderStatus.shipped)


def why_not_complete(order: Order) -> str | None:
    """Why the order cannot be completed now, or None where it can."""
    return order.why_not(OrderStatus.completed)


def why_not_cancel(order: Order) -> str | None:
    """Why the order cannot be called off now, or None where it can."""
    if order.paid_amount > order.refunded_amount:
        return str(_("Money has come in for it. Refund it instead."))
    return order.why_not(OrderStatus.cancelled)


def why_not_refund(order: Order) -> str | None:
    """Why nothing can be given back for the order now, or None where something can."""
    return None if order.refundable_amount > 0 else str(_("Nothing is left that could be given back."))


def complete_orders(orders: Sequence[Order]) -> None:
    """Say that the buyers have what they ordered."""
    for order in orders:
        move_to(order, OrderStatus.completed)


def record_payment(order: Order, amount: int, method: PaymentMethod, *, transaction_id: str | None = None,
                   number: str | None = None) -> Payment:
    """Book `amount` fen that came in for an order; once it is covered, the order is paid.

    Refuses less than one fen, more than is still due, and money for an order that does not wait for any.
    """
    lock(order)
    if order.status is not OrderStatus.placed:
        raise CannotMove(order, OrderStatus.paid)
    if amount < 1 and order.due_amount > 0:
        raise InvalidInput({"amount": _("A payment is more than nothing.")})
    if amount > order.due_amount:
        raise TooMuch(_("Only %(left)s is still to be paid."), order.due_amount)
    payment = Payment(order=order, number=number or make_number(), method=method, amount=amount,
                      status=PaymentStatus.paid, paid_at=clock.now(), transaction_id=transaction_id)
    db.session.add(payment)
    order.paid_amount += amount
    db.session.flush()
    if order.due_amount == 0:
        move_to(order, OrderStatus.paid)
        recount_members([order.member_id])
    return payment


def why_not_take_payment(order: Order) -> str | None:
    """Why no money can be taken for the order now, or None where it can."""
    return order.why_not(OrderStatus.paid)


def take_cash(orders: Sequence[Order]) -> None:
    """Book all that is due as paid in cash at the till."""
    for order in orders:
        record_payment(order, order.due_amount, PaymentMethod.cash)


def record_refund(order: Order, amount: int, reason: str, *, number: str | None = None,
                  lines: Sequence[RefundLine] = ()) -> Refund:
    """Book `amount` fen that went back to the buyer; when nothing is left, the order is refunded.

    Refuses less than one fen and more than was paid and not yet given back.
    """
    lock(order)
    if amount < 1:
        raise InvalidInput({"amount": _("A refund is more than nothing.")})
    if amount > order.refundable_amount:
        raise TooMuch(_("At most %(left)s can be refunded."), order.refundable_amount)
    paid_by = next((payment for payment in order.payments if payment.status is PaymentStatus.paid), None)
    refund = Refund(order=order, payment=paid_by, member_id=order.member_id, number=number or make_number(),
                    channel=order.channel, amount=amount, reason=reason, status=RefundStatus.refunded,
                    requested_at=clock.now(), refunded_at=clock.now(), lines=list(lines))
    db.session.add(refund)
    order.refunded_amount += amount
    db.session.flush()
    if order.refundable_amount == 0:
        move_to(order, OrderStatus.refunded, reason)
    recount_members([order.member_id])
    return refund


def recount_members(member_ids: Sequence[int | None] | None = None) -> None:
    """Work out how often and for how much members bought, and when last; without ids, for all of them.

    Counted are orders that were paid; the amount is what was paid less what went back, never below nothing.
    A refund that names a member but no order counts against that member.
    """
    ids = None if member_ids is None else [member_id for member_id in member_ids if member_id is not None]
    if ids == []:
        return
    ordered = (
        select(Order.member_id.label("member_id"),
               func.sum(case((Order.paid_at.is_not(None), 1), else_=0)).label("count"),
               func.sum(Order.paid_amount - Order.refunded_amount).label("amount"),
               func.max(Order.placed_at).label("last"))
        .where(Order.member_id.is_not(None)).group_by(Order.member_id))
    returned = (
        select(Refund.member_id.label("member_id"), func.sum(Refund.amount).label("amount"))
        .where(Refund.member_id.is_not(None), Refund.order_id.is_(None), Refund.status == RefundStatus.refunded)
        .group_by(Refund.member_id))
    if ids is not None:
        ordered, returned = ordered.where(Order.member_id.in_(ids)), returned.where(Refund.member_id.in_(ids))
    bought, back = ordered.subquery("bought"), returned.subquery("back")
    amount = bought.c.amount - func.coalesce(
        select(back.c.amount).where(back.c.member_id == bought.c.member_id).scalar_subquery(), 0)
    figures = select(bought.c.member_id, bought.c.count, bought.c.last,
                     case((amount > 0, amount), else_=literal(0)).label("amount")).subquery("figures")
    db.session.flush()
    db.session.execute(
        update(Member).where(Member.id == figures.c.member_id)
        .values(order_count=figures.c.count, paid_amount=figures.c.amount, last_ordered_at=figures.c.last)
        .execution_options(synchronize_session=False))
    without = and_(or_(Member.order_count > 0, Member.paid_amount > 0, Member.last_ordered_at.is_not(None)),
                   ~select(Order.id).where(Order.member_id == Member.id).exists())
    if ids is not None:
        without = and_(without, Member.id.in_(ids))
    db.session.execute(
        update(Member).where(without).values(order_count=0, paid_amount=0, last_ordered_at=None)
        .execution_options(synchronize_session=False))
    for record in list(db.session().identity_map.values()):
        if isinstance(record, Member) and (ids is None or record.id in ids):
            db.session.expire(record, ["order_count", "paid_amount", "last_ordered_at"])
