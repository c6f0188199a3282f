"""What the home page says of the catalogue: what is on sale and sold out."""

from __future__ import annotations

from app.core.i18n import lazy as _
from app.lowcode.home import HomeCard, counted
from app.modules.catalog import views


def cards() -> list[HomeCard]:
    """Listed products of which nothing is left."""
    return counted(views.ProductScreen, _("Sold out"), filters={"f.is_listed": "1", "f.stock.to": "0"}, icon="fa-box",
                   hint=_("On sale, but nothing is left."))
