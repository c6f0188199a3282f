"""Files of lists are kept for a day."""

from __future__ import annotations

from sqlalchemy import delete, select

from app.core import clock
from app.core.database import db
from app.core.i18n import lazy as _
from app.core.jobs import hours, job
from app.lowcode.list_files.making import storage, sweep
from app.lowcode.list_files.models import ListFile

AT_ONCE = 100


@job(every=hours(1), label=_("Delete exported files"))
def delete_exported_files() -> int:
    """Deletes files of long lists a day after they were made; they can be exported again."""
    sweep()
    gone = 0
    while True:
        due = db.session.execute(select(ListFile.id, ListFile.key).where(ListFile.expires_at <= clock.now())
                                 .order_by(ListFile.id).limit(AT_ONCE)).all()
        if not due:
            return gone
        for row in due:  # the file first: one without its row would never be found again
            storage().delete(row.key)
        db.session.execute(delete(ListFile).where(ListFile.id.in_([row.id for row in due])))
        db.session.commit()
        gone += len(due)
