"""Orders: what was bought, paid, sent and given back."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.orders import timeline, views, work  # noqa: F401  timeline plugs itself in

module = Module(
    "orders", _("Orders"), icon="fa-receipt", order=5, work=work.LINES, demo="app.modules.orders.demo:DEMO",
    screens=[
        views.OrderScreen, views.PaymentScreen, views.RefundScreen, views.OrderLineScreen, views.RefundLineScreen,
    ],
)
