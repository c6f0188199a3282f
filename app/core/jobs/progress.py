"""How long work says how far it is, keeps what it has done, and hears that it should stop."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from app.core import clock
from app.core.database import db

from .leases import Cancelled, LeaseLost, current


def _values(done: int, total: int | None, message: str) -> dict[str, Any]:
    return {"progress_done": done, "progress_total": total, "progress_message": str(message)[:200] or None}


def progress(done: int, total: int | None = None, message: str = "") -> None:
    """Say how far the work at hand is; commits nothing. Stops it (by raising) when it was cancelled or taken over.

    The figure is saved by the heartbeat within about a second; on SQLite not before the work lets go of the write
    lock. Outside of a job nothing happens, so a service may report whoever calls it.
    """
    held = current()
    if held is not None:
        held.raise_if_over()
        held.progress = _values(done, total, message)
        held.unsaved = True


def checkpoint(done: int, total: int | None = None, message: str = "") -> None:
    """Commit what was done so far together with how far it is, provided this work is still ours.

    For work that is done a bite at a time and finds the rest by its state. Stops it (by raising) when it was taken
    over, and then the bite is rolled back, or when it was cancelled, and then the bite stays. Outside of a job it
    is a plain commit.
    """
    held = current()
    if held is None:
        db.session.commit()
        return
    held.raise_if_over()
    held.progress, held.unsaved = _values(done, total, message), False
    db.session.flush()
    row = db.session.execute(
        update(held.table).where(*held.mine()).values(lease_until=clock.now() + held.lease, **held.progress)
        .returning(held.table.c.cancel_requested)).first()
    if row is None:
        db.session.rollback()
        raise LeaseLost()
    db.session.commit()
    held.extended = clock.monotonic()
    if row.cancel_requested:
        raise Cancelled()
