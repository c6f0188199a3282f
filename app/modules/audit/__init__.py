"""The audit trail: who did what, when, from where, and how it was before."""

from app.core.i18n import lazy as _
from app.lowcode import Module
from app.modules.audit import listeners
from app.modules.audit.history import Trail
from app.modules.audit.jobs import forget_old_audit_lines
from app.modules.audit.settings import AuditSettings
from app.modules.audit.views import AuditScreen, history_since

module = Module(
    "audit", _("Audit"), icon="fa-clipboard-list", order=95,
    screens=[AuditScreen],
    history=history_since,
    keeper=Trail(),
    jobs=[forget_old_audit_lines],
    settings=[AuditSettings],
    listeners=[
        listeners.note_changed_record, listeners.note_changed_records, listeners.note_changed_rows,
        listeners.note_sign_in, listeners.note_refused_sign_in, listeners.note_sign_out, listeners.note_ended_sessions,
        listeners.note_synced_permissions, listeners.note_fact,
    ],
)
