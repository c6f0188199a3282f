"""What the shop decides about its backups."""

from __future__ import annotations

from app.core.i18n import lazy as _
from app.core.settings import Settings, setting


class BackupSettings(Settings):
    """How many backups are kept. Of each day, week and month the newest one counts; the newest of all always stays."""

    label = _("Backups")
    order = 80
    daily: int = setting(7, _("Daily backups"), min=1, max=60, help=_("The last days of which a backup is kept."))
    weekly: int = setting(5, _("Weekly backups"), min=0, max=60, help=_("The last weeks of which a backup is kept."))
    monthly: int = setting(12, _("Monthly backups"), min=0, max=120,
                           help=_("The last months of which a backup is kept."))
