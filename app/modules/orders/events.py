"""What happened to orders that others may care about. Amounts are fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class OrderPaid:
    """An order is paid in full."""

    order_id: int
    amount: int


@dataclass(frozen=True)
class OrderShipped:
    """The goods of an order are on their way."""

    order_id: int


@dataclass(frozen=True)
class OrderCompleted:
    """A buyer has what they ordered."""

    order_id: int


@dataclass(frozen=True)
class OrderCancelled:
    """An order was called off before it was paid."""

    order_id: int
    reason: str


@dataclass(frozen=True)
class OrderRefunded:
    """All that was paid for an order went back."""

    order_id: int
    amount: int


@dataclass(frozen=True)
class OrdersLoaded:
    """Many orders or refunds were written at once, past the session, by an import or the demo shop. `first_day` and
    `last_day` bound the days (of the shop's time zone) on which they were paid or given back; None: any."""

    first_day: date | None = None
    last_day: date | None = None
