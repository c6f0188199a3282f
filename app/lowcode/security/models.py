"""Tables behind signing in: sessions, what is known of an account, preferences, and the state of permissions.

All are machinery, so none is in the audit trail by itself; what matters to people (a sign-in, a changed role)
is told as a fact of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User

from app.core.db import Mapped, Record, json_data, moment, reference, text, yes_no
from app.core.i18n import lazy as _

BROWSER, API = "browser", "api"
"""The kinds of a session: a signed-in browser, or a program that fetched a token from the API."""


class StaffSession(Record):
    """One sign-in. The browser or program holds a random token; only its hash is stored."""

    __tablename__ = "staff_sessions"
    __audited__ = False
    title_column = "agent"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE")
    token_hash: Mapped[str] = text(64, _("Token"), unique=True)
    kind: Mapped[str] = text(8, _("Kind"))
    last_seen_at: Mapped[datetime] = moment(_("Last seen"))
    expires_at: Mapped[datetime] = moment(_("Ends at the latest"))
    revoked_at: Mapped[datetime | None] = moment(_("Ended"))
    ip: Mapped[str | None] = text(45, _("IP address"))
    agent: Mapped[str | None] = text(200, _("Browser"))
    # A digest of the stored password hash: whoever changes the password, by whatever way, ends the session.
    password_mark: Mapped[str] = text(32, _("Password mark"))


class StaffAccount(Record):
    """What we know of a user beyond the framework's own table."""

    __tablename__ = "staff_accounts"
    __audited__ = False
    title_column = "user_id"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False, unique=True)
    must_change_password: Mapped[bool] = yes_no(_("Must change the password"))
    password_changed_at: Mapped[datetime | None] = moment(_("Password changed"))


class StaffPreference(Record):
    """How one user likes to see the back office. Empty means: as the browser or the shop says."""

    __tablename__ = "staff_preferences"
    __audited__ = False
    title_column = "user_id"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False, unique=True)
    locale: Mapped[str | None] = text(20, _("Language"))
    theme: Mapped[str | None] = text(10, _("Theme"))
    page_sizes: Mapped[dict[str, Any]] = json_data(_("Rows per page"), default=dict)


class PermissionState(Record):
    """One row whose stamp changes whenever a role's permissions do; it tells caches in other processes."""

    __tablename__ = "staff_permission_state"
    __audited__ = False
    title_column = "stamp"
    stamp: Mapped[str] = text(32, _("Stamp"))


class StarterRole(Record):
    """What a starter role was last given by us, so that an update leaves alone what an admin has changed."""

    __tablename__ = "staff_starter_roles"
    __audited__ = False
    name: Mapped[str] = text(64, _("Name"), unique=True)
    permissions: Mapped[list[Any]] = json_data(_("Permissions"), default=list)


def _keep_framework_columns_honest() -> None:
    """Tell the audit trail which of the framework's columns are secret or say nothing, and keep old values."""
    User.__table__.c.password.info["secret"] = True
    for model in (User, Role, Group):
        for attribute in model.__mapper__.column_attrs:
            # An attribute that a commit has expired would otherwise forget its old value when it is set.
            getattr(model, attribute.key).impl.active_history = True


_keep_framework_columns_honest()
