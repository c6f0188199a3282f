"""The starter roles: who in a shop may do what on which screen.

Each role is a name, words, and lines of screens with letters: `v` view, `a` add, `e` edit, `d` delete, `*` every
permission the screen has; other permissions (buttons of a screen) are written out. The owner is not in the table:
an owner may do everything, always. A screen that is named here but not installed is passed over.

A role is made once and follows this table with every update, except for what an admin has changed in the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.i18n import lazy as _

OWNER = "owner"
LETTERS = {"v": "can_view", "a": "can_add", "e": "can_edit", "d": "can_delete"}


@dataclass(frozen=True)
class Starter:
    """A role as shipped. `screens` is view name → letters and permission names; `everywhere` holds for all others."""

    name: str
    label: Any
    description: Any
    screens: dict[str, str]
    everywhere: str = ""


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
        "BinScreen": "v can_restore",
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
        **_each(ORDERS, "v"), "OrderScreen": "v can_take_cash can_refund", "SalesReport": "*", "MemberScreen": "v",
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
BY_NAME = {starter.name: starter for starter in STARTERS}
LABELS: dict[str, Any] = {OWNER: _("Owner"), **{starter.name: starter.label for starter in STARTERS}}
DESCRIPTIONS: dict[str, Any] = {
    OWNER: _("May do everything, and is the only one who can make another owner."),
    **{starter.name: starter.description for starter in STARTERS},
}


def role_label(name: str) -> str:
    """A role's name for people: translated if it is one of ours, else as the admin wrote it."""
    return str(LABELS.get(name, name))


def granted(starter: Starter, known: dict[str, set[str]]) -> set[tuple[str, str]]:
    """What a starter role is given out of the `known` permissions (view name → permission names)."""
    found: set[tuple[str, str]] = set()
    for view, offered in known.items():
        words = starter.screens.get(view, starter.everywhere)
        if "*" in words.split():
            wanted = offered
        else:
            wanted = {LETTERS[letter] for word in words.split() if not word.startswith("can_") for letter in word}
            wanted |= {word for word in words.split() if word.startswith("can_")}
        found |= {(name, view) for name in wanted & offered}
    return found
