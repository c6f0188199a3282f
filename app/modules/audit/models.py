"""The audit trail: one line for every change and every sign-in, written in the transaction that made it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core import clock, settings
from app.core.actor_words import THE_PROGRAM, actor_text
from app.core.db import (
    Choice,
    Index,
    Mapped,
    Record,
    big_integer,
    choice,
    integer,
    json_data,
    moment,
    text,
)
from app.core.i18n import lazy as _
from app.core.i18n import moment_text
from app.lowcode.security.roles import role_label


class AuditAction(Choice):
    """What was done."""

    added = "added", _("Added"), "good"
    edited = "edited", _("Edited"), "info"
    deleted = "deleted", _("Deleted"), "bad"
    restored = "restored", _("Restored"), "good"
    values_restored = "values_restored", _("Earlier values restored"), "warn"
    edited_many = "edited_many", _("Edited many"), "warn"
    signed_in = "signed_in", _("Signed in"), "good"
    sign_in_refused = "sign_in_refused", _("Sign-in refused"), "bad"
    signed_out = "signed_out", _("Signed out"), "plain"
    password_changed = "password_changed", _("Password changed"), "warn"
    sessions_ended = "sessions_ended", _("Signed out everywhere"), "warn"
    permissions_changed = "permissions_changed", _("Permissions changed"), "warn"
    happened = "happened", _("Event"), "info"


class ActorKind(Choice):
    """What sort of actor did it; the kinds of `app.core.actor`."""

    staff = "staff", _("Staff"), "info"
    api = "api", _("API"), "info"
    member = "member", _("Member"), "good"
    job = "job", _("Job"), "plain"
    command = "command", _("Command"), "plain"
    importing = "import", _("Import"), "plain"
    system = "system", THE_PROGRAM, "plain"


class AuditLine(Record):
    """One thing that was done: by whom, from where, to what, and how it was before."""

    __tablename__ = "audit_lines"
    __audited__ = False
    __table_args__ = (
        Index(None, "table_name", "record_id", "id"),
        Index(None, "at", "id"),
        Index(None, "action", "id"),
    )
    title_column = "title"

    at: Mapped[datetime] = moment(_("When"), default=clock.now)
    action: Mapped[AuditAction] = choice(AuditAction, _("What"))
    actor_kind: Mapped[ActorKind] = choice(ActorKind, _("Kind of actor"))
    actor_id: Mapped[int | None] = integer(_("Number of the actor"))
    actor_name: Mapped[str] = text(130, _("Who"), index=True)
    table_name: Mapped[str | None] = text(64, _("Table"))
    record_id: Mapped[int | None] = big_integer(_("Number of the record"))
    title: Mapped[str | None] = text(200, _("Record"))
    changes: Mapped[dict[str, Any]] = json_data(_("What changed"), default=dict)
    ip: Mapped[str | None] = text(45, _("IP address"), index=True)
    request_id: Mapped[str | None] = text(32, _("Request"), index=True)

    def __str__(self) -> str:
        return f"{self.action} · {self.record_name or self.actor} · {moment_text(self.at)}"

    @property
    def actor(self) -> str:
        """Who did it, in words."""
        return actor_text(self.actor_kind.value, self.actor_name)

    @property
    def record_name(self) -> str:
        """What the record was called then; a starter role and a setting in the reader's language."""
        title = self.title or ""
        if self.table_name == "settings":
            found = settings.find(title)
            return str(found.label) if found is not None else title
        return role_label(title) if self.table_name == "ab_role" else title

    @property
    def subject(self) -> str:
        """What kind of thing it was done to, in words."""
        from app.modules.audit.words import table_label

        return table_label(self.table_name)

    @property
    def summary(self) -> str:
        """What changed, in one line."""
        from app.modules.audit.words import summary_of

        return summary_of(self)
