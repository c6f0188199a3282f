"""The history of one record, for its own page: what happened to it, and what it was before.

A line keeps of each column that was changed the value before and after. What a record was before a line is found by
walking back from what it is now, line by line. A value that no line tells of is what it is now, unless something was
changed past the trail: where an older line or a change of many rows says that it was, the value counts as not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select

from app.core.changes import SECRET
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import lazy as _
from app.lowcode.history import keeping
from app.lowcode.history.keeping import Earlier, Line
from app.modules.audit import words
from app.modules.audit.masking import is_personal, mask
from app.modules.audit.models import AuditAction, AuditLine
from app.modules.audit.services import BACK_TO, as_kept, is_whole
from app.modules.audit.values import info_of

TOLD = {
    AuditAction.added: "plus", AuditAction.edited: "pen", AuditAction.deleted: "trash", AuditAction.restored: "undo",
    AuditAction.values_restored: "clock-rotate-left", AuditAction.password_changed: "key"}
"""What belongs to the history of a record, with its icon. Who signed in stands in the trail alone."""
CHANGES = {AuditAction.edited, AuditAction.values_restored, AuditAction.password_changed}
MOST_LINES = 2000
"""Further back nobody walks: a page has to answer."""
LOOK_BACK = 200
"""Lines before the moment in which it is looked for what a column was then."""


class Trail:
    """Tells the history of records from the audit trail."""

    def lines(self, model: type, record_id: int, names: Collection[str], *, older_than: int | None = None,
              at_most: int) -> list[Line]:
        found = _lines(model, record_id, AuditLine.id < older_than if older_than is not None else None, at_most)
        shown = {*names, BACK_TO}
        told = words.changes_of_many(found, shown)
        return [Line(
            id=line.id, at=line.at, words=str(line.action.label), icon=TOLD[line.action], tone=line.action.tone,
            actor=line.actor, actor_kind=line.actor_kind.value, kind_words=str(line.actor_kind.label),
            changes=[] if line.action is AuditAction.restored else changes, is_new=line.action is AuditAction.added,
            has_others=line.action in CHANGES and not shown.issuperset(_changes(line)),
            can_go_back=line.action in CHANGES) for line, changes in zip(found, told, strict=True)]

    def before(self, model: Any, record_id: int, line_id: int, present: Mapping[str, Any]) -> Earlier | None:
        newer = _lines(model, record_id, AuditLine.id >= line_id, MOST_LINES)
        if len(newer) == MOST_LINES:
            raise BusinessError(_("Too much has happened to this record since then."))
        if not newer or newer[-1].id != line_id or newer[-1].action not in CHANGES:
            return None
        line = newer[-1]
        earlier = Earlier(line.at, line.actor, dict(present))
        touched = _walk_back(model, newer, earlier)
        _doubt(model, record_id, earlier, line_id, _changes(line).keys())
        for name in touched:
            reason = _why_lost(model.__tablename__, name, earlier.values[name])
            if reason is not None:
                earlier.lost[name] = reason
        return earlier


def _lines(model: Any, record_id: int, condition: Any, at_most: int) -> list[AuditLine]:
    found = select(AuditLine).where(
        AuditLine.table_name == model.__tablename__, AuditLine.record_id == record_id, AuditLine.action.in_(TOLD))
    if condition is not None:
        found = found.where(condition)
    return list(db.session.scalars(found.order_by(AuditLine.id.desc()).limit(at_most)))


def _changes(line: AuditLine) -> dict[str, list[Any]]:
    """What a line tells of columns, as far as it can be read."""
    return {name: pair for name, pair in (line.changes or {}).items()
            if name != BACK_TO and isinstance(pair, list) and len(pair) == 2}


def _walk_back(model: Any, newer: Sequence[AuditLine], earlier: Earlier) -> set[str]:
    """Take back what the lines tell, the newest first; gives the names of what they changed."""
    many, touched = _relations(model), set()
    for line in newer:
        if line.action not in CHANGES:
            continue  # what comes from the bin is as it was when it went there
        for name, (before, after) in _changes(line).items():
            if name not in earlier.values:
                continue
            touched.add(name)
            if name not in many:
                earlier.values[name] = before
                continue
            now, gone, come = (set(side or ()) for side in (earlier.values[name], before, after))
            if not come <= now:
                earlier.lost[name] = keeping.UNTOLD  # records that were renamed, or a relation changed past the trail
            earlier.values[name] = sorted(now - come | gone)
    return touched


def _doubt(model: Any, record_id: int, earlier: Earlier, line_id: int, certain: Collection[str]) -> None:
    """Mark what was changed in a way that no line of this record tells. What the line itself changed is certain."""
    table, asked = model.__tablename__, set(earlier.values) - set(certain) - _relations(model)
    for line in _lines(model, record_id, AuditLine.id < line_id, LOOK_BACK):
        told = _changes(line)
        for name in asked & told.keys():
            if not _same(table, name, told[name][1], earlier.values[name]):
                earlier.lost[name] = keeping.UNTOLD
        asked -= told.keys()
    if not asked:
        return
    of_many = select(AuditLine.changes).where(
        AuditLine.table_name == table, AuditLine.record_id.is_(None), AuditLine.id > line_id,
        AuditLine.action == AuditAction.edited_many)
    for changes in db.session.scalars(of_many.limit(MOST_LINES)):
        for name in asked & changes.keys():
            # Whether this record was among them is not known; one that has another value now was not, or changed since.
            if _same(table, name, changes[name][1], earlier.values[name]):
                earlier.lost[name] = keeping.UNTOLD


def _same(table: str, name: str, told: Any, value: Any) -> bool:
    """Whether a value is the one that a line tells."""
    kept = as_kept(mask(value) if is_personal(table, name) else value)
    if info_of(table, name).get("kind") == "decimal" and told and kept:
        return Decimal(told) == Decimal(kept)
    return bool(told == kept) or value == SECRET


def _relations(model: Any) -> set[str]:
    return {relation.key for relation in inspect(model).relationships if relation.secondary is not None}


def _why_lost(table: str, name: str, value: Any) -> Any:
    """Why a value that a line keeps is not the whole of what was stored."""
    if value == SECRET:
        return keeping.SECRET
    if is_personal(table, name) and value not in (None, ""):
        return keeping.MASKED
    return None if is_whole(value) else keeping.SHORTENED
