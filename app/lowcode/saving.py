"""A form is opened, sent and saved; and what happens when the record was changed in between.

The version that a form carries is held against the record in the transaction that writes it (see
`app.lowcode.versions` and `records.row_of`). What people expect then:

- Nobody touched the record: it is saved, with not one query more than without a version.
- Others changed fields that this person left alone: it is saved, and a message tells what they changed, which was
  kept. Each has done a piece of work and neither undid the other's; the rules of the record hold for both together,
  since they are asked about the merged record. To stop here would teach people to press on without reading, where it
  matters as well.
- Both changed the same field, and not alike: nothing is saved (409). The page tells who changed what, and offers for
  each such field “mine” or “theirs”; all the rest is merged in the form. It carries the version that was compared
  with, so a third change is met in the same way.
- Something is refused besides: the form comes back with the reasons and with the choices at once.
- The record is gone: the form stays, with what was typed (409). Once the record is restored it can be saved.

A request without a version, such as an older program's, is saved as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, request, url_for

from app.core import html
from app.core.database import db
from app.core.errors import BusinessError, ChangedMeanwhile, InvalidInput
from app.core.i18n import gettext
from app.lowcode import forms, meeting, pages, record_pages, versions
from app.lowcode.fields import Read, parse_id, primary_key
from app.lowcode.judging import judged
from app.lowcode.versions import Changes, Opened

if TYPE_CHECKING:
    from wtforms import Form

    from app.lowcode.screen import Screen

KEEP = "_keep."
"""Begins the name of a choice between mine and theirs, before the path of the field."""


@dataclass(frozen=True)
class Guard:
    """A record that a form is to be saved into, as it is now, and what the form was opened with."""

    given: str
    opened: Opened | None
    now: Opened
    changes: Changes

    @property
    def is_disturbed(self) -> bool:
        return bool(self.changes.theirs)

    def version(self, screen: "Screen", record_id: Any) -> str:
        """The version for the form when it comes back: what it was compared with, if that is another."""
        is_new = self.is_disturbed or self.opened is None
        return versions.version(screen.model, record_id, self.now) if is_new else self.given


def open_form(screen: "Screen", record: Any | None, titles: Mapping[str, str | None], prefilled: Any = None) -> Any:
    """The page of a form. `titles` are those of its references, by path, where they are known."""
    values = prefilled if record is None else forms.stored_values(screen, record)
    form = screen.form_class(data=values)
    for path, text in titles.items():
        form[path].title = text
    carried = tag = ""
    if record is not None:
        opened = versions.opened_now(record, screen.form_fields, values)
        carried = versions.version(screen.model, getattr(record, primary_key(screen.model).key), opened)
        tag = versions.tag_of(opened.values)
    page = record_pages.form_page(screen, form, record, version=carried, tag=tag)
    return screen.render("houtai/form.html", page=page)


def take_form(screen: "Screen", record: Any | None) -> Any:
    """Read a form and save it; whatever refuses it, what was typed stays and the field is named."""
    is_new = record is None
    values = None if is_new else forms.stored_values(screen, record)
    form = screen.form_class(request.form, data=values)
    record_id = None if is_new else getattr(record, primary_key(screen.model).key)
    read, guard, title = forms.read_form(form), None, "" if is_new else str(record)
    if values is not None and versions.NAME in request.form:
        read = _without_theirs(read)
        guard = _guard(screen, record, record_id, values, read)
        read = _narrowed(read, guard.changes.mine)
    item = screen.model() if is_new else record
    try:
        if guard is not None and guard.changes.both:
            _refuse(screen, record, read)
        saved = forms.save(screen, item, read, is_new=is_new)
    except BusinessError as error:
        db.session.rollback()
        return _came_back(screen, form, record, error, guard, title, record_id), error.status
    _say_saved(screen, form, saved, is_new, record_id, guard)
    if is_new and "again" in request.form:
        return redirect(url_for(f"{screen.endpoint}.add"))
    return screen.after_save(item, is_new)


class _Both(ChangedMeanwhile):
    """Fields were changed by both; `wrong` is what else is to be said against the form."""

    wrong: BusinessError | None = None


def _guard(screen: "Screen", record: Any, record_id: Any, values: Mapping[str, Any], read: Read) -> Guard:
    given = request.form[versions.NAME]
    opened = versions.read_version(screen.model, record_id, given)
    now = versions.opened_now(record, screen.form_fields, values)
    return Guard(given, opened, now, versions.compare(screen.form_fields, read, opened, now.values))


def _without_theirs(read: Read) -> Read:
    """Leave out the fields for which this person chose what the others made of them."""
    theirs = {name.removeprefix(KEEP) for name, choice in request.form.items()
              if name.startswith(KEEP) and choice == "theirs"}
    return Read(*({path: each for path, each in side.items() if path not in theirs} for side in read))


def _narrowed(read: Read, paths: list[str]) -> Read:
    """Only what this person has touched is judged and written."""
    return Read(*({path: each for path, each in side.items() if path in paths} for side in read))


def _refuse(screen: "Screen", record: Any, read: Read) -> None:
    """Both changed a field: say so, and with it all that is wrong with single values."""
    refusal = _Both()
    try:
        with db.session.no_autoflush:
            judged(screen.form_fields, read, record=record)
    except InvalidInput as wrong:
        refusal.wrong = wrong
    raise refusal


def _came_back(screen: "Screen", form: "Form", record: Any, error: BusinessError, guard: Guard | None, title: str,
               record_id: Any) -> Any:
    """The page of a form that was refused, with what was typed."""
    met, carried, message = None, "", ""
    if guard is not None:
        carried = guard.version(screen, record_id)
        kept = {*guard.changes.mine}
        for path in guard.changes.theirs:
            if path not in kept:
                _show_stored(form, path, guard.now.values[path])
    if isinstance(error, _Both):
        if error.wrong is not None:
            message = pages.mark_errors(form, error.wrong)
    else:
        message = pages.mark_errors(form, error)
    if guard is not None and (guard.is_disturbed or isinstance(error, _Both)):
        met = meeting.met(screen, form, record_id, guard.opened, guard.now, guard.changes)
    page = record_pages.form_page(
        screen, form, record, message=message, title=title, record_id=record_id, version=carried, met=met)
    return screen.render("houtai/form.html", page=page)


def _show_stored(form: "Form", path: str, value: Any) -> None:
    """A field that was left alone shows what is stored now."""
    item = form[path]
    item.process_data(versions.stored_again(item.field, value))
    item.typed, item.process_errors, item.errors = None, [], ()


def _say_saved(screen: "Screen", form: "Form", title: str, is_new: bool, record_id: Any, guard: Guard | None) -> None:
    said = gettext("Added: %(title)s", title=title) if is_new else gettext("Saved: %(title)s", title=title)
    # The browser that kept a draft of it learns from this message that it is done with.
    flash({"text": said, "saved": record_pages.draft_name(screen, record_id)}, "success")  # type: ignore[arg-type]
    texts = [form[each.path].data for each in screen.form_fields if each.kind == "rich_text"]
    if any(map(html.has_foreign_pictures, texts)):
        flash(gettext("Pictures of other sites were left out of the text. Upload them to show them."), "warning")
    if guard is not None and guard.is_disturbed and guard.opened is not None:
        others = [path for path in guard.changes.theirs if path not in guard.changes.mine]
        if others:
            flash(meeting.merged_text(screen, record_id, guard.opened, others), "info")


def gone(screen: "Screen", raw: Any) -> Any | None:
    """The page of a form whose record is no more, with what was typed; None where nobody had opened it here."""
    try:
        record_id = parse_id(raw)
    except ValueError:
        return None
    given = request.form.get(versions.NAME, "")
    opened = versions.read_version(screen.model, record_id, given)
    if opened is None:
        return None
    db.session.rollback()
    fields = {field.path: field for field in screen.form_fields}
    values = {path: versions.stored_again(fields[path], value) for path, value in opened.values.items()
              if path in fields}
    form = screen.form_class(request.form, data=values)
    page = record_pages.form_page(
        screen, form, None, title=opened.title, record_id=record_id, version=given,
        met=meeting.gone(screen, record_id, opened))
    return screen.render("houtai/form.html", page=page), ChangedMeanwhile.status
