"""Suppliers: the companies we buy from."""
from app.core.db import Choice, Mapped, Record, choice, long_text, text
from app.core.i18n import lazy as _

class SupplierStatus(Choice):
    active = "active", _("Active")
    paused = "paused", _("Paused")

class Supplier(Record):
    """A company we buy goods from."""
    __tablename__ = "suppliers"
    name: Mapped[str] = text(80, _("Name"), unique=True)
    phone: Mapped[str | None] = text(20, _("Phone"))
    status: Mapped[SupplierStatus] = choice(SupplierStatus, _("Status"), default=SupplierStatus.active)
    note: Mapped[str | None] = long_text(_("Note"))
