"""What may wait for people in orders: parcels to send, orders that nobody paid for, refunds to decide."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.i18n import lazy as _
from app.lowcode.work import WorkLine
from app.modules.orders.views import OrderScreen, RefundScreen


def _yesterday() -> str:
    return (clock.today() - timedelta(days=1)).isoformat()


LINES = [
    WorkLine(_("Orders to ship"), OrderScreen, {"f.status": "paid"}, since="placed_at", needs="ship", icon="fa-truck",
             hint=_("Paid and waiting to be sent."), bad_after=timedelta(days=3)),
    WorkLine(_("Orders unpaid since yesterday or longer"), OrderScreen,
             {"f.status": "placed", "f.placed_at.to": _yesterday}, since="placed_at", needs="cancel", tone="info",
             icon="fa-wallet", hint=_("Remind the buyer, or call them off.")),
    WorkLine(_("Refunds to decide"), RefundScreen, {"f.status": "requested"}, since="requested_at",
             icon="fa-rotate-left", hint=_("Asked for by members."), bad_after=timedelta(days=2)),
]
