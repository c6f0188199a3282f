"""Forms made from fields: WTForms draws and reads them, `Field.parse` and the record's own rules judge.

A form keeps what was typed, whoever refuses it: the reader of a value, a rule of the record, a service, or the
database. `save` is the one way in which form and JSON API write a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from wtforms import Field as FormField
from wtforms import Form

from app.core.database import db, explain
from app.core.errors import BusinessError, InvalidInput
from app.core.i18n import lazy as _
from app.lowcode import controls
from app.lowcode.fields import Field, primary_key
from app.lowcode.filters import titles_of

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


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
        return controls.control(
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
        many = self.kind == "references"
        self.typed = list(valuelist) if many else (valuelist[-1] if valuelist else None)
        self.data = self.field.parse(self.typed)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, *(() if data is None else (data,)))
        if formdata is not None and self.name not in formdata and self.kind in {"yes_no", "references"}:
            # A browser sends nothing for an unticked box or an empty choice.
            self.data = False if self.kind == "yes_no" else []

    def shown(self) -> Any:
        """What the control holds: what was typed if anything was, else the stored value."""
        if self.kind in {"pictures"}:
            return self.typed if self.typed is not None else json.dumps(self.data or [])
        if self.typed is not None and self.kind not in {"yes_no", "reference", "references"}:
            return self.typed
        return self.field.to_form(self.data)

    def lookup_url(self) -> str | None:
        if self.kind not in {"reference", "references"}:
            return None
        return url_for(f"{self.screen.endpoint}.lookup", column=self.field.path)

    def chosen(self) -> list[controls.Option]:
        if self.kind not in {"reference", "references"} or not self.data or self.field.target is None:
            return []
        ids = self.data if isinstance(self.data, list) else [self.data]
        titles = titles_of(self.field.target, ids)
        return [(key, titles.get(key, f"#{key}"), True) for key in ids]


def make_form(screen: "Screen", fields: list[Field]) -> type[Form]:
    """The WTForms class for these fields."""
    members = {field.path: ScreenField(field.label, field=field, screen=screen) for field in fields}
    return type(f"{type(screen).__name__}Form", (Form,), members)


def stored_values(screen: "Screen", record: Any) -> dict[str, Any]:
    """A record's values for a form, by path. Of a reference to one row the form needs the id, which stands in the
    record's own column: the row itself need not be fetched."""
    return {field.path: getattr(record, _id_column(field) or field.path) for field in screen.form_fields}


def _id_column(field: Field) -> str | None:
    """The attribute that holds the id of the row that a reference names."""
    if field.kind != "reference" or field.relation is None or len(field.relation.local_columns) != 1:
        return None
    return field.relation.parent.get_property_by_column(next(iter(field.relation.local_columns))).key


def values_of(form: Form) -> dict[str, Any]:
    """The parsed values of a form by path; InvalidInput names each field that could not be read."""
    refused = {item.name: item.errors[0] for item in form if item.process_errors and item.errors}
    if not form.validate() or refused:
        raise InvalidInput({item.name: item.errors[0] for item in form if item.errors})
    return {item.name: item.data for item in form}


def resolve_references(record: Any, fields: Mapping[str, Field], values: dict[str, Any]) -> dict[str, Any]:
    """Ids of references as the records they name; InvalidInput where one does not exist. A reference of `record` that
    stays as it is stays out."""
    found: dict[str, Any] = {}
    refused: dict[str, Any] = {}
    for path, value in values.items():
        field = fields[path]
        if field.kind == "reference" and value is not None:
            column = _id_column(field)
            if column is not None and record is not None and getattr(record, column) == value:
                continue
            named = db.session.get(field.target, value)
            if named is None:
                refused[path] = _("The chosen record does not exist.")
            found[path] = named
        elif field.kind == "references":
            assert field.target is not None
            key = primary_key(field.target)
            records = db.session.query(field.target).filter(key.in_(value)).all() if value else []
            if len(records) != len(value):
                refused[path] = _("A chosen record does not exist.")
            found[path] = records
        else:
            found[path] = value
    if refused:
        raise InvalidInput(refused)
    return found


def save(screen: "Screen", record: Any, values: dict[str, Any], *, is_new: bool) -> str:
    """Write `values` (parsed, by path) into `record` and commit; a BusinessError says why not, and nothing is saved.
    Gives the record's title, for which it would have to be read again once it is committed.

    Passes the screen's own `pre_add`/`pre_update`, the checks of columns and record, and the database's rules.
    """
    fields = {field.path: field for field in screen.form_fields}
    with committing():
        with db.session.no_autoflush:
            missing = {
                path: _("This field is required.")
                for path, value in values.items()
                if fields[path].required and value in (None, "") and fields[path].kind != "yes_no"
            }
            if missing:
                raise InvalidInput(missing)
            for path, value in resolve_references(record, fields, values).items():
                if value is None and _keeps_default(fields[path], is_new):
                    continue
                setattr(record, path, value)
        if is_new:
            screen.pre_add(record)
            db.session.add(record)
        else:
            screen.pre_update(record)
        db.session.flush()
        (screen.post_add if is_new else screen.post_update)(record)
        title = str(record)
    return title


def _keeps_default(field: Field, is_new: bool) -> bool:
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
