"""Where staff follow orders: one page per order with its lines, its money, its history and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template

from app.core.i18n import lazy as _
from app.lowcode import Screen
from app.lowcode.actions import action, panel
from app.lowcode.asking import ask, question, required
from app.modules.members.views import MemberScreen, phone_text
from app.modules.orders import services
from app.modules.orders.models import MOVES, Order, OrderLine, OrderStatus, Payment, Refund, RefundLine

STATUS_ICONS = {
    OrderStatus.placed: "fa-receipt", OrderStatus.paid: "fa-wallet", OrderStatus.shipped: "fa-truck",
    OrderStatus.completed: "fa-check", OrderStatus.cancelled: "fa-ban", OrderStatus.refunded: "fa-rotate-left",
}
WAY = (OrderStatus.placed, OrderStatus.paid, OrderStatus.shipped, OrderStatus.completed)
"""The way of an order that goes well."""


class OrderLineScreen(Screen):
    """The goods of all orders, line by line, as they were named and priced when they were ordered."""

    model = OrderLine
    list_title = _("Order lines")
    icon = "fa-list"
    in_menu = False
    base_permissions = ["can_view"]
    list_columns = ["picture", "name", "specifications", "sku_code", "unit_price", "quantity", "amount", "order"]
    search_columns = ["order", "product", "sku"]
    order_columns = []
    show_columns = ["order", "product", "sku", "sku_code", "name", "specifications", "picture", "unit_price",
                    "quantity", "amount"]
    is_searchable = False  # type: ignore[assignment]  # millions of rows, found by order, product or SKU


class PaymentScreen(Screen):
    """Every payment: how much, when, by which way, and under which number the payment platform knows it."""

    model = Payment
    list_title = _("Payments")
    icon = "fa-wallet"
    base_permissions = ["can_view"]
    list_columns = ["number", "order", "method", "amount", "status", "paid_at", "transaction_id"]
    search_columns = ["number", "transaction_id", "order", "method", "status", "amount", "paid_at"]
    order_columns = ["paid_at", "amount"]
    show_columns = ["number", "order", "method", "amount", "status", "paid_at", "transaction_id", "created_at"]
    is_searchable = False  # type: ignore[assignment]  # the filters find a number by its beginning, from an index
    empty_text = _("Payments appear here as soon as members pay.")


class RefundLineScreen(Screen):
    """Which goods each refund is for."""

    model = RefundLine
    list_title = _("Refunded goods")
    icon = "fa-list"
    in_menu = False
    base_permissions = ["can_view"]
    list_columns = ["name", "quantity", "amount", "product", "refund"]
    search_columns = ["refund", "product"]
    order_columns = []
    show_columns = ["refund", "product", "name", "quantity", "amount"]
    is_searchable = False  # type: ignore[assignment]


class RefundScreen(Screen):
    """Every refund: how much went back to whom, when and why. A refund is made on the page of its order."""

    model = Refund
    list_title = _("Refunds")
    icon = "fa-rotate-left"
    go_key = "r"
    base_permissions = ["can_view"]
    list_columns = ["number", "order", "member", "amount", "reason", "status", "requested_at", "refunded_at"]
    related_columns = ["order", "amount", "reason", "status", "member", "requested_at", "refunded_at"]
    search_columns = ["number", "order", "member", "channel", "status", "amount", "requested_at", "refunded_at"]
    order_columns = ["requested_at", "refunded_at", "amount"]
    base_order = ("requested_at", "desc")
    show_columns = ["number", "order", "payment", "member", "channel", "amount", "reason", "status", "requested_at",
                    "refunded_at", "source", "source_id"]
    related_views = [RefundLineScreen]
    empty_text = _("Refunds appear here when money goes back to members.")


class OrderScreen(Screen):
    """All orders, newest first. An order's page shows its goods, its money, what happened to it and what can be done
    next. What was ordered and what it cost cannot be changed here; the receiver can, until the parcel is on its
    way."""

    model = Order
    list_title = _("Orders")
    icon = "fa-receipt"
    go_key = "o"
    base_permissions = ["can_view", "can_edit"]
    list_columns = ["number", "status", "buyer_name", "total_amount", "item_count", "channel", "placed_at"]
    search_columns = ["status", "channel", "placed_at", "member", "total_amount", "paid_at", "tracking_number"]
    order_columns = ["placed_at", "total_amount", "paid_at"]
    base_order = ("placed_at", "desc")
    form_fieldsets = [
        (_("Receiver"), {"fields": [
            "receiver_name", "receiver_phone", "receiver_country", "receiver_province", "receiver_city",
            "receiver_district", "receiver_detail", "receiver_postcode", "receiver_region_code"],
            "help": _("The receiver can be changed until the order is shipped.")}),
        (_("Parcel"), {"fields": ["carrier", "tracking_number"]}),
        (_("Notes"), {"fields": ["staff_note"]}),
    ]
    show_fieldsets = [
        (_("Order"), {"fields": ["number", "status", "channel", "member", "buyer_name", "placed_at", "paid_at",
                                 "shipped_at", "completed_at", "cancelled_at"]}),
        (_("Receiver"), {"fields": ["receiver_name", "receiver_phone", "receiver_address", "receiver_postcode",
                                    "carrier", "tracking_number"]}),
        (_("Notes"), {"fields": ["remark", "staff_note", "source", "source_id"]}),
    ]
    label_columns = {"receiver_address": _("Address")}
    formatters_columns = {"receiver_phone": phone_text}
    related_views = [OrderLineScreen, PaymentScreen, RefundScreen]
    empty_text = _("Orders appear here as soon as members place them.")

    @action(_("Ship"), icon="fa-paper-plane", many=False, asks=True, why_not=services.why_not_ship)
    def ship(self, orders: Sequence[Order]) -> Any:
        order = orders[0]
        given = ask(self, "ship", orders, [required(self.field("carrier")), required(self.field("tracking_number"))],
                    {"carrier": order.carrier, "tracking_number": order.tracking_number})
        if not isinstance(given, dict):
            return given
        services.ship_order(order, given["carrier"], given["tracking_number"])
        return None

    @action(_("Complete"), icon="fa-check", why_not=services.why_not_complete,
            confirm=_("Say that the buyer has what they ordered?"))
    def complete(self, orders: Sequence[Order]) -> None:
        services.complete_orders(orders)

    @action(_("Take cash"), icon="fa-cash-register", why_not=services.why_not_take_payment,
            confirm=_("Book all that is due as paid in cash?"))
    def take_cash(self, orders: Sequence[Order]) -> None:
        services.take_cash(orders)

    @action(_("Call off"), icon="fa-ban", tone="bad", asks=True, why_not=services.why_not_cancel)
    def cancel(self, orders: Sequence[Order]) -> Any:
        given = ask(self, "cancel", orders, [question("reason", "text", _("Reason"), size=300)])
        if not isinstance(given, dict):
            return given
        services.cancel_orders(orders, given["reason"])
        return None

    @action(_("Refund"), icon="fa-rotate-left", tone="bad", many=False, asks=True,
            why_not=services.why_not_refund)
    def refund(self, orders: Sequence[Order]) -> Any:
        order = orders[0]
        amount = question("amount", "money", _("Amount"), help=_("Books money that you have given back. At most what "
                                                                 "was paid and not yet given back."), min=1)
        given = ask(self, "refund", orders, [amount, question("reason", "text", _("Reason"), size=300)],
                    {"amount": order.refundable_amount})
        if not isinstance(given, dict):
            return given
        services.record_refund(order, given["amount"], given["reason"])
        return None

    @panel(_("Money"), icon="fa-coins")
    def summary(self, order: Order) -> str:
        return render_template("houtai/orders/money.html", order=order)

    @panel(_("What comes next"), icon="fa-route")
    def next_steps(self, order: Order) -> str:
        steps = [
            {"label": mark.label, "icon": mark.icon, "reason": mark.why_not(order) if mark.why_not else None}
            for mark in self.actions.values() if self.may(mark.name)
        ]
        way = WAY if order.status in WAY else (*(step for step in WAY if self._reached(order, step)), order.status)
        reached = [{"label": step.label, "at": (at := self._reached(order, step)), "is_now": step is order.status,
                    "tone": step.tone if step is order.status else "good" if at else "plain"} for step in way]
        return render_template("houtai/orders/next.html", way=reached, steps=steps, is_final=not MOVES[order.status])

    @staticmethod
    def _reached(order: Order, step: OrderStatus) -> Any:
        """When the order came to this step, or None."""
        times = {OrderStatus.placed: order.placed_at, OrderStatus.refunded: next(
            (refund.refunded_at for refund in reversed(order.refunds) if refund.refunded_at), None)}
        return times[step] if step in times else getattr(order, services.TIMES[step])

    @panel(_("History"), icon="fa-clock-rotate-left")
    def timeline(self, order: Order) -> str | None:
        entries = [
            {"at": event.happened_at, "text": event.to_status.label, "detail": event.reason, "actor": event.actor,
             "icon": STATUS_ICONS[event.to_status], "tone": event.to_status.tone, "url": None}
            for event in reversed(order.events)
        ]
        return render_template("houtai/panels/timeline.html", entries=entries) if entries else None


# A member's page shows their orders and refunds; members know nothing of orders, so it is said here.
MemberScreen.related_views = [*MemberScreen.related_views, OrderScreen, RefundScreen]
