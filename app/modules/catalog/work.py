"""What may wait for people in the catalogue: goods that sell wrongly or not at all, and reviews to look at."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.i18n import lazy as _
from app.lowcode.work import WorkLine
from app.modules.catalog.views import ProductReviewScreen, ProductScreen

REVIEW_DAYS = 30
"""How long a hidden review is asked about; after that it was meant to be hidden."""


def _lately() -> str:
    return (clock.today() - timedelta(days=REVIEW_DAYS)).isoformat()


LINES = [
    WorkLine(_("Products on sale without a price"), ProductScreen, {"f.is_listed": "1", "f.price.to": "0"},
             needs="edit", tone="bad", icon="fa-yen-sign", hint=_("Members can order them for nothing.")),
    WorkLine(_("Products on sale without a picture"), ProductScreen, {"f.is_listed": "1", "f.has_picture": "0"},
             needs="edit", icon="fa-image", hint=_("Members pass over what they cannot see.")),
    WorkLine(_("Products on sale of which nothing is left"), ProductScreen, {"f.is_listed": "1", "f.stock.to": "0"},
             needs="edit", icon="fa-box", hint=_("Fill up the stock, or delist them.")),
    WorkLine(_("Products in stock that are not on sale"), ProductScreen, {"f.is_listed": "0", "f.stock.from": "1"},
             needs="list_products", tone="info", icon="fa-box-open", hint=_("List them, or plan when they are.")),
    WorkLine(_("New reviews that are not shown"), ProductReviewScreen,
             {"f.is_shown": "0", "f.written_at.from": _lately}, since="written_at", needs="show_reviews", tone="info",
             icon="fa-comments", hint=_("Written in the last thirty days.")),
]
