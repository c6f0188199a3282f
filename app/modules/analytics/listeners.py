"""Notices which days' figures a change makes stale, and marks them in the transaction of the change.

Sales of the last half hour need no mark (see `services.rolling`), so the ordinary life of a shop writes nothing here:
only a change to an order or refund of earlier, or to what its goods belong to, does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from app.core.changes import BulkChanged, RecordChanged, RecordsChanged
from app.core.db import db
from app.core.events import on
from app.lowcode.periods import ONE_DAY
from app.modules.analytics import services
from app.modules.orders.events import OrdersLoaded
from app.modules.orders.models import Order, OrderLine, Refund, RefundLine

COUNTED: dict[str, set[str]] = {
    "orders": {"channel", "paid_at", "paid_amount", "discount_amount", "item_count", "member_id"},
    "order_lines": {"order_id", "product_id", "quantity", "amount"},
    "refunds": {"channel", "refunded_at", "amount", "status"},
    "refund_lines": {"refund_id", "product_id", "amount"},
    "products": {"category_id"},
    "categories": {"parent_id"},
}
"""The columns on which figures depend, by table."""
FEW = 50
"""So many changed records are looked at one by one."""


@on(RecordChanged)
def mark_days_of_changed_record(change: RecordChanged) -> None:
    """Sales are summed up again for the days that a changed order, refund, line, product or category touches."""
    counted = COUNTED.get(change.table)
    if counted is None or (change.action == "edited" and not counted & change.changes.keys()):
        return
    if change.table == "categories":
        # A new category holds nothing, and one that holds something cannot be deleted.
        if change.action == "edited":
            services.mark_all_dirty()
    elif change.table == "products":
        if change.action != "added":
            _mark_days_of_product(change.record_id if change.action == "edited" else None)
    elif change.action == "deleted":
        _mark_days_of_deleted(change)
    else:
        services.mark_moments(_moments_of(change))


@on(RecordsChanged)
def mark_days_of_changed_records(fact: RecordsChanged) -> None:
    """The same for many that an import changed: for so many that looking at each would take longer, all days."""
    counted = COUNTED.get(fact.table, set())
    moved = [change for change in fact.changes if change.action != "added" and counted & change.changes.keys()]
    if len(moved) > FEW:
        services.mark_all_dirty()
        return
    for change in fact.changes:
        mark_days_of_changed_record(change)


@on(BulkChanged)
def mark_days_of_changed_rows(change: BulkChanged) -> None:
    """Sales are summed up again after a change to many rows. Where it brings them to a new status at a time, as a
    payment does, they had none before, so only that day is; where it merely moves the time, all are."""
    counted = COUNTED.get(change.table)
    if counted is None or not counted & change.values.keys():
        return
    moment = change.values.get("paid_at") or change.values.get("refunded_at")
    if moment is not None and "status" in change.values:
        services.mark_moments([datetime.fromisoformat(moment)])
    else:
        services.mark_all_dirty()


@on(OrdersLoaded)
def mark_loaded_days(loaded: OrdersLoaded) -> None:
    """Sales are summed up again for the days of orders that an import or the demo shop brought."""
    if loaded.first_day is None or loaded.last_day is None:
        services.mark_all_dirty()
        return
    count = (loaded.last_day - loaded.first_day).days + 1
    if count > 31:
        services.mark_all_dirty()
    else:
        services.mark_days(loaded.first_day + timedelta(days=n) for n in range(count))


def _moments_of(change: RecordChanged) -> list[datetime]:
    """The moments at which a changed order or refund counted before, and those at which it counts now."""
    moments = [datetime.fromisoformat(value) for name in ("paid_at", "refunded_at")
               for value in change.changes.get(name, ()) if value]
    owners = [value for name in ("order_id", "refund_id") for value in change.changes.get(name, ()) if value]
    owner, line = (Order, OrderLine) if change.table in {"orders", "order_lines"} else (Refund, RefundLine)
    if change.table in {"orders", "refunds"}:
        owners.append(change.record_id)
    elif not owners:
        key = line.order_id if line is OrderLine else line.refund_id
        owners.extend(db.session.scalars(select(key).where(line.id == change.record_id)))
    return [*moments, *_moments(owner, owners)]


def _mark_days_of_deleted(change: RecordChanged) -> None:
    """The row is gone; the session still has what it last knew of it, or else everything is summed up again."""
    known: dict[str, Any] = next((vars(record) for record in db.session.deleted
                  if record.__tablename__ == change.table and record.id == change.record_id), {})
    if change.table in {"orders", "refunds"}:
        name = "paid_at" if change.table == "orders" else "refunded_at"
        if name not in known:
            services.mark_all_dirty()
        elif known[name] is not None:
            services.mark_moments([known[name]])
        return
    name, owner = ("order_id", Order) if change.table == "order_lines" else ("refund_id", Refund)
    if name not in known:
        services.mark_all_dirty()
    else:
        # Where the order goes too, it marks its day itself.
        services.mark_moments(_moments(owner, [known[name]]))


def _moments(owner: Any, ids: Iterable[int]) -> list[datetime]:
    """When these orders were paid, or these refunds given back; orders the session knows are not asked for again."""
    found, unknown = [], []
    for key in set(ids):
        record = db.session.identity_map.get(db.session.identity_key(owner, key))
        if record is None:
            unknown.append(key)
        else:
            found.append(record.paid_at if owner is Order else record.refunded_at)
    if unknown:
        column = Order.paid_at if owner is Order else Refund.refunded_at
        found.extend(db.session.scalars(select(column).where(owner.id.in_(unknown))))
    return [moment for moment in found if moment is not None]


def _mark_days_of_product(product_id: int | None) -> None:
    """The days on which this product was sold or given back; without a product, those of all goods whose product is
    gone, for the database has taken it out of their lines by now."""
    sold = select(func.date(Order.paid_at)).join_from(Order, OrderLine, OrderLine.order_id == Order.id).where(
        OrderLine.product_id == product_id, Order.paid_at.is_not(None)).distinct()
    given_back = select(func.date(Refund.refunded_at)).join_from(
        Refund, RefundLine, RefundLine.refund_id == Refund.id).where(
        RefundLine.product_id == product_id, Refund.refunded_at.is_not(None)).distinct()
    days: set[date] = set()
    for query in (sold, given_back):
        days.update(_around(query))
    services.mark_days(days)


def _around(query: Select[Any]) -> set[date]:
    """The shop's days that share an hour with a UTC day: itself and its neighbours, whatever the time zone."""
    found: set[date] = set()
    for value in db.session.scalars(query):
        day = date.fromisoformat(value) if isinstance(value, str) else value
        found.update((day - ONE_DAY, day, day + ONE_DAY))
    return found
