"""Scheduled work on accounts."""

from __future__ import annotations

from app.core.db import db
from app.core.i18n import lazy as _
from app.core.jobs import job
from app.lowcode.security.sessions import clear_ended


@job(cron="40 3 * * *", label=_("Clear ended sessions"))
def clear_ended_sessions() -> None:
    """Takes sessions out of the list that ended more than a month ago."""
    clear_ended()
    db.session.commit()
