"""What staff and system do with members: tag them, move them between levels, block them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.core.db import db
from app.core.errors import InvalidInput
from app.core.events import publish
from app.core.i18n import lazy as _
from app.modules.members.events import MemberBlocked, MemberLevelChanged, MemberUnblocked
from app.modules.members.models import Member, MemberLevel, MemberTag


def tag_members(members: Sequence[Member], tags: Iterable[MemberTag]) -> int:
    """Give members tags, keeping those they have; tells how many members were given a tag they lacked."""
    wanted, changed = list(tags), 0
    if not wanted:
        raise InvalidInput({"tags": _("Choose at least one tag.")})
    for member in members:
        missing = [tag for tag in wanted if tag not in member.tags]
        member.tags.extend(missing)
        changed += bool(missing)
    return changed


def untag_members(members: Sequence[Member], tags: Iterable[MemberTag]) -> int:
    """Take tags from members; tells how many members lost one."""
    unwanted, changed = set(tags), 0
    for member in members:
        kept = [tag for tag in member.tags if tag not in unwanted]
        if len(kept) != len(member.tags):
            member.tags = kept
            changed += 1
    return changed


def set_level(members: Sequence[Member], level: MemberLevel | None) -> None:
    """Move members to a level, or off the ladder. Announces MemberLevelChanged for each that moved."""
    new_id = level.id if level is not None else None
    for member in members:
        old_id = member.level_id
        if old_id == new_id:
            continue
        member.level = level
        db.session.flush()
        publish(MemberLevelChanged(member.id, old_id, new_id))


def block_members(members: Sequence[Member]) -> None:
    """Stop members from ordering. Announces MemberBlocked for each that was not blocked yet."""
    for member in members:
        if member.is_blocked:
            continue
        member.is_blocked = True
        db.session.flush()
        publish(MemberBlocked(member.id))


def unblock_members(members: Sequence[Member]) -> None:
    """Let members order again. Announces MemberUnblocked for each that was blocked."""
    for member in members:
        if not member.is_blocked:
            continue
        member.is_blocked = False
        db.session.flush()
        publish(MemberUnblocked(member.id))


def why_not_block(member: Member) -> str | None:
    """Why the member cannot be blocked now, or None where they can."""
    return str(_("This member is blocked already.")) if member.is_blocked else None


def why_not_unblock(member: Member) -> str | None:
    """Why the member cannot be unblocked now, or None where they can."""
    return None if member.is_blocked else str(_("This member is not blocked."))
