"""The demo shop's orders: two years of them, up to this minute, in the rhythm of a Chinese shop."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from app.core import clock
from app.core.db import db
from app.core.demo import SOURCE, Demo, DemoPlan
from app.core.events import publish
from app.core.i18n import lazy as _
from app.modules.catalog.models import ProductReview
from app.modules.members.models import Member, MemberLevel
from app.modules.orders import services
from app.modules.orders.demo.moments import seconds_of
from app.modules.orders.demo.rhythm import elapsed_share, orders_by_day
from app.modules.orders.demo.writing import OrderWriter
from app.modules.orders.events import OrdersLoaded
from app.modules.orders.models import Order, OrderEvent, OrderLine, Payment, Refund, RefundLine

__all__ = ["DEMO"]


def load(plan: DemoPlan) -> None:
    """Make the demo orders; the edge commits."""
    writer = OrderWriter(plan)
    so_far = seconds_of(plan.now) - seconds_of(clock.start_of_day(plan.today, plan.zone))
    days = orders_by_day(plan.opened_on, plan.today, elapsed_share(so_far), plan.orders, plan.chance("rhythm"))
    with plan.progress.step(_("Orders"), plan.orders) as advance:
        for day, count in days:
            if count:
                writer.write_day(day, count)
                advance(count)
    writer.close()
    db.session.expire_all()


def settle(plan: DemoPlan) -> None:
    """Count up members and give them their levels. Announces OrdersLoaded."""
    services.recount_members()
    _settle_members(plan)
    publish(OrdersLoaded(plan.opened_on, plan.today + timedelta(days=1)))


def remove() -> None:
    """Take the demo orders out with all that hangs on them."""
    orders = select(Order.id).where(Order.source == SOURCE)
    for statement in (
        delete(ProductReview).where(ProductReview.source == SOURCE),
        delete(Refund).where(Refund.order_id.in_(orders)),
        delete(Payment).where(Payment.order_id.in_(orders)),
        delete(Order).where(Order.source == SOURCE),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    services.recount_members()
    publish(OrdersLoaded())


def _settle_members(plan: DemoPlan) -> None:
    """Members are seen when they order, and stand on the level that they have paid for."""
    level = (
        select(MemberLevel.id).where(MemberLevel.source == SOURCE, MemberLevel.min_paid_amount <= Member.paid_amount)
        .order_by(MemberLevel.rank.desc()).limit(1).scalar_subquery())
    ours = Member.source == SOURCE
    for statement in (
        update(Member).where(ours, Member.last_ordered_at > Member.last_seen_at)
        .values(last_seen_at=Member.last_ordered_at),
        update(Member).where(ours, Member.level_id.is_not(None)).values(level_id=level),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


DEMO = Demo(load, remove, (Order, OrderLine, Payment, OrderEvent, Refund, RefundLine, ProductReview), settle)
