"""An action that needs to know something first: it asks on a page of its own, and then goes on.

    @action(_("Add tags"), icon="fa-tag")
    def tag(self, members):
        given = ask(self, "tag", members, [required(self.field("tags"))])
        if not isinstance(given, dict):
            return given                      # the page that asks
        services.tag_members(members, given["tags"])

`ask` gives the answers as a dict of path → value (references as records) once they are there, otherwise the page.
A program sends them with the action: `{"ids": [1, 2], "values": {"tags": [3]}}`; there a missing or wrong answer is
refused by name. The asking page keeps what was typed when it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.errors import BusinessError
from app.lowcode import forms, pages
from app.lowcode.fields import Field, Read, read_all
from app.lowcode.importing.naming import name_of
from app.lowcode.judging import judged

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

SHOWN = 8
"""So many titles of the ticked records are written out on the page."""


def required(field: Field, **changes: Any) -> Field:
    """The field as a question that must be answered, whatever the column allows; `changes` as of a dataclass."""
    return replace(field, required=True, **changes)


def question(path: str, kind: str, label: Any, *, help: Any = None, is_required: bool = True, **info: Any) -> Field:
    """A question that no column stands behind, such as a reason; `info` as of a column: `size=300`, `choices=…`."""
    return Field(path, kind, label, help, required=is_required, info=info)


def ask(screen: "Screen", name: str, records: Sequence[Any], fields: Sequence[Field],
        start: Mapping[str, Any] | None = None) -> dict[str, Any] | Response:
    """The answers to `fields` for the action `name` of `screen`, or the page that asks for them; `start` has the
    values with which the questions are filled in at first."""
    if request.is_json:
        given = (request.get_json(silent=True) or {}).get("values")
        return _checked(fields, read_all(fields, given if isinstance(given, dict) else {}, as_json=True))
    form_class = forms.make_form(screen, list(fields))
    if request.form.get("asked") != name:
        return _page(screen, name, records, fields, form_class(data=dict(start or {})), "")
    form = form_class(request.form)
    try:
        return _checked(fields, forms.read_form(form))
    except BusinessError as error:
        return _page(screen, name, records, fields, form, pages.mark_errors(form, error), error.status)


def _checked(fields: Sequence[Field], read: Read) -> dict[str, Any]:
    """The values with references resolved; InvalidInput names all that is missing, not acceptable or not there."""
    for field in fields:
        if field.path not in read.refused:
            read.values.setdefault(field.path, [] if field.kind == "references" else None)
    return judged(fields, read)


def _page(screen: "Screen", name: str, records: Sequence[Any], fields: Sequence[Field], form: Any, message: str,
          status: int = 200) -> Response:
    mark = screen.actions[name]
    of_all = getattr(records, "count_of_all", None)
    titles = [str(record) for record in records[:SHOWN]] if of_all is None else getattr(records, "titles", [])
    count = len(records) if of_all is None else of_all
    page = pages.Page("ask", {
        "screen": screen, "title": mark.label, "list_title": screen.list_title, "name": name,
        "list_url": url_for(f"{screen.endpoint}.list") if screen.may("view") else None,
        "url": url_for(f"{screen.endpoint}.action_many") if of_all is None
        else url_for("BulkView.act", screen=name_of(screen)), "form": form, "message": message,
        "fields": [form[field.path] for field in fields], "ids": [record.id for record in records],
        "count": count, "titles": titles, "more": count - len(titles), "submit_label": mark.label,
        "tone": mark.tone, "return_to": pages.safe_return(request.form.get("return_to")) or "",
    })
    page.values["cancel_url"] = page.return_to or page.list_url or "/"
    return make_response(render_template("houtai/ask.html", page=page), status)
