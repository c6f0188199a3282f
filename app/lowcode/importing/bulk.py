"""The same values for many rows of a list, or an action for all of them: an import without a file, with its rules and
its way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from werkzeug.datastructures import MultiDict

from app.core.actor import current_actor
from app.core.database import db
from app.core.errors import BusinessError, InvalidInput, NotFound
from app.core.i18n import current_locale, gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode import access, forms, pages
from app.lowcode.actions import Action
from app.lowcode.fields import Field, Read
from app.lowcode.filters import titles_of
from app.lowcode.importing import for_all, runs
from app.lowcode.importing.cells import importable, write_chosen
from app.lowcode.importing.for_all import AllThatMatch
from app.lowcode.importing.judge import key_fields
from app.lowcode.importing.matching import KEY
from app.lowcode.importing.models import Import, Outcome
from app.lowcode.importing.naming import can_change_many, find_screen, name_of
from app.lowcode.importing.reading import MOST_ROWS
from app.lowcode.importing.writing import WRITES
from app.lowcode.judging import judged
from app.lowcode.listing import Listing
from app.lowcode.saved_views.opening import open_list
from app.lowcode.security import identity

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

SHOWN = 8
PLUMBING = {"csrf_token", "action", "scope", "return_to", "rowid", "agreed"}
"""What a form sends that is no answer to a question."""
LONG = {"rich_text", "json", "long_text"}


def changeable(screen: "Screen") -> list[Field]:
    """The fields that can be the same in many rows."""
    own = {each.path for each in key_fields(screen)}
    return [each for each in importable(screen.form_fields) if each.path not in own and each.kind not in LONG]


def begin(screen: "Screen", ids: list[int], values: dict[str, Any]) -> Import:
    """Keep what is to be changed: `values` by path, as a form reads them (references as ids). The edge commits."""
    fields = [each for each in changeable(screen) if each.path in values]
    actor = current_actor()
    run = Import(
        screen=type(screen).__name__, is_bulk=True, user_id=actor.id, user_name=str(actor)[:100],
        file_name=gettext("Changed together: %(fields)s", fields=listed(str(each.label) for each in fields))[:200],
        locale=current_locale(), heading=[gettext("ID"), *(str(each.label) for each in fields)],
        matches=[KEY, *(each.path for each in fields)], key_path=KEY, keeps_when_empty=False, row_count=len(ids))
    cells = [write_chosen(each, values[each.path]) for each in fields]
    runs.keep(run, [(number, [str(row_id), *cells]) for number, row_id in enumerate(ids, 1)])
    return run


class BulkView(BaseView):
    """Changes many rows of a list to the same values."""

    route_base = "/bulk"

    @expose("/<screen>", methods=["POST"])
    def change(self, screen: str) -> Any:
        """Ask what to change, and then change it."""
        found = find_screen(screen)
        if identity.signed_in() is None:
            return access.refuse_stranger()
        if found is None or not can_change_many(found):
            raise NotFound()
        if not access.may("can_edit", found.class_permission_name):
            return access.refuse("can_edit", found.class_permission_name)
        back = pages.safe_return(request.form.get("return_to")) or url_for(f"{found.endpoint}.list")
        if not request.form.getlist("rowid"):
            flash(gettext("Tick at least one row first."), "warning")
            return redirect(back)
        ticked = [record.id for record in found.get_many(request.form.getlist("rowid"))]
        form = found.form_class(request.form if "asked" in request.form else None)
        if "asked" not in request.form:
            return _page(found, form, ticked, back, [])
        chosen = request.form.getlist("chosen")
        try:
            values = _values(found, form, chosen)
            ids = _matching(found, back) if request.form.get("scope") == "all" else ticked
            with forms.committing():
                run = begin(found, ids, values)
                number = run.id
                runs.match(found, run, run.matches, key_path=KEY, keeps_when_empty=False,
                           posts=len(ids) > runs.WHILE_WAITING)
            if len(ids) > runs.WHILE_WAITING:
                return redirect(url_for("ImportView.run", screen=name_of(found), pk=number))
            return self._at_once(found, number, back)
        except BusinessError as error:
            db.session.rollback()
            message = pages.mark_errors(form, error)
            return _page(found, form, ticked, back, chosen, message), error.status

    @expose("/<screen>/action", methods=["POST"])
    def act(self, screen: str) -> Any:
        """Do an action for all rows that match a list, once it was said for how many."""
        found, name = find_screen(screen), request.form.get("action", "")
        if identity.signed_in() is None:
            return access.refuse_stranger()
        mark = found.actions.get(name) if found is not None else None
        if found is None or mark is None or not mark.many:
            raise NotFound()
        if not found.may(name):
            return access.refuse(f"can_{name}", found.class_permission_name)
        back = pages.safe_return(request.form.get("return_to")) or url_for(f"{found.endpoint}.list")
        try:
            ids = _matching(found, back)
        except BusinessError as error:
            flash(str(error), "warning")
            return redirect(back)
        some = titles_of(found.model, ids[:SHOWN])
        titles = [some[row_id] for row_id in ids[:SHOWN] if row_id in some]
        if mark.asks:
            page = getattr(found, mark.name)(AllThatMatch(len(ids), titles))
            if page is not None:
                return page
        elif "agreed" not in request.form:
            return render_template("houtai/for_all.html", screen=found, screen_name=name_of(found), mark=mark,
                                   back=back, count=len(ids), titles=titles)
        return _done_for_all(found, mark, ids, back)

    @staticmethod
    def _at_once(screen: "Screen", number: int, back: str) -> Any:
        runs.check_rows(run_id=number)
        db.session.commit()
        run = runs.get_import(number)
        if any(runs.counts(run)[outcome] for outcome in WRITES):
            with forms.committing():
                runs.confirm(run, posts=False)
            runs.write_rows(run_id=number)
            db.session.commit()
        run = runs.get_import(number)
        counts = runs.counts(run)
        target = url_for("ImportView.run", screen=name_of(screen), pk=number)
        changed, same, refused = (number_text(counts[each]) for each in (
            Outcome.changed, Outcome.same, Outcome.refused))
        said = gettext("Changed: %(changed)s. Left as they were: %(same)s.", changed=changed, same=same)
        undo = {"url": url_for("ImportView.undo", screen=name_of(screen), pk=number), "fields": []}
        if counts[Outcome.refused]:
            flash(gettext("%(count)s rows were refused; this page says why.", count=refused), "warning")
            return redirect(target)
        flash({"text": said, "undo": undo} if counts[Outcome.changed] else said, "success")  # type: ignore[arg-type]
        return redirect(back)


def _done_for_all(screen: "Screen", mark: Action, ids: list[int], back: str) -> Any:
    """Do it now where that takes a moment; else the page that shows how far it is."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in PLUMBING]
    with forms.committing():
        run = for_all.begin(screen, mark, ids, sent if mark.asks else ())
        number = run.id
    target = url_for("ImportView.run", screen=name_of(screen), pk=number)
    if len(ids) > runs.WHILE_WAITING:
        return redirect(target)
    for_all.do_for_all(run_id=number)
    db.session.commit()
    run = runs.get_import(number)
    counts = runs.counts(run)
    if counts[Outcome.refused]:
        flash(gettext("%(count)s rows were refused; this page says why.", count=number_text(counts[Outcome.refused])),
              "warning")
        return redirect(target)
    said = gettext("%(action)s: done for %(count)s.", action=mark.label, count=number_text(counts[Outcome.changed]))
    offers = counts[Outcome.changed] and runs.can_undo(run) and runs.may_undo(run)
    undo = {"url": url_for("ImportView.undo", screen=name_of(screen), pk=number), "fields": []}
    flash({"text": said, "undo": undo} if offers else said, "success")  # type: ignore[arg-type]
    return redirect(back)


