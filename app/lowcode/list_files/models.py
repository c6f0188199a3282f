"""What was asked for, by whom, and what came of it; gone with its file after a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core import clock
from app.core.db import Mapped, Record, big_integer, integer, json_data, moment, text
from app.core.i18n import lazy as _


class ListFile(Record):
    """One file of a list, of whoever asked for it alone. The audit trail has its own line about each export."""

    __tablename__ = "list_files"
    __audited__ = False
    key: Mapped[str] = text(80, _("Key"), unique=True, help=_("Under which it lies in the store, and in its address."))
    name: Mapped[str] = text(200, _("File name"))
    screen: Mapped[str] = text(80, _("Screen"))
    form: Mapped[str] = text(10, _("Type"))
    asked: Mapped[Any] = json_data(_("Asked for"), help=_("Search, filters and order, as in the list's address."))
    columns: Mapped[Any] = json_data(_("Columns"))
    user_id: Mapped[int] = big_integer(_("User (ID)"))
    locale: Mapped[str] = text(20, _("Language"))
    row_count: Mapped[int | None] = integer(_("Rows"), min=0)
    byte_count: Mapped[int | None] = big_integer(_("Bytes"), help=_("Not known until it is made."))
    expires_at: Mapped[datetime] = moment(_("Deleted at"), index=True)

    @property
    def is_ready(self) -> bool:
        """Whether it can be fetched now."""
        return self.byte_count is not None and self.expires_at > clock.now()
