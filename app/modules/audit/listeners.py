"""What goes into the audit trail: every fact of change and of signing in that the house announces."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.changes import BulkChanged, RecordChanged, RecordsChanged, plain
from app.core.events import Audited, on
from app.lowcode.security.roles import role_labels
from app.lowcode.security.signing_in import SessionsEnded, SignedInNow, SignedOut, SignInRefused
from app.lowcode.security.sync import PermissionsSynced
from app.modules.audit.masking import masked
from app.modules.audit.models import AuditAction
from app.modules.audit.services import BACK_TO, line, write, write_many, write_with_flush

USERS = "ab_user"
ROLES = "ab_role"


def stored_role_name(words: str) -> str:
    """Roles are told in the actor's language; the trail keeps the name that every reader's language has words for."""
    return next((name for name, label in role_labels().items() if str(label) == words), words)


@on(RecordChanged)
def note_changed_record(fact: RecordChanged) -> None:
    """A record was added, edited or deleted: by form, API, job, import or command."""
    write_with_flush(line(table=fact.table, **_told(fact)))


@on(RecordsChanged)
def note_changed_records(fact: RecordsChanged) -> None:
    """An import changed many records, each in its own way."""
    write_many(fact.table, map(_told, fact.changes))


def _told(fact: RecordChanged) -> dict[str, Any]:
    """What of a change a line keeps of its own."""
    action, title, changes = AuditAction(fact.action), fact.title, masked(fact.table, fact.changes)
    if fact.table == USERS and action is AuditAction.edited and "password" in changes:
        action = AuditAction.password_changed
    if fact.back_to is not None:
        action, changes = AuditAction.values_restored, {BACK_TO: [None, plain(fact.back_to)]} | changes
    if fact.table == ROLES:
        title = stored_role_name(title)
    if "roles" in changes:
        changes["roles"] = [[stored_role_name(name) for name in side] for side in changes["roles"]]
    return {"action": action, "record_id": fact.record_id, "title": title, "changes": changes}


@on(BulkChanged)
def note_changed_rows(fact: BulkChanged) -> None:
    """One statement changed many rows."""
    changes = masked(fact.table, {name: [None, value] for name, value in fact.values.items()})
    write(line(AuditAction.edited_many, table=fact.table, title=f"× {fact.count}", changes=changes))


@on(SignedInNow)
def note_sign_in(fact: SignedInNow) -> None:
    write(line(AuditAction.signed_in, table=USERS, record_id=fact.user_id, title=fact.name,
               changes={"kind": [None, fact.kind]}))


@on(SignInRefused)
def note_refused_sign_in(fact: SignInRefused) -> None:
    """Whoever it was is not known; the name that was typed may be a password typed into the wrong field, so only
    names that exist are kept whole."""
    write(line(AuditAction.sign_in_refused, table=USERS, record_id=fact.user_id, title=fact.shown_name,
               changes={"kind": [None, fact.kind]}, actor=Actor("system", fact.shown_name)))


@on(SignedOut)
def note_sign_out(fact: SignedOut) -> None:
    write(line(AuditAction.signed_out, table=USERS, record_id=fact.user_id, title=fact.name))


@on(SessionsEnded)
def note_ended_sessions(fact: SessionsEnded) -> None:
    write(line(AuditAction.sessions_ended, table=USERS, record_id=fact.user_id, title=fact.name,
               changes={"sessions": [fact.count, 0]}))


@on(Audited)
def note_fact(fact: Audited) -> None:
    """Any fact that says of itself that it belongs here. Its name stands where the table stands, so that it can be
    looked for."""
    write(line(AuditAction.happened, table=type(fact).__name__, title=fact.record_name(),
               changes={name: [None, plain(value)] for name, value in fact.fields().items()}))


@on(PermissionsSynced)
def note_synced_permissions(fact: PermissionsSynced) -> None:
    """An update of the program brought or took permissions."""
    write(line(AuditAction.permissions_changed, table=ROLES, changes={
        "roles": [[], fact.roles],
        "permissions": [[f"{name} on {view}" for name, view in fact.removed],
                        [f"{name} on {view}" for name, view in fact.added]]}))
