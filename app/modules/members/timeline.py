"""What happened with one member, newest first, gathered from every module that knows something.

A module above this one adds what it knows when it is plugged in; `add_source` keeps the arrow of imports pointing
down:

    def orders_of(member: Member, limit: int) -> list[Entry]: ...
    timeline.add_source(orders_of)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core.actor_words import stored_actor_text
from app.core.db import db
from app.core.i18n import lazy as _
from app.modules.members.models import Member, MemberNote


@dataclass(frozen=True)
class Entry:
    """One thing that happened: `text` says what, `detail` adds words of people, `link` is (screen class name, id)."""

    at: datetime
    text: Any
    icon: str
    detail: str | None = None
    link: tuple[str, int] | None = None
    tone: str = "plain"
    actor: str | None = None


Source = Callable[[Member, int], list[Entry]]
_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Let `source(member, limit)` tell its newest entries on every member's timeline; adding it twice is once."""
    if source not in _sources:
        _sources.append(source)
    return source


def entries_of(member: Member, limit: int = 50) -> list[Entry]:
    """The newest entries of all sources together."""
    found = [entry for source in _sources for entry in source(member, limit)]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return found[:limit]


@add_source
def _own(member: Member, limit: int) -> list[Entry]:
    notes = db.session.scalars(
        select(MemberNote).where(MemberNote.member_id == member.id)
        .order_by(MemberNote.created_at.desc(), MemberNote.id.desc()).limit(limit))
    found = [
        Entry(note.created_at, _("Note"), "fa-note-sticky", detail=note.content, actor=stored_actor_text(note.author))
        for note in notes
    ]
    found.append(Entry(member.registered_at, _("Registered by: %(channel)s", channel=member.channel.label),
                       "fa-user-plus", tone="good"))
    return found
