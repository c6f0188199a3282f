"""Scheduled work on accounts."""

from __future__ import annotations

from app.core.db import db
from app.core.i18n import lazy as _
from app.core.jobs import job
from app.lowcode.security import second_factor
from app.lowcode.security.sessions import clear_ended


@job(cron="40 3 * * *", label=_("Clear ended sessions"))
def clear_ended_sessions() -> None:
    """Takes sessions out of the list that ended more than a month ago."""
    clear_ended()
    db.session.commit()


@job(cron="50 3 * * *", label=_("Encrypt sign-in keys anew"))
def renew_encryption() -> None:
    """After a change of the secret key: encrypts the keys of two-step sign-in with the new one, so that the old one can
    be thrown away."""
    second_factor.renew_encryption()
    db.session.commit()
