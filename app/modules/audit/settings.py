"""What the shop decides about its audit trail."""

from __future__ import annotations

from app.core.i18n import lazy as _
from app.core.settings import Settings, setting
from app.modules.audit.services import SHORTEST_MEMORY_DAYS


class AuditSettings(Settings):
    """How long it is kept who did what."""

    label = _("Audit trail")
    days_to_keep: int = setting(
        1095, _("Days to keep the audit trail"), min=SHORTEST_MEMORY_DAYS, max=36_500,
        help=_("Older lines are taken out every night. The law asks for six months at least."))
