"""What was ordered: orders with their lines, payments, refunds and the history of their status."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import inspect

from app.core import clock
from app.core.actor_words import actor_text
from app.core.changes import change_of
from app.core.db import (
    Choice,
    Index,
    Mapped,
    Record,
    choice,
    integer,
    long_text,
    moment,
    money,
    phone,
    picture,
    reference,
    relationship,
    text,
    words,
)
from app.core.errors import BusinessError, InvalidInput
from app.core.i18n import lazy as _
from app.core.sourced import Sourced, source_index
from app.modules.catalog.models import Product, Sku
from app.modules.members.models import Channel, Member

__all__ = [
    "MOVES", "Channel", "Order", "OrderEvent", "OrderLine", "OrderStatus", "Payment", "PaymentMethod",
    "PaymentStatus", "Refund", "RefundLine", "RefundStatus",
]


class OrderStatus(Choice):
    """How far an order has come."""

    placed = "placed", _("Awaiting payment"), "warn"
    paid = "paid", _("Paid"), "info"
    shipped = "shipped", _("Shipped"), "info"
    completed = "completed", _("Completed"), "good"
    cancelled = "cancelled", _("Cancelled"), "plain"
    refunded = "refunded", _("Refunded"), "bad"


MOVES: dict[OrderStatus, set[OrderStatus]] = {
    OrderStatus.placed: {OrderStatus.paid, OrderStatus.cancelled},
    OrderStatus.paid: {OrderStatus.shipped, OrderStatus.completed, OrderStatus.refunded},
    OrderStatus.shipped: {OrderStatus.completed, OrderStatus.refunded},
    OrderStatus.completed: {OrderStatus.refunded},
    OrderStatus.cancelled: set(),
    OrderStatus.refunded: set(),
}
"""From each status, those that may follow; what is not here cannot happen. Only what was paid in the store, where it is
handed over, is completed without being shipped."""


RECEIVER = (
    "receiver_name", "receiver_phone", "receiver_country", "receiver_province", "receiver_city", "receiver_district",
    "receiver_region_code", "receiver_detail", "receiver_postcode",
)
"""The columns that say to whom a parcel goes."""


class PaymentMethod(Choice):
    """With what it was paid."""

    wechat_pay = "wechat_pay", _("WeChat Pay")
    alipay = "alipay", _("Alipay")
    card = "card", _("Card")
    cash = "cash", _("Cash")
    other = "other", _("Other")


class PaymentStatus(Choice):
    """How far a payment has come."""

    waiting = "waiting", _("Waiting"), "warn"
    paid = "paid", _("Paid"), "good"
    failed = "failed", _("Failed"), "bad"
    closed = "closed", _("Closed"), "plain"


class RefundStatus(Choice):
    """How far a refund has come."""

    requested = "requested", _("Requested"), "warn"
    refunded = "refunded", _("Refunded"), "good"
    refused = "refused", _("Refused"), "plain"


class Order(Sourced, Record):
    """One purchase. The money and the receiver are as they were when it was placed; later changes make events.

    All amounts are fen: `total_amount = goods_amount + freight_amount - discount_amount`; `paid_amount` and
    `refunded_amount` are the sums of its paid payments and of its done refunds.
    """

    __tablename__ = "orders"
    __table_args__ = (
        source_index("orders"),
        Index(None, "placed_at", "id"),
        Index(None, "paid_at", "id"),
        Index(None, "total_amount", "id"),
        Index(None, "status", "placed_at", "id"),
        Index(None, "status", "total_amount", "id"),
        Index(None, "channel", "placed_at", "id"),
        Index(None, "member_id", "placed_at", "id"),
    )
    title_column = "number"
    search_index = ("number", "buyer_name", "receiver_name", "receiver_phone")

    number: Mapped[str] = text(32, _("Order number"), unique=True)
    member_id: Mapped[int | None] = reference("members", _("Member"), index=False)
    member: Mapped[Member | None] = relationship()
    buyer_name: Mapped[str | None] = text(60, _("Buyer"), help=_("As the buyer was called when the order was placed."))
    channel: Mapped[Channel] = choice(Channel, _("Channel"), default=Channel.mini_program)
    status: Mapped[OrderStatus] = choice(OrderStatus, _("Status"), default=OrderStatus.placed)
    goods_amount: Mapped[int] = money(_("Goods"), default=0)
    freight_amount: Mapped[int] = money(_("Freight"), default=0)
    discount_amount: Mapped[int] = money(_("Discount"), default=0)
    total_amount: Mapped[int] = money(_("Order total"), default=0, help=_("Goods and freight, less the discount."))
    paid_amount: Mapped[int] = money(_("Amount paid"), default=0)
    refunded_amount: Mapped[int] = money(_("Amount refunded"), default=0)
    line_count: Mapped[int] = integer(_("Lines"), min=0, default=0)
    item_count: Mapped[int] = integer(_("Pieces"), min=0, default=0)
    placed_at: Mapped[datetime] = moment(_("Placed"), default=clock.now)
    paid_at: Mapped[datetime | None] = moment(_("Paid at"))
    shipped_at: Mapped[datetime | None] = moment(_("Shipped at"))
    completed_at: Mapped[datetime | None] = moment(_("Completed at"))
    cancelled_at: Mapped[datetime | None] = moment(_("Cancelled at"))
    receiver_name: Mapped[str | None] = text(60, _("Receiver"), info={"personal": True})
    receiver_phone: Mapped[str | None] = phone(_("Receiver's phone"), info={"personal": True})
    receiver_country: Mapped[str | None] = text(60, _("Country"))
    receiver_province: Mapped[str | None] = text(60, _("Province"))
    receiver_city: Mapped[str | None] = text(60, _("City"))
    receiver_district: Mapped[str | None] = text(60, _("District"))
    receiver_region_code: Mapped[str | None] = text(12, _("Region code"), pattern=r"[0-9]{2,12}")
    receiver_detail: Mapped[str | None] = text(200, _("Street and house"), info={"personal": True})
    receiver_postcode: Mapped[str | None] = text(12, _("Postcode"))
    carrier_code: Mapped[str | None] = text(20, _("Carrier code"))
    carrier: Mapped[str | None] = text(40, _("Carrier"))
    tracking_number: Mapped[str | None] = text(40, _("Tracking number"), index=True)
    remark: Mapped[str | None] = text(500, _("Buyer's message"))
    staff_note: Mapped[str | None] = long_text(_("Staff note"), size=2_000, help=_("Seen by staff only."))
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", order_by="OrderLine.id", cascade="all, delete-orphan", passive_deletes=True)
    payments: Mapped[list[Payment]] = relationship(back_populates="order", order_by="Payment.id",
                                                   passive_deletes="all")
    refunds: Mapped[list[Refund]] = relationship(back_populates="order", order_by="Refund.id", passive_deletes="all")
    events: Mapped[list[OrderEvent]] = relationship(
        back_populates="order", order_by="OrderEvent.happened_at, OrderEvent.id", cascade="all, delete-orphan",
        passive_deletes=True)

    def check(self) -> None:
        goods, freight = self.goods_amount or 0, self.freight_amount or 0
        discount, total = self.discount_amount or 0, self.total_amount or 0
        if total != goods + freight - discount:
            raise InvalidInput({"total_amount": _("The total is goods and freight less the discount.")})
        if (self.refunded_amount or 0) > (self.paid_amount or 0):
            raise InvalidInput({"refunded_amount": _("No more can be refunded than was paid.")})
        if self.shipped_at is not None and inspect(self).persistent:
            changed = [name for name in RECEIVER if change_of(self, name).has_changes()]
            if changed:
                raise InvalidInput({name: _("The parcel is on its way; its receiver is settled.") for name in changed})

    def why_not(self, status: OrderStatus) -> str | None:
        """Why the order cannot become `status` now, or None where it can."""
        if status is self.status:
            return str(_("This order is “%(now)s” already.", now=self.status.label))
        if self.status is OrderStatus.paid and status is OrderStatus.completed and self.channel is not Channel.store:
            return str(_("It has to be shipped first."))
        if status in MOVES[self.status]:
            return None
        return str(_("An order that is “%(now)s” cannot become “%(then)s”.", now=self.status.label, then=status.label))

    @property
    def due_amount(self) -> int:
        """What is still to be paid, in fen."""
        return max((self.total_amount or 0) - (self.paid_amount or 0), 0)

    @property
    def refundable_amount(self) -> int:
        """What could still be given back, in fen."""
        return (self.paid_amount or 0) - (self.refunded_amount or 0)

    @property
    def receiver_address(self) -> str:
        """The receiver's address in one line."""
        parts = (self.receiver_country, self.receiver_province, self.receiver_city, self.receiver_district,
                 self.receiver_detail)
        return " ".join(part for part in parts if part)


