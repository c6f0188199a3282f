"""What the home page says of orders: what waits to be sent, to be paid, to be decided."""

from __future__ import annotations

from app.core.i18n import lazy as _
from app.lowcode.home import HomeCard, counted
from app.modules.orders import views


def cards() -> list[HomeCard]:
    """Paid orders to ship, unpaid orders, refunds to decide."""
    return [
        *counted(views.OrderScreen, _("To ship"), filters={"f.status": "paid"}, icon="fa-truck",
                 hint=_("Paid and waiting to be sent.")),
        *counted(views.OrderScreen, _("Awaiting payment"), filters={"f.status": "placed"}, icon="fa-wallet",
                 tone="info", hint=_("Placed and not paid yet.")),
        *counted(views.RefundScreen, _("Refunds to decide"), filters={"f.status": "requested"}, icon="fa-rotate-left",
                 hint=_("Asked for by members.")),
    ]
