"""Tables behind signing in: sessions, what is known of an account, preferences, and the state of permissions.

All are machinery, so none is in the audit trail by itself; what matters to people (a sign-in, a changed role)
is told as a fact of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import event
from sqlalchemy.orm import Mapper, relationship

from app.core.db import Mapped, Record, integer, json_data, moment, reference, text, yes_no
from app.core.i18n import lazy as _
from app.lowcode.security.roles import role_description, role_label, role_labels

BROWSER, API = "browser", "api"
"""The kinds of a session: a signed-in browser, or a program that fetched a token from the API."""
NO_EMAIL = "users.noreply.invalid"
"""Where a user has no e-mail address: the framework wants one, and `.invalid` is never delivered to (RFC 2606)."""


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
    proven_at: Mapped[datetime] = moment(_("Password last given"))
    end_reason: Mapped[str | None] = text(20, _("Why it ended"))
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
    one_time_until: Mapped[datetime | None] = moment(_("One-time password counts until"))


class StaffSecondFactor(Record):
    """The key that a user's authenticator app shares with us, encrypted, and the last time step whose code was used."""

    __tablename__ = "staff_second_factors"
    __audited__ = False
    title_column = "user_id"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False, unique=True)
    sealed_key: Mapped[str] = text(255, _("Key"), info={"secret": True})
    last_step: Mapped[int] = integer(_("Last used time step"))


class StaffRecoveryCode(Record):
    """One recovery code: its digest, until it is used."""

    __tablename__ = "staff_recovery_codes"
    __audited__ = False
    title_column = "user_id"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE")
    code_hash: Mapped[str] = text(64, _("Recovery code"), info={"secret": True})
    used_at: Mapped[datetime | None] = moment(_("Used"))


class StaffPreference(Record):
    """How one user likes to see the back office. Empty means: as the browser or the shop says."""

    __tablename__ = "staff_preferences"
    __audited__ = False
    title_column = "user_id"
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False, unique=True)
    locale: Mapped[str | None] = text(20, _("Language"))
    theme: Mapped[str | None] = text(10, _("Theme"))
    page_sizes: Mapped[dict[str, Any]] = json_data(_("Rows per page"), default=dict)
    # Screen name → the columns chosen for its list, and the view with which it opens.
    lists: Mapped[dict[str, Any]] = json_data(_("Columns of lists"), default=dict)
    # What is pinned, by the keys of `app.lowcode.finding.places`, in the order in which it was.
    pins: Mapped[list[Any]] = json_data(_("Pinned"), default=list)
    no_shortcuts: Mapped[bool] = yes_no(_("Keyboard shortcuts switched off"))


class PermissionState(Record):
    """One row whose stamp changes whenever a role's permissions do, and another whenever a saved view does; they tell
    caches in other processes."""

    __tablename__ = "staff_permission_state"
    __audited__ = False
    title_column = "stamp"
    stamp: Mapped[str] = text(32, _("Stamp"))
    views_stamp: Mapped[str | None] = text(32, _("Stamp of saved views"))


class StarterRole(Record):
    """What a starter role was last given by us, so that an update leaves alone what an admin has changed."""

    __tablename__ = "staff_starter_roles"
    __audited__ = False
    name: Mapped[str] = text(64, _("Name"), unique=True)
    permissions: Mapped[list[Any]] = json_data(_("Permissions"), default=list)


FRAMEWORK_COLUMNS: dict[Any, dict[str, dict[str, Any]]] = {
    User: {
        "username": {"kind": "text", "size": 64, "label": _("User name")},
        "first_name": {"kind": "text", "size": 64, "label": _("Full name")},
        "last_name": {"kind": "text", "size": 64, "label": _("Second name")},
        "email": {"kind": "email", "size": 254, "label": _("E-mail")},
        "active": {"kind": "yes_no", "label": _("Active")},
        "last_login": {"kind": "moment", "label": _("Last sign-in")},
        "created_on": {"kind": "moment", "label": _("Created")},
        "changed_on": {"untold": True},
        "password": {"secret": True, "label": _("Password")},
    },
    Role: {"name": {"kind": "text", "size": 64, "label": _("Name")}},
    Group: {
        "name": {"kind": "text", "size": 100, "label": _("Name")},
        "label": {"kind": "text", "size": 150, "label": _("Words shown")},
        "description": {"kind": "long_text", "size": 512, "label": _("Description")},
    },
}


FRAMEWORK_RELATIONS: dict[Any, dict[str, Any]] = {
    User: {"roles": _("Roles"), "groups": _("Groups"), "second_factor": _("Two-step sign-in")},
    Role: {"user": _("Users"), "permissions": _("Permissions"), "groups": _("Groups")},
    Group: {"users": _("Users"), "roles": _("Roles")},
}


def _full_name(user: User) -> str:
    """One name, as colleagues say it: the framework's first and last name are an order that not all languages have."""
    return f"{user.first_name or ''} {user.last_name or ''}".strip() or user.username or ""


def _set_full_name(user: User, value: str | None) -> None:
    user.first_name, user.last_name = value or "", ""


def _contact_email(user: User) -> str:
    """The e-mail address, empty where there is none."""
    return "" if (user.email or "").endswith(f"@{NO_EMAIL}") else user.email or ""


def _set_contact_email(user: User, value: str | None) -> None:
    user.email = value or ""


def _second_factor_state(user: User) -> str:
    """`on`, or `missing` where one of the user's roles asks for it, or `off`."""
    from app.lowcode.security.policy import needs_second_factor

    if user.second_factor is not None:
        return "on"
    names = {role.name for holder in [user, *user.groups] for role in holder.roles}
    return "missing" if needs_second_factor(sorted(names)) else "off"


def _say_what_framework_columns_are() -> None:
    """Give the framework's columns the words and kinds that our own columns say of themselves."""
    for model, columns in FRAMEWORK_COLUMNS.items():
        for name, info in columns.items():
            model.__table__.columns[name].info.update(info)
    User.full_name = property(_full_name, _set_full_name)
    User.contact_email = property(_contact_email, _set_contact_email)
    User.second_factor = relationship(StaffSecondFactor, viewonly=True, uselist=False)
    User.second_factor_state = property(_second_factor_state)
    User.__str__ = lambda user: user.full_name  # type: ignore[method-assign]
    Role.label = property(lambda role: role_label(role.name))
    Role.description = property(lambda role: role_description(role.name))
    Role.words_of = {"name": role_labels}
    Role.user_count = property(lambda role: len(role.user))
    Role.permission_count = property(lambda role: len(role.permissions))
    Role.__str__ = lambda role: role_label(role.name)  # type: ignore[method-assign]


@event.listens_for(Mapper, "after_configured")
def _once_mappers_are_ready() -> None:
    for model, labels in FRAMEWORK_RELATIONS.items():
        for name, label in labels.items():
            model.__mapper__.relationships[name].info["label"] = label
        for attribute in model.__mapper__.column_attrs:
            # An attribute that a commit has expired would otherwise forget its old value when it is set.
            getattr(model, attribute.key).impl.active_history = True


_say_what_framework_columns_are()
