"""The page of mentions: where colleagues have mentioned the one who reads, the latest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from sqlalchemy import inspect, select

from app.core.database import db
from app.lowcode import forms
from app.lowcode.comments import services, texts
from app.lowcode.comments.models import Comment, CommentMention
from app.lowcode.fields import is_one_of, primary_key
from app.lowcode.registry import registry
from app.lowcode.security import signed_in
from app.lowcode.security.views import signed_in_only

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ON_A_PAGE = 25


class Mentions(BaseView):
    """Everyone has this page, for their own mentions alone. What stands on a record that one may not see (any more) is
    not told, only that there is something."""

    route_base = "/mentions"
    default_view = "index"
    base_permissions = ()

    @expose("/")
    @signed_in_only
    def index(self) -> str:
        who = signed_in()
        assert who is not None
        mentions, has_more = services.list_mentions(who.user_id, _number(request.args.get("before")), ON_A_PAGE)
        seen = _records([mention.comment for mention in mentions])
        return render_template(
            "houtai/comments/mentions.html",
            mentions=[_item(mention, seen) for mention in mentions],
            older_url=url_for("Mentions.index", before=mentions[-1].id) if has_more else None,
            newest_url=url_for("Mentions.index") if request.args.get("before") else None,
            has_unread=who.unread_mentions > 0,
        )

    @expose("/read", methods=["POST"])
    @signed_in_only
    def read(self) -> Any:
        """Take one of one's own mentions as read, or all of them."""
        who = signed_in()
        assert who is not None
        one = _number(request.form.get("mention"))
        with forms.committing():
            services.mark_read(who, *([CommentMention.id == one] if one is not None else []))
        before = _number(request.form.get("before"))
        return redirect(url_for("Mentions.index", before=before))


def _number(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 16 else None


Seen = dict[tuple[str, int], tuple["Screen", Any]]


def _records(comments: list[Comment]) -> Seen:
    """The records of these comments that the reader may see, each with a screen that shows it; a query per table."""
    wanted: dict[str, set[int]] = {}
    for comment in comments:
        wanted.setdefault(comment.table_name, set()).add(comment.record_id)
    found: Seen = {}
    for screen in registry().screens():
        table = screen.model.__tablename__
        missing = [key for key in wanted.get(table, ()) if (table, key) not in found]
        if not missing or not screen.with_comments or not screen.may("view"):
            continue
        key = primary_key(screen.model)
        for record in db.session.scalars(
                select(screen.model).where(is_one_of(key, missing), *screen.row_conditions())):
            found[table, inspect(record).identity[0]] = screen, record
    return found


def _item(mention: CommentMention, seen: Seen) -> dict[str, Any]:
    comment = mention.comment
    item = {"id": mention.id, "at": comment.created_at, "is_unread": mention.read_at is None}
    place = seen.get((comment.table_name, comment.record_id))
    if place is None:
        return item | {"url": None}
    screen, record = place
    return item | {
        "url": f"{screen.url_of(record)}#comment-{comment.id}",
        "author": comment.author_name,
        "title": str(record),
        "kind": screen.list_title,
        "icon": screen.icon,
        "text": texts.short(comment.body),
    }
