"""What the shop decides about signing in. The module `staff` plugs it in; this package reads it."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.core.database import db
from app.core.i18n import lazy as _
from app.core.settings import Settings, setting
from app.lowcode.security.roles import role_label


def all_roles() -> list[tuple[str, str]]:
    """The roles there are: stored name and words."""
    found = [(name, role_label(name)) for name in db.session.scalars(select(Role.name))]
    return sorted(found, key=lambda pair: pair[1])


class SignInSettings(Settings):
    """How people prove who they are."""

    label = _("Signing in")
    roles_with_second_factor: tuple[str, ...] = setting(
        (), _("Roles that must use two-step sign-in"), offered=all_roles,
        help=_("Whoever has one of these roles must set it up before anything else. Owner and finance are good "
               "choices."))
    minutes_until_asked_again: int = setting(
        15, _("Minutes until the password is asked again"), min=1, max=720,
        help=_("Before roles, e-mail addresses or passwords of users are changed, whoever does it must have given "
               "their own password within this time."))
    hours_of_one_time_passwords: int = setting(
        24, _("Hours that a one-time password counts"), min=1, max=720,
        help=_("After that it opens nothing, and a new one must be made."))


def needs_second_factor(role_names: list[str]) -> bool:
    """Whether someone with these roles must have a second factor."""
    return not set(SignInSettings.roles_with_second_factor).isdisjoint(role_names)
