"""Cells of a list that are edited where they stand.

    inline_columns = ["price", "sort_order", "is_shown"]

names columns of the form that also change in the list, for whoever may edit. The list itself only says which cells
these are; the editor is fetched when somebody opens it, drawn by the control of the form. It carries the version of
its one value, so that a colleague's change is met as it is by the form: told, never overwritten unseen. Saving goes
through `forms.write` with its hooks and rules. The answer has the whole row anew, since other columns may follow
from the one that changed, and what takes the change back: the old value, sent to the same address.

A yes/no is a switch that saves at once; what two people make of it they make the same, so it carries no version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flask import jsonify, render_template, request
from flask_appbuilder import expose
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.core.database import db
from app.core.errors import BadRequest, BusinessError, ChangedMeanwhile, InvalidInput, NotFound
from app.core.i18n import gettext, moment_text
from app.core.i18n import lazy as _
from app.lowcode import cells, forms, meeting, pages, undo, versions
from app.lowcode.access import permission
from app.lowcode.fields import Field, Read, primary_key
from app.lowcode.judging import REQUIRED
from app.lowcode.listing import Listing
from app.lowcode.records import row_of
from app.lowcode.versions import Opened

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

CELL_KINDS = {"text", "integer", "decimal", "money", "yes_no", "choice", "day"}
COLUMNS = "_columns"
"""Under which name a request says which columns of the row its list shows."""


class InlineCells:
    """Mixed into Screen."""

    inline_columns: ClassVar[Sequence[str]] = ()
    """Columns of the form that can be changed in a list, cell by cell, by whoever may edit."""

    inline_fields: dict[str, Field]

    @cached_property
    def cell_forms(self) -> dict[str, Any]:
        """For each of these columns the form of it alone, made once."""
        screen = cast("Screen", self)
        return {path: forms.make_form(screen, [field]) for path, field in self.inline_fields.items()}

    @expose("/cell/<pk>/<column>", methods=["GET", "POST"])
    @permission("edit")
    def cell(self, pk: str, column: str) -> Any:
        """The editor of one cell, and the place to which it sends."""
        field = self.inline_fields.get(column)
        if field is None:
            raise NotFound(_("This column cannot be changed in the list."))
        screen = cast("Screen", self)
        return _take(screen, pk, field) if request.method == "POST" else _open(screen, pk, field)


def declared(screen: "Screen") -> dict[str, Field]:
    """The fields of `inline_columns` by path; a name that stands for none that fits a cell fails at start-up."""
    in_form = {field.path for field in screen.form_fields}
    found = {path: screen.field(path) for path in type(screen).inline_columns}
    for path, field in found.items():
        said = f"{type(screen).__name__}.inline_columns: {path!r}"
        if path not in in_form:
            raise LookupError(f"{said} is no column of the form")
        if field.kind not in CELL_KINDS or field.info.get("secret"):
            raise LookupError(f"{said} is a {field.kind}, which does not fit a cell")
    return found


def _open(screen: "Screen", raw: str, field: Field) -> str:
    record = row_of(screen, raw)[0]
    record_id = getattr(record, primary_key(screen.model).key)
    value = getattr(record, field.path)
    now = versions.opened_now(record, [field], {field.path: value})
    return render_template(
        "houtai/parts/cell.html",
        item=screen.cell_forms[field.path](data={field.path: value})[field.path],
        version=versions.version(screen.model, record_id, now),
        drawn=cells.cell(field, None, screen.formatter(field))(value),
    )


def _take(screen: "Screen", raw: str, field: Field) -> Any:
    record = row_of(screen, raw, to_change=True)[0]
    record_id, before = getattr(record, primary_key(screen.model).key), getattr(record, field.path)
    now = versions.opened_now(record, [field], {field.path: before})
    read = forms.read_form(screen.cell_forms[field.path](request.form))
    try:
        _meet(screen, record_id, field, read, now)
        with forms.committing():
            title = forms.write(screen, record, _judgeable(field, read), is_new=False)
            saved = versions.opened_now(record, [field], {field.path: getattr(record, field.path)})
    except BusinessError as error:
        db.session.rollback()
        return _refused(screen, record_id, field, error, now)
    back = {field.path: _as_typed(field, before), versions.NAME: versions.version(screen.model, record_id, saved)}
    return jsonify(
        text=gettext("Saved: %(title)s", title=title),
        cells=_row(screen, record_id),
        undo=undo.offer(request.path, back) if saved.values != now.values else None,
    )


def _meet(screen: "Screen", record_id: int, field: Field, read: Read, now: Opened) -> None:
    """Refuse to write over what somebody else made of the value since the editor was opened."""
    given = request.form.get(versions.NAME)
    if given is None:
        return
    opened = versions.read_version(screen.model, record_id, given)
    if not versions.compare([field], read, opened, now.values).both:
        return
    theirs = cells.whole(field, versions.stored_again(field, now.values[field.path])).striptags()
    told = meeting.told_since(screen.model, record_id, opened.at) if opened is not None else None
    if told is None:
        raise ChangedMeanwhile(
            _("This was changed in the meantime: %(value)s. Save again to put yours in its place."), value=theirs)
    raise ChangedMeanwhile(
        _("%(who)s changed this in the meantime (%(when)s): %(value)s. Save again to put yours in its place."),
        who=told.who, when=moment_text(told.at), value=theirs)


def _judgeable(field: Field, read: Read) -> Read:
    """What was sent. A form leaves a column alone that was emptied and has a default; in a cell nothing else was asked
    for, so it is said."""
    if not (read.values or read.refused):
        raise BadRequest()
    if field.path in read.values and read.values[field.path] is None and forms.keeps_default(field):
        raise InvalidInput({field.path: REQUIRED})
    return read


def _refused(screen: "Screen", record_id: int, field: Field, error: BusinessError, now: Opened) -> Any:
    """Why a value was not saved, in one text for the cell. After a meeting the editor may go on with the version that
    it was told of, and the row shows it."""
    reasons = [reason if path.removesuffix("_id") == field.path or path == field.path
               else gettext("%(label)s: %(reason)s", label=_label(screen, path), reason=reason)
               for path, reason in error.fields.items()]
    answer: dict[str, Any] = {"code": error.code, "message": " ".join(reasons) or str(error), "fields": error.fields}
    if isinstance(error, ChangedMeanwhile):
        answer |= {"version": versions.version(screen.model, record_id, now), "cells": _row(screen, record_id)}
    return jsonify(answer), error.status


def _label(screen: "Screen", path: str) -> str:
    labels = {field.path: field.words for field in screen.form_fields}
    return labels.get(path) or labels.get(path.removesuffix("_id"), path)


def _as_typed(field: Field, value: Any) -> str:
    """A stored value as the control of the cell would send it."""
    if field.kind == "yes_no":
        return "1" if value else ""
    return str(field.to_form(value))


def _row(screen: "Screen", record_id: int) -> dict[str, Markup]:
    """The cells that the list shows of this row, by column; none if it is no longer among the rows of the screen."""
    fields = _shown(screen, request.form.get(COLUMNS, "").split(","))
    key = primary_key(screen.model) == record_id
    listing = Listing(screen, MultiDict(), fields=fields, extra=[key])
    rows = pages.row_items(screen, listing, listing.fetch(), may_edit=True, may_delete=False)
    return dict(zip((field.path for field in fields), rows[0]["cells"], strict=True)) if rows else {}


def _shown(screen: "Screen", asked: Iterable[str]) -> list[Field]:
    """The fields with these paths among those that a list of this screen can show."""
    related = type(screen).related_columns or ()
    known = screen.offered_columns | {path: screen.field(path) for path in related}
    return [known[path] for path in dict.fromkeys(asked) if path in known]
