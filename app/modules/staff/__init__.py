"""Staff: the people who work here, their roles and groups."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.lowcode.security.policy import SignInSettings
from app.modules.staff.commands import commands
from app.modules.staff.jobs import clear_ended_sessions, renew_encryption
from app.modules.staff.views import GroupScreen, RoleScreen, UserScreen

module = Module(
    "staff", _("Staff"), icon="fa-users-gear", order=90,
    screens=[UserScreen, RoleScreen, GroupScreen],
    jobs=[clear_ended_sessions, renew_encryption],
    settings=[SignInSettings],
    commands=[commands],
)
