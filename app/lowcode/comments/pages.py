"""The comments of a record: shown and taken for every screen at `/comments/<screen>/<id>`.

One view serves all screens. Scripts get a part of a page as JSON, `{"html", "unread"}`, to put into the page of the
record; without scripts the same stands on a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import inspect, select

from app.core.database import db
from app.core.errors import BusinessError, NotFound
from app.lowcode import access, forms
from app.lowcode.comments import services, texts
from app.lowcode.comments.mentioning import find_people
from app.lowcode.comments.models import COMMENT_SIZE, Comment
from app.lowcode.comments.services import Place
from app.lowcode.comments.texts import Mentioned
from app.lowcode.registry import registry
from app.lowcode.security import signed_in
from app.lowcode.security.sessions import SignedIn
from app.lowcode.shell import unread_text

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

SHOWN = 30
MORE = 100
Work = Callable[..., Any]


def section(screen: "Screen", record_id: int) -> dict[str, Any] | None:
    """What the page of a record needs in order to load its comments; None on a screen without."""
    return {"url": address(screen, record_id)} if screen.with_comments else None


def address(screen: "Screen", record_id: int, work: str = "show", **more: Any) -> str:
    """Where the comments of a record are shown, or where something is done with them."""
    return url_for(f"Comments.{work}", screen=type(screen).__name__, pk=record_id, **more)


def of_a_record(method: Work) -> Work:
    """For those who may view the record that the address names, on a screen that has comments."""

    @wraps(method)
    def guarded(self: Any, screen: str, pk: str, **given: Any) -> Any:
        who, view = signed_in(), registry().screen_named(screen)
        if who is None:
            return access.refuse_stranger()
        if view is None:
            raise NotFound()
        if not view.may("view"):
            return access.refuse("can_view", screen)
        if not view.with_comments:
            raise NotFound()
        record = view.get(pk)
        return method(self, who, Place(view, record, inspect(record).identity[0]), **given)

    return guarded


class Comments(BaseView):
    """Comments on the records of all screens. To delete those of others is a permission; all else is open to whoever
    may view the record."""

    route_base = "/comments"
    base_permissions = ("can_moderate",)

    @expose("/<screen>/<pk>")
    @of_a_record
    def show(self, who: SignedIn, place: Place) -> Any:
        """The comments and the form for another one."""
        return _answer(who, place)

    @expose("/<screen>/<pk>/people")
    @of_a_record
    def people(self, who: SignedIn, place: Place) -> Any:
        """Those who can be mentioned here, found by typing."""
        return jsonify(results=find_people(place.screen, request.args.get("q", ""), but=who.user_id))

    @expose("/<screen>/<pk>/read", methods=["POST"])
    @of_a_record
    def read(self, who: SignedIn, place: Place) -> Any:
        """The mentions of oneself that stand here have been seen."""
        with forms.committing():
            services.mark_read_on(who, place)
        return jsonify(unread=unread_text(services.count_unread(who.user_id)))

    @expose("/<screen>/<pk>/add", methods=["POST"])
    @of_a_record
    def add(self, who: SignedIn, place: Place) -> Any:
        return _done(who, place, lambda: services.add_comment(who, place, request.form.get("text", "")))

    @expose("/<screen>/<pk>/change/<int(max=2147483647):comment>", methods=["POST"])
    @of_a_record
    def change(self, who: SignedIn, place: Place, comment: int) -> Any:
        return _done(who, place, lambda: services.change_comment(who, place, comment, request.form.get("text", "")))

    @expose("/<screen>/<pk>/delete/<int(max=2147483647):comment>", methods=["POST"])
    @of_a_record
    def delete(self, who: SignedIn, place: Place, comment: int) -> Any:
        return _done(who, place, lambda: services.delete_comment(who, place, comment))


def _done(who: SignedIn, place: Place, work: Callable[[], Any]) -> Any:
    """Do something and show the comments again. To a script a refusal is told as JSON, else above the comments."""
    try:
        with forms.committing():
            work()
    except BusinessError as error:
        if access.wants_json() or error.status in {403, 404}:
            raise
        flash("; ".join(error.fields.values()) or str(error), "danger")
    if access.wants_json():
        return _answer(who, place)
    return redirect(address(place.screen, place.record_id))


def _answer(who: SignedIn, place: Place) -> Any:
    part = render_template("houtai/comments/list.html", **_given(who, place))
    if access.wants_json():
        return jsonify(html=part)
    return render_template("houtai/comments/page.html", part=part, title=str(place.record),
                           record_url=place.screen.url_of(place.record))


def _given(who: SignedIn, place: Place) -> dict[str, Any]:
    raw = request.values.get("shown", "")
    shown = min(int(raw), services.MOST_SHOWN) if raw.isascii() and raw.isdigit() and len(raw) < 6 else SHOWN
    comments, has_earlier = services.list_comments(place, max(shown, SHOWN))
    names = _names(comments)
    return {
        "comments": [_item(who, place, comment, names) for comment in comments],
        "earlier_url": address(place.screen, place.record_id, shown=shown + MORE)
        if has_earlier and shown < services.MOST_SHOWN else None,
        "shown": shown,
        "add_url": address(place.screen, place.record_id, "add"),
        "people_url": address(place.screen, place.record_id, "people"),
        # Whether one of the unread is here would be a query of its own; to say so once too often does no harm.
        "read_url": address(place.screen, place.record_id, "read") if who.unread_mentions else None,
        "size": COMMENT_SIZE,
    }


def _names(comments: list[Comment]) -> dict[int, str]:
    """The present names of all who wrote here or are mentioned, by one query."""
    ids = {comment.author_id for comment in comments} | {each.user_id for one in comments for each in one.mentions}
    ids.discard(None)
    users = db.session.scalars(select(User).where(User.id.in_(ids))) if ids else ()
    return {user.id: user.full_name for user in users}


def _item(who: SignedIn, place: Place, comment: Comment, names: dict[int, str]) -> dict[str, Any]:
    author = names.get(comment.author_id or 0) or comment.author_name
    mentioned = {each.username.lower(): Mentioned(names.get(each.user_id, each.username), each.user_id == who.user_id)
                 for each in comment.mentions}
    where = {"comment": comment.id}
    return {
        "id": comment.id,
        "author": author,
        "initial": author[:1].upper(),
        "at": comment.created_at,
        "edited_at": comment.edited_at,
        "text": texts.drawn(comment.body, mentioned),
        "raw": comment.body,
        "change_url": address(place.screen, place.record_id, "change", **where)
        if services.may_change(who, comment) else None,
        "delete_url": address(place.screen, place.record_id, "delete", **where)
        if services.may_delete(who, comment) else None,
    }
