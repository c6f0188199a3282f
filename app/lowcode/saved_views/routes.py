"""The forms of saved views and of the column chooser: one view for all screens, open to whoever sees the list.

What is sent says in `query` what the list is asked for, as it stands in its address; it is read like an address, so
nothing is kept that the list would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core.database import db
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode import forms
from app.lowcode.access import refuse
from app.lowcode.listing import Listing
from app.lowcode.registry import registry
from app.lowcode.saved_views import columns, services
from app.lowcode.saved_views.opening import ALL, Opened, Parts, open_list
from app.lowcode.security import signed_in
from app.lowcode.security.sessions import SignedIn

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

Work = Callable[[Any, "Screen", SignedIn], Response]


def of_a_screen(method: Work) -> Callable[..., Any]:
    """For those who may view the screen that the address names; a refusal is told on its list."""

    @wraps(method)
    def guarded(self: Any, screen: str) -> Any:
        who = signed_in()
        view = registry().screen_named(screen)
        if who is None or view is None or not view.may("view"):
            if who is not None and view is None:
                raise NotFound()
            return refuse("can_view", screen)
        try:
            return method(self, view, who)
        except BusinessError as error:
            if error.status in {403, 404}:
                raise
            db.session.rollback()
            flash("; ".join(map(str, error.fields.values())) or str(error), "danger")
            return redirect(_list_url(view, request.form.get("query", "")))

    return guarded


class SavedViews(BaseView):
    """What people do with the views and columns of their lists. Sharing is a permission of its own; everything else is
    open to whoever may view the screen."""

    route_base = "/views"
    base_permissions = ("can_share",)

    @expose("/<screen>/save", methods=["POST"])
    @of_a_screen
    def save(self, screen: "Screen", who: SignedIn) -> Response:
        """Keep what is shown: under a new name, or in the view it came from."""
        given = request.form
        with forms.committing():
            if given.get("view"):
                view = services.get_view(who, screen, given["view"])
                services.keep_content(who, view, _asked(screen))
            else:
                view = services.add_view(who, screen, given.get("name", ""), given.get("share", ""), _asked(screen))
                if given.get("first"):
                    services.choose_first(screen, view.id)
            name, view_id = view.name, view.id
        flash(gettext("Saved: %(title)s", title=name), "success")
        return redirect(_list_url(screen, f"view={view_id}"))

    @expose("/<screen>/change", methods=["POST"])
    @of_a_screen
    def change(self, screen: "Screen", who: SignedIn) -> Response:
        """Another name, other readers."""
        with forms.committing():
            view = services.get_view(who, screen, request.form.get("view"))
            services.change_view(who, view, request.form.get("name", ""), request.form.get("share", ""))
            name = view.name
        flash(gettext("Saved: %(title)s", title=name), "success")
        return redirect(_list_url(screen, request.form.get("query", "")))

    @expose("/<screen>/first", methods=["POST"])
    @of_a_screen
    def first(self, screen: "Screen", who: SignedIn) -> Response:
        """The view with which the list opens for oneself; without one, the plain list."""
        with forms.committing():
            view = services.get_view(who, screen, request.form["view"]) if request.form.get("view") else None
            services.choose_first(screen, view.id if view is not None else None)
            said = gettext("This list now opens with “%(view)s”.", view=view.name) if view is not None else gettext(
                "This list now opens with all records.")
        flash(said, "success")
        return redirect(_list_url(screen, request.form.get("query", "")))

    @expose("/<screen>/delete", methods=["POST"])
    @of_a_screen
    def delete(self, screen: "Screen", who: SignedIn) -> Response:
        with forms.committing():
            view = services.get_view(who, screen, request.form.get("view"))
            name, was_first = view.name, (who.lists.get(services.key_of(screen)) or {}).get("view") == view.id
            kept = services.delete_view(who, view)
            if was_first:
                services.choose_first(screen, None)
        undo = {"url": url_for("SavedViews.restore", screen=services.key_of(screen)), "fields": [["entry", str(kept)]]}
        flash({"text": services.deleted_text(name), "undo": undo}, "success")  # type: ignore[arg-type]
        return redirect(_list_url(screen, f"view={ALL}"))

    @expose("/<screen>/restore", methods=["POST"])
    @of_a_screen
    def restore(self, screen: "Screen", who: SignedIn) -> Response:
        """Take back that a view was deleted."""
        with forms.committing():
            view = services.restore_view(who, screen, request.form.get("entry"))
            name, view_id = view.name, view.id
        flash(gettext("Restored: %(title)s", title=name), "success")
        return redirect(_list_url(screen, f"view={view_id}"))

    @expose("/<screen>/columns", methods=["POST"])
    @of_a_screen
    def columns(self, screen: "Screen", who: SignedIn) -> Response:
        """The columns to be shown: for oneself from now on, or, while a view is open, as a change of what it shows."""
        paths = [] if request.form.get("reset") else [
            field.path for field in columns.chosen(screen, request.form.getlist("columns"))[0]]
        if not paths and not request.form.get("reset"):
            raise InvalidInput({"columns": _("Tick at least one column.")})
        if paths == columns.standard(screen):
            paths = []
        opened = _opened(screen)
        query = [pair for pair in parse_qsl(request.form.get("query", ""), keep_blank_values=True)
                 if pair[0] != "columns"]
        if opened.view is not None:
            if ",".join(paths) != opened.base.columns:
                query.append(("columns", ",".join(paths)))
        else:
            with forms.committing():
                services.choose_columns(screen, paths or None)
        return redirect(_list_url(screen, urlencode(query)))


def _list_url(screen: "Screen", query: str) -> str:
    path = url_for(f"{screen.endpoint}.list")
    return f"{path}?{query}" if query else path


def _opened(screen: "Screen") -> Opened:
    pairs = parse_qsl(request.form.get("query", ""), keep_blank_values=True)
    return open_list(screen, MultiDict(pairs or [("view", ALL)]))


def _asked(screen: "Screen") -> dict[str, Any]:
    """What the list is asked for, as a view keeps it; a BusinessError for what the list would refuse."""
    opened = _opened(screen)
    Listing(screen, opened.args, fields=opened.fields)
    parts: Parts = opened.asked
    shown = [field.path for field in opened.fields]
    parts.columns = "" if shown == columns.standard(screen) else ",".join(shown)
    return parts.content()
