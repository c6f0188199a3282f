"""What the audit trail is told when a file is fetched; that it was made is told as of any export."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.events import Audited
from app.core.i18n import gettext, number_text
from app.core.i18n import lazy as _
from app.lowcode.registry import registry


@dataclass(frozen=True)
class ListFetched(Audited):
    """Somebody took a file that had been made for them."""

    kind_of_record = _("Exports")
    screen: str
    row_count: int
    form: str

    def record_name(self) -> str:
        view = registry().screen_named(self.screen)
        return str(view.list_title) if view is not None else self.screen

    def in_words(self) -> str:
        return gettext("Downloaded the file of %(count)s rows as %(form)s", count=number_text(self.row_count),
                       form=self.form.upper())
