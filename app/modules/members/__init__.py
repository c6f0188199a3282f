"""Members: who shops here."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.members import derived, views  # noqa: F401  derived plugs itself in

module = Module(
    "members", _("Members"), icon="fa-users", order=20, demo="app.modules.members.demo:DEMO",
    screens=[
        views.MemberScreen, views.MemberLevelScreen, views.MemberTagScreen, views.RegionScreen, views.AddressScreen,
        views.MemberNoteScreen,
    ],
)