class OrderLine(Record):
    """Some pieces of one SKU in an order, as they were named and priced then."""

    __tablename__ = "order_lines"

    order_id: Mapped[int] = reference("orders", _("Order"), on_delete="CASCADE")
    order: Mapped[Order] = relationship(back_populates="lines")
    product_id: Mapped[int | None] = reference("products", _("Product"), on_delete="SET NULL")
    product: Mapped[Product | None] = relationship()
    sku_id: Mapped[int | None] = reference("skus", _("SKU"), on_delete="SET NULL")
    sku: Mapped[Sku | None] = relationship()
    sku_code: Mapped[str | None] = text(64, _("SKU code"))
    name: Mapped[str] = text(200, _("Name"))
    specifications: Mapped[list[str]] = words(_("Specifications"))
    picture: Mapped[str | None] = picture(_("Picture"))
    unit_price: Mapped[int] = money(_("Unit price"))
    quantity: Mapped[int] = integer(_("Quantity"), min=1, max=10_000_000, default=1)
    amount: Mapped[int] = money(_("Amount"), help=_("For all pieces of the line, less its share of discounts."))

    @property
    def variant(self) -> str:
        """The specifications as people read them: `red / XL`."""
        return " / ".join(self.specifications or [])


class Payment(Record):
    """Money that came in, or should have, for an order."""

    __tablename__ = "payments"
    __table_args__ = (
        Index(None, "paid_at", "id"),
        Index(None, "status", "paid_at", "id"),
        Index(None, "method", "paid_at", "id"),
        Index(None, "amount", "id"),
    )
    title_column = "number"

    number: Mapped[str] = text(40, _("Payment number"), unique=True)
    order_id: Mapped[int] = reference("orders", _("Order"))
    order: Mapped[Order] = relationship(back_populates="payments")
    method: Mapped[PaymentMethod] = choice(PaymentMethod, _("Method"), default=PaymentMethod.wechat_pay)
    amount: Mapped[int] = money(_("Amount"))
    status: Mapped[PaymentStatus] = choice(PaymentStatus, _("Status"), default=PaymentStatus.waiting)
    paid_at: Mapped[datetime | None] = moment(_("Paid at"))
    transaction_id: Mapped[str | None] = text(64, _("Transaction number"), unique=True,
                                              help=_("The number that the payment platform gave it."))


