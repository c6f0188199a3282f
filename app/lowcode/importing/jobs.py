"""Imports are kept until they can no longer be undone."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.database import db
from app.core.i18n import lazy as _
from app.core.jobs import job
from app.lowcode.importing.runs import DAYS_TO_UNDO, forget_before

AT_ONCE = 5
"""An import may have two hundred thousand rows."""


@job(cron="55 3 * * *", label=_("Forget old imports"))
def forget_imports() -> int:
    """Deletes files that were brought so long ago that their import can no longer be undone."""
    oldest, gone = clock.now() - timedelta(days=DAYS_TO_UNDO), 0
    while count := forget_before(oldest, AT_ONCE):
        db.session.commit()
        gone += count
    return gone
