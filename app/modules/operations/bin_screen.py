"""The recycle bin on a screen: what was deleted, and the way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from flask import flash, has_request_context, redirect
from sqlalchemy import ColumnElement, and_, or_

from app.core import bin as recycle_bin
from app.core import clock
from app.core.actor import current_actor
from app.core.actor_words import stored_actor_text
from app.core.bin import BinEntry
from app.core.changes import RecordChanged
from app.core.db import db
from app.core.events import publish
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.core.jobs import job
from app.core.settings import Settings, setting
from app.lowcode import Screen, action
from app.lowcode.registry import registry

AT_ONCE = 200


class BinSettings(Settings):
    """How long what was deleted can be restored."""

    label = _("Recycle bin")
    order = 82
    days_to_keep: int = setting(30, _("Days to keep what was deleted"), min=1, max=3650,
                                help=_("After so many days it is gone for good."))


@job(cron="50 3 * * *", label=_("Empty the recycle bin"))
def empty_recycle_bin() -> int:
    """Deletes for good what has been in the recycle bin longer than the settings keep it."""
    oldest, gone = clock.now() - timedelta(days=BinSettings.days_to_keep), 0
    while count := recycle_bin.forget_before(oldest, AT_ONCE):
        db.session.commit()
        gone += count
    return gone


def _kind(table_name: str) -> Any:
    screen = registry().screen_of_table(table_name)
    return screen.list_title if screen is not None else table_name


class BinScreen(Screen):
    """What was deleted lately. Restoring brings a record back as it was, with everything that went with it; deleting it
    here deletes it for good. You see what belongs to screens on which you may delete yourself."""

    model = BinEntry
    list_title = _("Recycle bin")
    icon = "fa-trash"
    base_permissions = ["can_view", "can_delete"]
    base_order = ("id", "desc")
    keeps_deleted = False
    with_comments = False
    list_columns = ["title", "table_name", "deleted_by", "deleted_at"]
    form_columns: ClassVar[list[str]] = []
    show_columns = ["title", "table_name", "record_id", "deleted_by", "deleted_at", "companions"]
    label_columns = {"companions": _("Rows that went with it")}
    formatters_columns = {"table_name": _kind, "deleted_by": stored_actor_text}
    search_columns = ["title", "deleted_by", "deleted_at"]
    order_columns = ["id"]
    empty_title = _("The recycle bin is empty")
    empty_text = _("What is deleted can be restored from here for a while.")

    def row_conditions(self) -> list[ColumnElement[bool]]:
        """Only what the reader could have deleted, and so has a right to know of."""
        if not has_request_context():
            return super().row_conditions()
        whole: list[str] = []
        parts: list[str] = []
        for screen in registry().screens():
            if screen is not self and screen.has_bin and screen.may("delete"):
                (parts if type(screen).base_filters else whole).append(screen.model.__tablename__)
        # Of a screen that shows only some rows to its reader, what they deleted themselves.
        own = and_(BinEntry.table_name.in_(parts), BinEntry.deleted_by_id == current_actor().id)
        return [*super().row_conditions(), or_(BinEntry.table_name.in_(whole), own)]

    @action(_("Restore"), icon="fa-rotate-left")
    def restore(self, entries: list[BinEntry]) -> Any:
        """Put it back as it was."""
        titles = [entry.title for entry in entries]
        records = [recycle_bin.restore(entry) for entry in entries]
        if len(records) > 1:
            return None
        screen = registry().screen_of(type(records[0]))
        if screen is None or not screen.may("view"):
            return None
        flash(gettext("Restored: %(title)s", title=titles[0]), "success")
        return redirect(screen.url_of(records[0]))

    def post_delete(self, item: BinEntry) -> None:
        publish(RecordChanged("deleted", BinEntry.__tablename__, item.id, item.title))