def _values(screen: "Screen", form: Any, chosen: list[str]) -> dict[str, Any]:
    """The values of the fields that were chosen; InvalidInput names each that cannot be read or may not be."""
    fields = [each for each in changeable(screen) if each.path in chosen]
    if not fields:
        raise InvalidInput(message=_("Choose what is to be changed first."))
    read = forms.read_form(form)
    values = {each.path: read.values.get(each.path, [] if each.kind == "references" else None) for each in fields}
    refused = {path: reason for path, reason in read.refused.items() if path in values}
    judged(fields, Read({path: value for path, value in values.items() if path not in refused}, refused))
    return values


def _matching(screen: "Screen", back: str) -> list[int]:
    """The ids of all rows that the list shows from which somebody came."""
    ids = Listing(screen, _asked(screen, back)).keys(MOST_ROWS)
    if len(ids) > MOST_ROWS:
        raise BusinessError(_("These are more than %(count)s rows; narrow the list with filters first."),
                            count=number_text(MOST_ROWS))
    return ids


def _asked(screen: "Screen", back: str) -> MultiDict[str, str]:
    """What that list was asked for, by its address and by the view that was open."""
    return open_list(screen, MultiDict(parse_qsl(urlsplit(back).query, keep_blank_values=True))).args


def _page(screen: "Screen", form: Any, ticked: list[int], back: str, chosen: list[str], message: Any = "") -> str:
    count = Listing(screen, _asked(screen, back), keeps_mistakes=True).count()
    titles = [str(record) for record in screen.get_many(ticked[:SHOWN])]
    return render_template(
        "houtai/bulk.html", screen=screen, screen_name=name_of(screen), form=form, ids=ticked, back=back, titles=titles,
        fields=[form[each.path] for each in changeable(screen)], chosen=chosen, message=message, matching=count,
        scope=request.form.get("scope", "ticked"), more=len(ticked) - len(titles))
