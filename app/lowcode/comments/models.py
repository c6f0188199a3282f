"""The tables of comments and of the mentions in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint

from app.core.attached import ATTACHED
from app.core.db import Index, Mapped, Record, big_integer, long_text, moment, reference, relationship, text
from app.core.i18n import lazy as _

COMMENT_SIZE = 4000
USERNAME_SIZE = 64


class Comment(Record):
    """What somebody wrote on a record. Not in the audit trail by itself, which would keep the text twice: that there
    was a comment is told as a fact."""

    __tablename__ = "comments"
    __table_args__ = (
        Index(None, "table_name", "record_id", "id"), Index(None, "author_id", "id"),
        {"info": {ATTACHED: ("table_name", "record_id")}},
    )
    __audited__ = False
    title_column = "id"
    table_name: Mapped[str] = text(64, _("Kind of record"))
    record_id: Mapped[int] = big_integer(_("ID"))
    # What a user who is deleted has said stays, under the name they had.
    author_id: Mapped[int | None] = reference("ab_user", _("Written by"), on_delete="SET NULL", index=False)
    author_name: Mapped[str] = text(150, _("Written by"))
    body: Mapped[str] = long_text(_("Comment"), size=COMMENT_SIZE)
    edited_at: Mapped[datetime | None] = moment(_("Edited"))
    mentions: Mapped[list[CommentMention]] = relationship(
        back_populates="comment", cascade="all, delete-orphan", passive_deletes=True, order_by="CommentMention.id")


class CommentMention(Record):
    """Somebody is mentioned in a comment, under the name that stands there after the @."""

    __tablename__ = "comment_mentions"
    __table_args__ = (UniqueConstraint("comment_id", "user_id"), Index(None, "user_id", "read_at", "id"))
    __audited__ = False
    title_column = "username"
    comment_id: Mapped[int] = reference("comments", _("Comment"), on_delete="CASCADE", index=False)
    comment: Mapped[Comment] = relationship(back_populates="mentions")
    user_id: Mapped[int] = reference("ab_user", _("User"), on_delete="CASCADE", index=False)
    username: Mapped[str] = text(USERNAME_SIZE, _("User name"))
    read_at: Mapped[datetime | None] = moment(_("Read"))
