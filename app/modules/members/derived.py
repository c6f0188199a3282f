"""What follows at every save of an address: a member has one default address, and the newest choice wins."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from app.core.changes import change_of
from app.modules.members.models import Address


@event.listens_for(Session, "before_flush")
def _keep_one_default(session: Session, _context: Any, _instances: Any) -> None:
    for address in [*session.new, *session.dirty]:
        if not isinstance(address, Address) or not address.is_default:
            continue
        if not change_of(address, "is_default").has_changes():
            continue
        member_id = address.member_id or (address.member.id if address.member is not None else None)
        if member_id is None:
            continue
        # At once and not with the flush, which writes new rows before it changes old ones: for a moment there
        # would be two defaults, and the index refuses that.
        with session.no_autoflush:
            session.execute(
                update(Address)
                .where(Address.member_id == member_id, Address.is_default, Address.id != (address.id or 0))
                .values(is_default=False).execution_options(synchronize_session="fetch"))
