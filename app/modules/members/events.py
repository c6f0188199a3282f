"""What happened to members that others may care about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemberBlocked:
    """A member can no longer order."""

    member_id: int


@dataclass(frozen=True)
class MemberUnblocked:
    """A member can order again."""

    member_id: int


@dataclass(frozen=True)
class MemberLevelChanged:
    """A member stands on another step of the ladder; None is no level."""

    member_id: int
    old_level_id: int | None
    new_level_id: int | None
