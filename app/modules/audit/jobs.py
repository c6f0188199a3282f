"""Scheduled work on the audit trail."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.db import db
from app.core.i18n import lazy as _
from app.core.jobs import job
from app.modules.audit import services
from app.modules.audit.settings import AuditSettings

LINES_AT_ONCE = 5_000


@job(cron="20 3 * * *", label=_("Forget old audit lines"))
def forget_old_audit_lines() -> None:
    """Takes lines out of the audit trail that are older than the shop keeps them."""
    oldest = clock.now() - timedelta(days=max(AuditSettings.days_to_keep, services.SHORTEST_MEMORY_DAYS))
    while services.forget_before(oldest, LINES_AT_ONCE):
        db.session.commit()
