"""The pages of a record's history, at `/history/<screen>/<id>`: its timeline, a moment of it beside the present, and
restoring.

One view serves all screens. Whoever may view a record there sees its history, as far as the screen shows its fields;
who may edit it can restore.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose

from app.core.database import db
from app.core.errors import BusinessError, NotFound
from app.core.i18n import gettext, moment_text
from app.lowcode import access, pages
from app.lowcode.history import comparing, restoring
from app.lowcode.history.columns import can_restore, present_values, shown_names
from app.lowcode.history.comparing import Difference
from app.lowcode.history.keeping import Earlier, Keeper, keeper_of
from app.lowcode.importing.naming import find_screen, name_of
from app.lowcode.records import row_of
from app.lowcode.security import identity

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

AT_ONCE = 20
"""Lines that are shown at first, and with each press of “Show more”."""
MOST_UNDONE = 20
"""A message travels in the cookie; more fields would not fit."""
ACTOR_ICONS = {
    "staff": "user", "api": "plug", "member": "face-smile", "job": "clock", "command": "terminal",
    "import": "file-import", "system": "gear"}
F = Callable[..., Any]


def url_of(screen: "Screen", record_id: Any) -> str | None:
    """The address of the history of a record; None where there is none."""
    if keeper_of(screen.model) is None:
        return None
    return url_for("HistoryView.timeline", screen=name_of(screen), pk=record_id)


def may(permission_name: str) -> Callable[[F], F]:
    """Hand a page the screen that its address names, if the user has this permission there."""

    def mark(page: F) -> F:
        @functools.wraps(page)
        def guarded(self: Any, screen: str, **values: Any) -> Any:
            found = find_screen(screen)
            if identity.signed_in() is None:
                return access.refuse_stranger()
            if found is None or keeper_of(found.model) is None:
                raise NotFound()
            for needed in {"view", permission_name}:
                if not found.may(needed):
                    return access.refuse(f"can_{needed}", found.class_permission_name)
            return page(self, found, **values)

        return guarded  # type: ignore[return-value]

    return mark


class HistoryView(BaseView):
    """Tells what happened to a record, and leads back."""

    route_base = "/history"
    default_view = "timeline"

    @expose("/<screen>/<int:pk>")
    @may("view")
    def timeline(self, screen: "Screen", pk: int) -> Any:
        """The newest lines, or those before `older_than`; as a part of another page if that is what `part` asks for."""
        record = screen.get(pk)
        names, older_than = shown_names(screen), request.args.get("older_than", type=int)
        lines = _keeper(screen).lines(screen.model, pk, names, older_than=older_than, at_most=AT_ONCE + 1)
        more = url_for(".timeline", screen=name_of(screen), pk=pk, older_than=lines[AT_ONCE - 1].id) if len(
            lines) > AT_ONCE else None
        shown = {"lines": lines[:AT_ONCE], "more_url": more, "icons": ACTOR_ICONS, "is_further": older_than is not None,
                 "compare_url": lambda line: url_for(".compare", screen=name_of(screen), pk=pk, line=line.id)}
        if "part" in request.args:
            return jsonify(html=render_template("houtai/parts/history.html", **shown))
        return render_template("houtai/history.html", screen=screen, title=str(record),
                               record_url=f"{screen.route_base}/show/{pk}", **shown)

    @expose("/<screen>/<int:pk>/<int:line>")
    @may("view")
    def compare(self, screen: "Screen", pk: int, line: int) -> Any:
        """What the record was before a line beside what it is now."""
        record = screen.get(pk)
        earlier = _earlier(screen, record, pk, line)
        return _page(screen, record, pk, line, earlier, comparing.differences_of(screen, record, earlier))

    @expose("/<screen>/<int:pk>/<int:line>", methods=["POST"])
    @may("edit")
    def restore(self, screen: "Screen", pk: int, line: int) -> Any:
        """Give the record the values of the ticked fields again."""
        if not can_restore(screen):
            raise NotFound()
        record = row_of(screen, pk, to_change=True)[0]
        earlier = _earlier(screen, record, pk, line)
        differences = comparing.differences_of(screen, record, earlier)
        ticked = {path: request.form.get(f"seen.{path}", "") for path in request.form.getlist("field")}
        try:
            done = restoring.restore(screen, record, earlier, differences, ticked)
        except BusinessError as error:
            db.session.rollback()
            return _refused(screen, pk, line, ticked, error)
        _say_restored(screen, pk, earlier, done)
        return redirect(pages.safe_return(request.form.get("return_to")) or f"{screen.route_base}/show/{pk}")


def _keeper(screen: "Screen") -> Keeper:
    keeper = keeper_of(screen.model)
    assert keeper is not None, "the guard lets nobody in without one"
    return keeper


def _earlier(screen: "Screen", record: Any, pk: int, line: int) -> Earlier:
    earlier = _keeper(screen).before(screen.model, pk, line, present_values(screen, record))
    if earlier is None:
        raise NotFound(gettext("This moment is not in the history of this record."))
    return earlier


def _page(screen: "Screen", record: Any, pk: int, line: int, earlier: Earlier, differences: list[Difference],
          message: str = "") -> str:
    may_restore = can_restore(screen) and screen.may("edit")
    return render_template(
        "houtai/compare.html", screen=screen, title=str(record), record_url=f"{screen.route_base}/show/{pk}",
        url=url_for(".restore", screen=name_of(screen), pk=pk, line=line), earlier=earlier, differences=differences,
        message=message, may_restore=may_restore and any(each.why_not is None for each in differences),
        says_why_not=may_restore)


def _refused(screen: "Screen", pk: int, line: int, ticked: dict[str, str], error: BusinessError) -> Any:
    """The same page with what was ticked, and the reasons beside the fields to blame."""
    record = screen.get(pk)
    earlier = _earlier(screen, record, pk, line)
    differences, reasons = comparing.differences_of(screen, record, earlier), error.fields
    for each in differences:
        each.is_ticked = each.field.path in ticked
        each.error = reasons.pop(each.field.path, "") or reasons.pop(f"{each.field.path}_id", "")
    message = str(error) if not error.fields else " ".join(reasons.values()) or gettext(
        "Please check the marked fields.")
    return _page(screen, record, pk, line, earlier, differences, message), error.status


def _say_restored(screen: "Screen", pk: int, earlier: Earlier, done: restoring.Restored) -> None:
    """Tell what was done, with a way back."""
    said = gettext("Restored as it was before %(moment)s: %(title)s", moment=moment_text(earlier.at), title=done.title)
    undo = None
    if done.line_id is not None and len(done.seen) <= MOST_UNDONE:
        fields = [[name, value] for path, seen in done.seen.items() for name, value in (
            ("field", path), (f"seen.{path}", seen))]
        undo = {"url": url_for(".restore", screen=name_of(screen), pk=pk, line=done.line_id), "fields": fields}
    flash({"text": said, "undo": undo} if undo else said, "success")  # type: ignore[arg-type]
