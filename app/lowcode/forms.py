"""Forms made from fields: WTForms draws and reads them, `Field.parse` and the record's own rules judge.

A form keeps what was typed, whoever refuses it: the reader of a value, a rule of the record, a service, or the
database. `save` is the one way in which form and JSON API write a record.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import current_app, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from wtforms import Field as FormField
from wtforms import Form

from app.core.database import db, explain
from app.core.errors import BusinessError, InvalidInput
from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.lowcode import controls
from app.lowcode.fields import Field, Read, primary_key, reason_of, title_column
from app.lowcode.filters import titles_of
from app.lowcode.judging import id_column, judged
from app.lowcode.kept import keep
from app.lowcode.records import row_of

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


GAP = "\0"


class Control:
    """Draws a form field by its kind."""

    def __call__(self, form_field: "ScreenField", **extra: Any) -> Markup:
        field = form_field.field
        given = {"id": form_field.id, **extra}
        if form_field.errors:
            given |= {"aria-invalid": "true"}
        described = [f"{form_field.id}-help"] if form_field.description else []
        described += [f"{form_field.id}-error"] if form_field.errors else []
        if described:
            given["aria-describedby"] = " ".join(described)
        return controls.companion(field, form_field.name) + controls.control(
            field,
            form_field.name,
            form_field.shown(),
            lookup=form_field.lookup_url(),
            chosen=form_field.chosen(),
            extra=given,
        )


class ScreenField(FormField):
    """One column of a screen on a form. `data` is the parsed value; `typed` is what came from the browser."""

    widget = Control()

    def __init__(self, label: Any = None, validators: Any = None, *, field: Field, screen: Any, **options: Any) -> None:
        super().__init__(label, validators, description=field.help or "", **options)
        self.field = field
        self.kind = field.kind
        self.screen = screen
        self.typed: Any = None
        self.title: str | None = None
        self.is_sent = True
        self.flags.required = field.required

    def process_data(self, value: Any) -> None:
        if self.kind == "reference":
            value = (
                getattr(value, primary_key(type(value)).key)
                if value is not None and not isinstance(value, int)
                else value
            )
        elif self.kind == "references":
            value = [
                item if isinstance(item, int) else getattr(item, primary_key(type(item)).key) for item in value or ()
            ]
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        # What a request does not name stays as it is. A browser leaves out an unticked box and an empty choice as
        # well, for which their hidden companion speaks.
        self.is_sent = bool(valuelist)
        if not valuelist:
            return
        self.typed = list(valuelist) if self.kind == "references" else valuelist[-1]
        try:
            self.data = self.field.parse(self.typed)
        except ValueError as error:
            raise ValueError(reason_of(error)) from None

    def shown(self) -> Any:
        """What the control holds: what was typed if anything was, else the stored value."""
        if self.kind in {"pictures"}:
            return self.typed if self.typed is not None else json.dumps(self.data or [])
        if self.typed is not None and self.kind not in {"yes_no", "reference", "references"}:
            return self.typed
        return self.field.to_form(self.data)

    def framed(self) -> Markup:
        """The control with its label and help. They are the same for everybody as long as nothing is wrong."""
        if self.errors:
            return _draw(self)
        frame = keep(("field", type(self.screen).__name__, self.field.path), lambda: _draw(_Gap(self)))
        before, after = str(frame).split(GAP)
        return Markup(f"{before}{self()}{after}")

    def lookup_url(self) -> str | None:
        if self.kind not in {"reference", "references"}:
            return None
        return url_for(f"{self.screen.endpoint}.lookup", column=self.field.path)

    def chosen(self) -> list[controls.Option]:
        """The chosen rows. What was typed and is no row stays as well: it is the person's to take back."""
        if self.kind not in {"reference", "references"} or self.field.target is None:
            return []
        if self.process_errors:
            typed = self.typed if isinstance(self.typed, list) else [self.typed]
            return [(value, value, True) for value in typed if value]
        ids = self.data if isinstance(self.data, list) else [self.data] if self.data else []
        titles = {ids[0]: self.title} if self.title is not None else titles_of(self.field.target, ids)
        return [(key, titles.get(key) or gettext("ID %(id)s: not found", id=key), True) for key in ids]


def _draw(field: Any) -> Markup:
    """A field with all that stands around its control."""
    template = current_app.jinja_env.get_template("houtai/parts/fields.html")
    return template.module.field(field)  # type: ignore[attr-defined]


