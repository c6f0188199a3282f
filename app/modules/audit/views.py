"""The audit trail on a screen: to look into, never to change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.core.actor import current_actor
from app.core.i18n import lazy as _
from app.core.i18n import listed
from app.lowcode import Screen
from app.lowcode.access import may
from app.lowcode.actions import panel
from app.lowcode.meeting import Told
from app.lowcode.registry import registry
from app.modules.audit import services, words
from app.modules.audit.models import AuditAction, AuditLine


class AuditScreen(Screen):
    """Who did what, when and from where: every change, every sign-in. Lines cannot be changed or deleted here."""

    model = AuditLine
    icon = "fa-clipboard-list"
    route_base = "/audit"
    list_title = _("Audit trail")
    base_permissions = ["can_view"]
    base_order = ("id", "desc")
    in_search = False
    with_comments = False
    list_columns = ["at", "actor", "action", "subject", "record_name", "summary", "ip"]
    label_columns = {
        "actor": _("Who"), "subject": _("Kind of record"), "record_name": _("Record"), "summary": _("What changed")}
    search_columns = ["at", "action", "actor_kind", "actor_name", "table_name", "record_id", "ip", "request_id"]
    order_columns = ["at"]
    show_columns = [
        "at", "action", "actor", "actor_kind", "subject", "record_name", "table_name", "record_id", "ip",
        "request_id"]
    empty_title = _("Nothing has happened yet")
    empty_text = _("Every change and every sign-in will be listed here.")

    @property
    def is_searchable(self) -> bool:
        """Only by filters, which have indexes: the trail grows for years."""
        return False

    @panel(_("Before and after"), icon="fa-clock-rotate-left")
    def before_and_after(self, line: AuditLine) -> Any:
        """What was changed, column by column."""
        changes = words.changes_of(line)
        return render_template("houtai/staff/changes.html", changes=changes) if changes else None


LONGEST_SAVE = timedelta(minutes=1)


def history_since(model: Any, record_id: int, since: datetime) -> Told | None:
    """What happened to a record since a moment, for whoever meets others' changes on its form. They see the values
    there anyway; the whole of it is for those who may see the record's page."""
    table = model.__tablename__
    # A change is noted before it is committed: the form may have been opened in between.
    lines = services.history_of(table, record_id, since=since) or services.history_of(
        table, record_id, at_most=1, since=since - LONGEST_SAVE)
    if not lines:
        return None
    screen, me = registry().screen_of(model), current_actor()
    who = listed(dict.fromkeys(line.actor for line in reversed(lines)))
    is_self = all(line.actor_id == me.id and line.actor_kind.value == me.kind for line in lines)
    shown = None
    if may("can_view", "AuditScreen") or (screen is not None and screen.may("view")):
        told = list(zip(lines, words.changes_of_many(lines), strict=True))
        shown = Markup(render_template("houtai/staff/history.html", lines=told))
    return Told(who, lines[0].at, is_self, lines[0].action is AuditAction.deleted, shown)
