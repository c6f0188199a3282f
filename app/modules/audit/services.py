"""Writing lines into the audit trail, and reading a record's history from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import has_request_context
from sqlalchemy import delete, event, insert, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor, current_actor
from app.core.bulk import BulkTable
from app.core.bulk_rows import RowMaker
from app.core.database import db
from app.lowcode.security import request_id
from app.lowcode.security.sessions import client_ip
from app.modules.audit.models import ActorKind, AuditAction, AuditLine

LONGEST_VALUE = 500
"""Characters of one text value that a line keeps; a description of ten pages is not told twice."""
SHORTEST_MEMORY_DAYS = 180
"""网络安全法 asks that logs are kept for six months at least."""
MOST_ITEMS = 400
"""Items of a list that a line keeps: enough for all permissions of a role."""
BACK_TO = "back_to"
"""Beside the columns of a line about earlier values that were restored: the moment before which they were stored."""
_WAITING = "audit_lines_waiting"
_INSERT = insert(AuditLine.__table__)


def line(action: AuditAction, *, table: str | None = None, record_id: int | None = None, title: str | None = None,
         changes: dict[str, list[Any]] | None = None, actor: Actor | None = None) -> dict[str, Any]:
    """The values of one line, with who acts and where from filled in."""
    now, actor = clock.now(), actor or current_actor()
    return {
        "at": now, "created_at": now, "updated_at": now, "action": action, "actor_kind": ActorKind(actor.kind),
        "actor_id": actor.id, "actor_name": actor.name[:130], "table_name": table, "record_id": record_id,
        "title": _title(title), "changes": _shortened(changes or {}), "ip": client_ip(),
        "request_id": request_id() if has_request_context() else None,
    }


def write(values: dict[str, Any]) -> None:
    """Put a line into the trail now, in the transaction at hand."""
    db.session.execute(_INSERT, [values])


def write_many(table: str, told: Iterable[dict[str, Any]]) -> None:
    """Put a line for each of many records into the trail, in the transaction at hand. What is `told` of one is its
    `action`, `record_id`, `title` and `changes`."""
    connection = db.session.connection()
    same = line(AuditAction.edited, table=table)
    own = ("action", "record_id", "title", "changes")
    rows = RowMaker(connection, AuditLine.__table__, own, **{
        name: value for name, value in same.items() if name not in own})
    with BulkTable(connection, AuditLine.__table__, rows.columns, shared=True) as lines:
        for each in told:
            lines.add(rows.row(each | {"title": _title(each["title"]), "changes": _shortened(each["changes"])}))


def write_with_flush(values: dict[str, Any]) -> None:
    """Put a line into the trail at the end of the flush that is going on, together with the others of that flush."""
    db.session.info.setdefault(_WAITING, []).append(values)


@event.listens_for(Session, "after_flush_postexec")
def _write_waiting(session: Session, _context: Any) -> None:
    waiting = session.info.pop(_WAITING, None)
    if waiting:
        session.execute(_INSERT, waiting)


@event.listens_for(Session, "after_soft_rollback")
def _forget_waiting(session: Session, _previous: Any) -> None:
    session.info.pop(_WAITING, None)


def history_of(table_name: str, record_id: int, at_most: int = 20, *, since: datetime | None = None) -> list[AuditLine]:
    """The latest lines about one record, the newest first; with `since` those after that moment."""
    found = select(AuditLine).where(AuditLine.table_name == table_name, AuditLine.record_id == record_id)
    if since is not None:
        found = found.where(AuditLine.at > since)
    return list(db.session.scalars(found.order_by(AuditLine.id.desc()).limit(at_most)))


def forget_before(moment: datetime, at_most: int) -> int:
    """Take out up to `at_most` lines older than `moment`, which lies at least SHORTEST_MEMORY_DAYS back; says how
    many."""
    oldest = select(AuditLine.id).where(AuditLine.at < moment).order_by(AuditLine.at).limit(at_most)
    return db.session.execute(delete(AuditLine.__table__).where(AuditLine.id.in_(oldest))).rowcount


def as_kept(value: Any) -> Any:
    """A value as a line keeps it."""
    return _short(value)


def is_whole(value: Any) -> bool:
    """Whether a line kept the whole of a value, rather than how it begins."""
    if isinstance(value, str):
        return not (len(value) > LONGEST_VALUE and value.endswith("…"))
    if isinstance(value, list):
        return all(map(is_whole, value)) and not (len(value) > MOST_ITEMS and value[-1] == "…")
    return True


def _title(title: str | None) -> str | None:
    return (title or "")[:200] or None


def _shortened(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: [_short(value) for value in pair] for name, pair in changes.items()}


def _short(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return value[:LONGEST_VALUE] + "…"
    if isinstance(value, list):
        return [_short(item) for item in value[:MOST_ITEMS]] + (["…"] if len(value) > MOST_ITEMS else [])
    if isinstance(value, dict) and len(str(value)) > 4 * LONGEST_VALUE:
        return str(value)[: 4 * LONGEST_VALUE] + "…"
    return value
