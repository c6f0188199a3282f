"""What people can do with comments and mentions: read, write, change, delete, and mark as read.

Nothing here commits. That the reader may see the record is found out before, by whoever makes the `Place`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.database import db
from app.core.db import guarded_update
from app.core.errors import BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.events import publish
from app.core.i18n import lazy as _
from app.lowcode.access import may
from app.lowcode.comments import mentioning
from app.lowcode.comments.facts import Commented
from app.lowcode.comments.models import COMMENT_SIZE, Comment, CommentMention
from app.lowcode.security.sessions import SignedIn

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MODERATING = ("can_moderate", "Comments")
MOST_IN_A_MINUTE = 20
"""Comments of one person: more than anybody types, and few enough to stop a program gone wild."""
MOST_SHOWN = 1000


class TooManyComments(BusinessError):
    """Somebody has written very many comments in the last minute. HTTP 429."""

    status = 429
    code = "too_many_comments"

    @classmethod
    def default_message(cls) -> Any:
        return _("You have written very many comments in the last minute. Wait a little and try again.")


@dataclass(frozen=True)
class Place:
    """A record on a screen, which whoever is there has been found to see."""

    screen: "Screen"
    record: Any
    record_id: int

    @property
    def table(self) -> str:
        return str(self.screen.model.__tablename__)


# -- reading ----------------------------------------------------------------------------------------------------------


def list_comments(place: Place, at_most: int) -> tuple[list[Comment], bool]:
    """The latest comments, the newest last, and whether there are earlier ones. Two queries."""
    newest = (
        select(Comment)
        .where(*_of(place))
        .order_by(Comment.id.desc())
        .limit(min(at_most, MOST_SHOWN) + 1)
        .options(selectinload(Comment.mentions)))
    found = list(db.session.scalars(newest))
    return found[:at_most][::-1], len(found) > at_most


def get_comment(place: Place, comment_id: int) -> Comment:
    """The comment with this id, if it is one of this record; NotFound otherwise."""
    found = db.session.scalar(select(Comment).where(*_of(place), Comment.id == comment_id))
    if found is None:
        raise NotFound(_("This comment is not there any more."))
    return found


def may_change(who: SignedIn, comment: Comment) -> bool:
    """Only one's own, also for those who look after the comments of others: nobody puts words into another's mouth."""
    return comment.author_id == who.user_id


def may_delete(who: SignedIn, comment: Comment) -> bool:
    return may_change(who, comment) or may(*MODERATING)


def count_unread(user_id: int) -> int:
    """How many mentions somebody has not read."""
    return db.session.scalar(select(func.count()).where(
        CommentMention.user_id == user_id, CommentMention.read_at.is_(None))) or 0


def list_mentions(user_id: int, before: int | None, at_most: int) -> tuple[list[CommentMention], bool]:
    """Where somebody is mentioned, the latest first, from `before` on; and whether there are more."""
    statement = (
        select(CommentMention)
        .where(CommentMention.user_id == user_id)
        .order_by(CommentMention.id.desc())
        .limit(at_most + 1)
        .options(selectinload(CommentMention.comment)))
    if before is not None:
        statement = statement.where(CommentMention.id < before)
    found = list(db.session.scalars(statement))
    return found[:at_most], len(found) > at_most


# -- writing ----------------------------------------------------------------------------------------------------------


def add_comment(who: SignedIn, place: Place, text: str) -> Comment:
    """Write a comment; whoever it mentions and may view the screen finds it among their mentions."""
    _not_too_many(who)
    comment = Comment(table_name=place.table, record_id=place.record_id, author_id=who.user_id,
                      author_name=who.name[:150], body=_checked(text))
    _mention(who, place, comment)
    db.session.add(comment)
    db.session.flush()
    _tell(place, comment, "written")
    return comment


def change_comment(who: SignedIn, place: Place, comment_id: int, text: str) -> Comment:
    """Change one's own comment. Who is mentioned anew is told; who was mentioned before is not told again."""
    comment = get_comment(place, comment_id)
    if not may_change(who, comment):
        raise NotAllowed(_("Only who wrote a comment can change it."))
    body = _checked(text)
    if body != comment.body:
        comment.body, comment.edited_at = body, clock.now()
        _mention(who, place, comment)
        db.session.flush()
        _tell(place, comment, "changed")
    return comment


def delete_comment(who: SignedIn, place: Place, comment_id: int) -> None:
    """Delete one's own comment, or another's with the permission for it."""
    comment = get_comment(place, comment_id)
    if not may_delete(who, comment):
        raise NotAllowed(_("To delete the comments of others you need the permission for it."))
    _tell(place, comment, "deleted", "" if may_change(who, comment) else comment.author_name)
    db.session.delete(comment)
    db.session.flush()


def mark_read(who: SignedIn, *guards: Any) -> int:
    """Take mentions of oneself as read, those for which `guards` hold; how many."""
    return guarded_update(CommentMention, CommentMention.user_id == who.user_id, CommentMention.read_at.is_(None),
                          *guards, read_at=clock.now())


def mark_read_on(who: SignedIn, place: Place) -> int:
    """Take all mentions of oneself on a record as read."""
    return mark_read(who, CommentMention.comment_id.in_(select(Comment.id).where(*_of(place))))


def _of(place: Place) -> tuple[Any, ...]:
    return Comment.table_name == place.table, Comment.record_id == place.record_id


def _checked(text: str) -> str:
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if not text:
        raise InvalidInput({"text": _("Write something first.")})
    if len(text) > COMMENT_SIZE:
        raise InvalidInput({"text": _("A comment has at most %(size)s characters.", size=COMMENT_SIZE)})
    return text


def _not_too_many(who: SignedIn) -> None:
    latest = select(Comment.created_at).where(Comment.author_id == who.user_id).order_by(Comment.id.desc())
    last: datetime | None = db.session.scalar(latest.offset(MOST_IN_A_MINUTE - 1).limit(1))
    if last is not None and clock.now() - last < timedelta(minutes=1):
        raise TooManyComments()


def _mention(who: SignedIn, place: Place, comment: Comment) -> None:
    """Let the mentions of a comment be those of its text. One who is mentioned already stays so under that name, even
    if they could not be mentioned anew."""
    wanted = mentioning.mentioned(place.screen, comment.body)
    wanted.pop(who.user_id, None)
    words = {word.lower() for word in _words_in(comment.body, [each.username for each in comment.mentions])}
    comment.mentions = [
        each for each in comment.mentions if each.user_id in wanted or each.username.lower() in words]
    here = {each.user_id for each in comment.mentions}
    comment.mentions += [CommentMention(user_id=user_id, username=word)
                         for user_id, word in wanted.items() if user_id not in here]


def _words_in(text: str, names: Iterable[str]) -> set[str]:
    known = {name.lower() for name in names}
    return {mentioning.name_at(text[found.end():], known) for found in mentioning.AT.finditer(text)}


def _tell(place: Place, comment: Comment, what: str, author: str = "") -> None:
    publish(Commented(type(place.screen).__name__, place.record_id, str(place.record)[:200], comment.id, what, author))
