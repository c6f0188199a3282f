"""What the audit trail hears of comments: who wrote, changed or deleted one where, and never what it said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.events import Audited
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode.registry import registry

WHAT: dict[str, Any] = {
    "written": _("Wrote a comment"), "changed": _("Changed a comment"), "deleted": _("Deleted a comment"),
}


@dataclass(frozen=True)
class Commented(Audited):
    """Somebody wrote, changed or deleted a comment on a record: `what` is one of WHAT, `author` whose comment it is
    where somebody else deleted it."""

    kind_of_record = _("Comments")
    screen: str
    record_id: int
    title: str
    comment_id: int
    what: str
    author: str = ""

    def record_name(self) -> str:
        view = registry().screen_named(self.screen)
        return f"{view.list_title if view is not None else self.screen}: {self.title}"

    def in_words(self) -> str:
        if self.author:
            return gettext("Deleted a comment of %(author)s", author=self.author)
        return str(WHAT.get(self.what, self.what))
