"""The table of saved views."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from app.core.db import Choice, Mapped, Record, choice, json_data, reference, text
from app.core.i18n import lazy as _

NAME_SIZE = 60


class Audience(Choice):
    """Who sees a view."""

    private = "private", _("Only me")
    role = "role", _("A role")
    everyone = "everyone", _("Everyone")


class SavedView(Record):
    """A name for what a list was asked for. `content` has `q`, `filters`, `columns`, `sort` and `size`, as far as they
    are not those of the plain list. Not in the audit trail by itself: what happens to shared ones is told as a fact."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "screen", "name"),)
    __audited__ = False
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False)
    screen: Mapped[str] = text(100, _("Screen"))
    name: Mapped[str] = text(NAME_SIZE, _("Name"))
    audience: Mapped[Audience] = choice(Audience, _("Who sees it"), default=Audience.private)
    # A view whose role is no more is its maker's alone again.
    role_id: Mapped[int | None] = reference("ab_role", _("Role"), on_delete="SET NULL")
    content: Mapped[dict[str, Any]] = json_data(_("Content"), default=dict)
