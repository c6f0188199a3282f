"""Orders: what was bought, paid, sent and given back."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.orders import home, timeline, views  # noqa: F401  timeline plugs itself in

module = Module(
    "orders", _("Orders"), icon="fa-receipt", order=5, home=[home.cards], demo="app.modules.orders.demo:DEMO",
    screens=[
        views.OrderScreen, views.PaymentScreen, views.RefundScreen, views.OrderLineScreen, views.RefundLineScreen,
    ],
)