class Refund(Sourced, Record):
    """Money that goes back to a buyer. One without an order was imported from books that do not name the order."""

    __tablename__ = "refunds"
    __table_args__ = (
        source_index("refunds"),
        Index(None, "requested_at", "id"),
        Index(None, "refunded_at", "id"),
        Index(None, "status", "requested_at", "id"),
        Index(None, "member_id", "requested_at", "id"),
        Index(None, "amount", "id"),
    )
    title_column = "number"

    number: Mapped[str] = text(40, _("Refund number"), unique=True)
    order_id: Mapped[int | None] = reference("orders", _("Order"))
    order: Mapped[Order | None] = relationship(back_populates="refunds")
    payment_id: Mapped[int | None] = reference("payments", _("Payment"))
    payment: Mapped[Payment | None] = relationship()
    member_id: Mapped[int | None] = reference("members", _("Member"), index=False)
    member: Mapped[Member | None] = relationship()
    channel: Mapped[Channel] = choice(Channel, _("Channel"), default=Channel.mini_program)
    amount: Mapped[int] = money(_("Amount"))
    reason: Mapped[str | None] = text(300, _("Reason"))
    status: Mapped[RefundStatus] = choice(RefundStatus, _("Status"), default=RefundStatus.requested)
    requested_at: Mapped[datetime] = moment(_("Requested at"), default=clock.now)
    refunded_at: Mapped[datetime | None] = moment(_("Refunded at"))
    lines: Mapped[list[RefundLine]] = relationship(
        back_populates="refund", order_by="RefundLine.id", cascade="all, delete-orphan", passive_deletes=True)

    def check(self) -> None:
        if (self.status is RefundStatus.refunded) != (self.refunded_at is not None):
            raise BusinessError(_("A refund has a time of refund exactly when the money went back."))


class RefundLine(Record):
    """Which goods a refund is for."""

    __tablename__ = "refund_lines"

    refund_id: Mapped[int] = reference("refunds", _("Refund"), on_delete="CASCADE")
    refund: Mapped[Refund] = relationship(back_populates="lines")
    order_line_id: Mapped[int | None] = reference("order_lines", _("Order line"), on_delete="SET NULL")
    order_line: Mapped[OrderLine | None] = relationship()
    product_id: Mapped[int | None] = reference("products", _("Product"), on_delete="SET NULL")
    product: Mapped[Product | None] = relationship()
    name: Mapped[str] = text(200, _("Name"))
    quantity: Mapped[int] = integer(_("Quantity"), min=0, max=10_000_000, default=1)
    amount: Mapped[int] = money(_("Amount"))


class OrderEvent(Record):
    """One step in the life of an order: from which status to which, when, by whom and why."""

    __tablename__ = "order_events"
    __audited__ = False  # it is itself a record of who did what, and is never changed
    __table_args__ = (Index(None, "order_id", "happened_at"),)
    title_column = "happened_at"

    order_id: Mapped[int] = reference("orders", _("Order"), on_delete="CASCADE", index=False)
    order: Mapped[Order] = relationship(back_populates="events")
    from_status: Mapped[OrderStatus | None] = choice(OrderStatus, _("From"))
    to_status: Mapped[OrderStatus] = choice(OrderStatus, _("To"))
    happened_at: Mapped[datetime] = moment(_("When"), default=clock.now)
    actor_kind: Mapped[str] = text(16, _("Kind of actor"))
    actor_name: Mapped[str] = text(80, _("Who"))
    actor_id: Mapped[int | None] = integer(_("Actor's ID"))
    reason: Mapped[str | None] = text(300, _("Reason"))

    @property
    def actor(self) -> str:
        """Who did it, in words."""
        return actor_text(self.actor_kind, self.actor_name)
