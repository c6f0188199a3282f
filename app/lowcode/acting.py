"""Doing a declared action on rows. On several, those that it is refused for are told and the others are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy import inspect
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from werkzeug.wrappers import Response

from app.core.database import db
from app.core.errors import BusinessError, NotFound
from app.core.i18n import gettext, ngettext, number_text
from app.core.i18n import lazy as _
from app.lowcode import forms, pages, undo
from app.lowcode.access import refuse
from app.lowcode.actions import Action

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

NAMED = 3
"""So many of the rows that were refused are named in the message."""


@dataclass
class Done:
    """What became of the rows: which were changed, which were refused and why, or the page that answers instead."""

    changed: list[Any] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)
    answer: Response | None = None


def act(screen: "Screen", mark: Action, records: Sequence[Any]) -> Done:
    """Do it on all of them at once, or where that is refused on each by itself. The edge commits."""
    done, possible = Done(), []
    for record in records:
        reason = mark.why_not(record) if mark.why_not is not None else None
        if reason:
            done.refused.append((record, str(reason)))
        else:
            possible.append(record)
    if not possible:
        return done
    try:
        with db.session.begin_nested():
            result = getattr(screen, mark.name)(possible)
    except (BusinessError, IntegrityError, DataError, StatementError) as error:
        if len(possible) == 1:
            done.refused.append((possible[0], reason_of(error)))
            return done
        for record in possible:
            one = act(screen, mark, [record])
            done.changed += one.changed
            done.refused += one.refused
        return done
    if isinstance(result, Response):
        done.answer = result
    else:
        done.changed += result if isinstance(result, list) else possible
    return done


def reason_of(error: Exception) -> str:
    """A refusal in words; errors that are none are raised again."""
    try:
        forms.raise_as_business_error(error)
    except BusinessError as refused:
        return str(refused)
    raise error


def say_refused(refused: Sequence[tuple[Any, str]]) -> None:
    """Tell which rows an action was not done for, and why."""
    if not refused:
        return
    if len(refused) == 1:
        flash(gettext("%(title)s: %(reason)s", title=refused[0][0], reason=refused[0][1]), "danger")
        return
    told = [gettext("%(title)s: %(reason)s", title=record, reason=reason) for record, reason in refused[:NAMED]]
    more = len(refused) - NAMED
    if more > 0:
        told.append(ngettext("and %(num)s more", "and %(num)s more", more))
    flash(gettext("Not done for %(count)s. %(reasons)s", count=number_text(len(refused)),
                  reasons=" · ".join(told)), "warning")


class Acting:
    """Mixed into Screen: the routes of its actions."""

    @expose("/action/<name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        return self._run_action(name, [pk])

    @expose("/action", methods=["POST"])
    def action_many(self) -> Any:
        return self._run_action(request.form.get("action", ""), request.form.getlist("rowid"))

    def _run_action(self: Any, name: str, ids: list[str]) -> Any:
        """Run a declared action on rows that this screen shows, if the user may. On several rows those that it is
        refused for are told, and the others are done."""
        mark = self.actions.get(name)
        if mark is None:
            raise NotFound(_("There is no such action."))
        if not self.may(name):
            return refuse(f"can_{name}", self.class_permission_name)
        back = pages.safe_return(request.form.get("return_to")) or url_for(f"{self.endpoint}.list")
        if not ids:
            flash(gettext("Tick at least one row first."), "warning")
            return redirect(back)
        records = self.get_many(ids)
        try:
            with forms.committing():
                done = act(self, mark, records)
                changed = [inspect(record).identity[0] for record in done.changed]
        except BusinessError as error:
            flash(str(error), "danger")
            return redirect(back)
        if done.answer is not None:
            return done.answer
        say_refused(done.refused)
        if changed or not done.refused:
            undo.say_done(self, mark, changed)
        return redirect(back)

    def run_action(self: Any, mark: Action, records: list[Any]) -> Any:
        """Call the action's method, unless a record has a reason against it."""
        if mark.why_not is not None:
            for record in records:
                reason = mark.why_not(record)
                if reason:
                    raise BusinessError(_("%(title)s: %(reason)s"), title=record, reason=reason)
        return getattr(self, mark.name)(records)