class _Gap:
    """A form field that draws a gap in place of its control."""

    def __init__(self, field: ScreenField) -> None:
        self._field = field

    def __getattr__(self, name: str) -> Any:
        return getattr(self._field, name)

    def __call__(self, **_marks: Any) -> str:
        return GAP


def make_form(screen: "Screen", fields: list[Field]) -> type[Form]:
    """The WTForms class for these fields."""
    members: dict[str, Any] = {field.path: ScreenField(field.label, field=field, screen=screen) for field in fields}
    made = type(f"{type(screen).__name__}Form", (Form,), members)
    made.title_queries = _title_queries(screen, fields)  # type: ignore[attr-defined]
    return made


def stored_values(screen: "Screen", record: Any) -> dict[str, Any]:
    """A record's values for a form, by path. Of a reference to one row the form needs the id, which stands in the
    record's own column: the row itself need not be fetched."""
    return {field.path: getattr(record, id_column(field) or field.path) for field in screen.form_fields}


def _title_queries(screen: "Screen", fields: list[Field]) -> dict[str, Any]:
    """By path, the title of what a reference points to, as a subquery of a query for the record. References whose title
    is no column are left to `titles_of`."""
    found = {}
    for field in fields:
        own = id_column(field)
        title = title_column(field.target) if own and field.target is not None else None
        if title is not None and hasattr(field.target, "title_column"):
            there = title.table.alias()
            found[field.path] = select(there.c[title.name]).where(
                there.c[primary_key(field.target).name] == getattr(screen.model, own)).scalar_subquery()
    return found


def opened(screen: "Screen", raw: Any) -> tuple[Any, dict[str, str | None]]:
    """The record with this id for its form, and by path the titles of what its references point to, in one query."""
    queries = screen.form_class.title_queries
    record, *titles = row_of(screen, raw, *queries.values())
    return record, dict(zip(queries, titles, strict=True))


def read_form(form: Form) -> Read:
    """What a form was sent: the values of its fields, and why some could not be read. What was not sent is not there,
    so that it stays as it is."""
    sent = [item for item in form if item.is_sent]
    return Read(
        {item.name: item.data for item in sent if not item.process_errors},
        {item.name: item.process_errors[0] for item in sent if item.process_errors},
    )


def save(screen: "Screen", record: Any, read: Read, *, is_new: bool) -> str:
    """Write what was read into `record` and commit; a BusinessError says why not, and nothing is saved.
    Gives the record's title, for which it would have to be read again once it is committed.

    All that is wrong with single values is said at once. What passes goes through the screen's own
    `pre_add`/`pre_update`, the checks of columns and record, and the database's rules.
    """
    with committing():
        return write(screen, record, read, is_new=is_new)


def write(screen: "Screen", record: Any, read: Read, *, is_new: bool) -> str:
    """The same within the transaction at hand, which the caller ends."""
    with db.session.no_autoflush:
        put_into(screen, record, read, is_new=is_new)
    if is_new:
        screen.pre_add(record)
        db.session.add(record)
    else:
        screen.pre_update(record)
    db.session.flush()
    (screen.post_add if is_new else screen.post_update)(record)
    return str(record)


def put_into(screen: "Screen", record: Any, read: Read, *, is_new: bool) -> None:
    """Give a record what was read, once every single value has passed; InvalidInput names those that do not."""
    fields = {field.path: field for field in screen.form_fields}
    for path, value in judged(fields.values(), read, record=record, all_needed=is_new).items():
        if value is None and keeps_default(fields[path]):
            continue
        setattr(record, path, value)


def keeps_default(field: Field) -> bool:
    """An empty answer to a question that has a default leaves it to the default."""
    column = field.column
    if column is None or field.kind == "reference":
        return False
    return not column.nullable and (column.default is not None or column.server_default is not None)


class committing:
    """The edge of a write: commits at the end; a refusal rolls everything back and is raised as a BusinessError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: Any) -> bool:
        try:
            if error is None:
                db.session.commit()
                return False
        except (IntegrityError, DataError, StatementError, BusinessError) as late:
            error = late
        except BaseException:
            db.session.rollback()
            raise
        db.session.rollback()
        raise_as_business_error(error)
        return False


def raise_as_business_error(error: BaseException) -> None:
    """Raise the refusal of a database as one of ours, which repeats no SQL; other errors as they are."""
    if isinstance(error, BusinessError):
        raise error
    if isinstance(error, IntegrityError):
        raise explain(error) from error
    if isinstance(error, DataError) or (isinstance(error, StatementError) and isinstance(error.orig, OverflowError)):
        raise InvalidInput(message=_("A value is outside what can be stored.")) from error
    raise error
