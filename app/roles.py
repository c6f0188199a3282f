"""The starter roles: who in a shop may do what on which screen.

What the letters mean is told in `app.lowcode.security.roles`. The owner is not in the table: an owner may do
everything, always.

A role is made once and follows this table with every update, except for what an admin has changed in the browser.
"""

from __future__ import annotations

from app.core.i18n import lazy as _
from app.lowcode.security.roles import Starter

CATALOG = (
    "ProductScreen", "CategoryScreen", "BrandScreen", "SkuScreen", "ProductTagScreen", "ProductReviewScreen",
    "ProductSpecificationScreen", "ProductAttributeScreen",
)
MEMBERS = (
    "MemberScreen", "MemberLevelScreen", "MemberTagScreen", "RegionScreen", "AddressScreen", "MemberNoteScreen",
)
ORDERS = ("OrderScreen", "OrderLineScreen", "PaymentScreen", "RefundScreen", "RefundLineScreen")


def _each(screens: tuple[str, ...], what: str) -> dict[str, str]:
    return dict.fromkeys(screens, what)


STARTERS = [
    Starter("operator", _("Operator"), _("Keeps products, members and orders, and looks at the figures."), {
        **_each(CATALOG, "*"), **_each(MEMBERS, "*"), **_each(ORDERS, "v"), "OrderScreen": "*", "SalesReport": "*",
        "BinScreen": "v can_restore", "SavedViews": "can_share",
        "Comments": "can_moderate",
    }),
    Starter("customer_service", _("Customer service"), _("Answers members and looks after their orders."), {
        **_each(CATALOG, "v"), "ProductReviewScreen": "*", **_each(MEMBERS, "v"),
        "MemberScreen": "ve can_reveal can_tag can_untag", "AddressScreen": "vae", "MemberNoteScreen": "vae",
        **_each(ORDERS, "v"), "OrderScreen": "ve can_cancel can_refund",
        "BinScreen": "v can_restore",
    }),
    Starter("warehouse", _("Warehouse"), _("Sees what was ordered and where it goes."), {
        **_each(CATALOG, "v"), "SkuScreen": "ve", "OrderScreen": "v can_ship can_complete", "OrderLineScreen": "v",
        "AddressScreen": "v", "MemberScreen": "can_reveal",
    }),
    Starter("finance", _("Finance"), _("Checks payments, refunds and figures."), {
        **_each(ORDERS, "v can_export"), "OrderScreen": "v can_export can_take_cash can_refund", "SalesReport": "*",
        "MemberScreen": "v",
    }),
    Starter("translator", _("Translator"), _("Reads the catalogue in order to put it into other languages."), {
        **_each(CATALOG, "v"),
    }),
    Starter("auditor", _("Auditor"), _("Looks into everything and changes nothing; reads the audit trail."), {
        "AuditScreen": "v",
    }, everywhere="v"),
    Starter("read_only", _("Read only"), _("Looks at the shop's business and changes nothing."), {
        **_each(CATALOG, "v"), **_each(MEMBERS, "v"), **_each(ORDERS, "v"), "SalesReport": "v",
    }),
]
