"""The JSON API of a screen: the same rows, rules and permissions as its pages, described in OpenAPI.

`/api/v1/<resource>/` lists (what may be asked is in `app.lowcode.api_query`), adds; `/<id>` gives, changes and deletes;
`/actions/<name>` runs an action on ids. Money is whole fen, moments are UTC, in filters as in bodies and answers. Every
refusal is JSON with `message`, `code` and `fields`: 400 for a request that cannot be read, 422 for values that are not
acceptable (all of them at once), 409 for a rule of the business or a value already taken, 404 for a row that is not
there for this user.

One record comes with an ETag, the version of all that can be written. A PUT or DELETE that names it in If-Match is
refused with 412 once somebody else has changed the record; without If-Match it is done as it is.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson
import prison
from apispec import APISpec
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from werkzeug.exceptions import HTTPException

from app.core.database import db
from app.core.errors import BadRequest, BusinessError, ChangedMeanwhile, InvalidInput, NotAllowed, NotFound
from app.core.i18n import lazy as _
from app.lowcode import forms, openapi, versions
from app.lowcode.api_query import operators_of, read_question, refuse_unknown
from app.lowcode.cells import Markup
from app.lowcode.fields import TEXT_KINDS, Field, Read, primary_key, read_all
from app.lowcode.listing import Listing
from app.lowcode.records import row_of

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MAX_BODY_DEPTH = 20


def answering(work: Callable[..., Any]) -> Callable[..., Any]:
    """Turn every refusal into its JSON answer; what was begun is rolled back."""

    @functools.wraps(work)
    def wrapped(self: "ScreenApi", *args: Any, **options: Any) -> Response:
        try:
            return work(self, *args, **options)
        except BusinessError as error:
            db.session.rollback()
            return refusal(error)

    return wrapped


def refusal(error: BusinessError) -> Response:
    """A BusinessError as JSON with its own status."""
    return reply(error.status, {"message": str(error), "code": error.code, "fields": error.fields})


def reply(status: int, body: Any, *, etag: str | None = None) -> Response:
    answer = Response(orjson.dumps(body), status=status, mimetype="application/json")
    if etag is not None:
        answer.set_etag(etag)
    return answer


def read_body() -> dict[str, Any]:
    """The JSON object of the request; BadRequest if it is none, names a key twice, or is nested absurdly."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadRequest(_("The JSON names a key twice."))
        return found

    def refuse_constant(name: str) -> Any:
        raise BadRequest(_("The JSON has a number that is none."))

    try:
        body = json.loads(request.get_data(), object_pairs_hook=unique, parse_constant=refuse_constant)
    except (ValueError, UnicodeDecodeError, RecursionError):
        raise BadRequest(_("The body is not valid JSON.")) from None
    if not isinstance(body, dict):
        raise BadRequest(_("The body is not a JSON object."))
    return body


def read_rison() -> dict[str, Any]:
    """The parameter `q`, written as rison or as JSON; BadRequest for anything else."""
    refuse_unknown(request.args, {"q"})
    raw = request.args.get("q", "")
    if not raw:
        return {}
    try:
        given = json.loads(raw) if raw.lstrip().startswith("{") else prison.loads(raw)
    except Exception:  # the rison parser lets its internal errors out on bad input
        raise BadRequest(_("The parameter q is neither rison nor JSON."), field="q") from None
    if not isinstance(given, dict):
        raise BadRequest(_("The parameter q is not an object."), field="q")
    return given


class ScreenApi(BaseApi):
    """The API beside one screen; `api_of` makes a class of it for each."""

    screen: Any = None
    allow_browser_login = True
    method_permission_name = {
        "get_list": "view",
        "get": "view",
        "info": "view",
        "post": "add",
        "put": "edit",
        "delete": "delete",
        "run": "view",
    }

    @property
    def openapi_spec_tag(self) -> str:
        """The heading in the description of the API, in its reader's language."""
        return str(self.screen.list_title)

    def add_api_spec(self, api_spec: APISpec) -> None:
        # Only now, when somebody asks for the description of the API, which few processes are ever asked for.
        self.openapi_spec_methods = openapi.operations(self.screen)
        api_spec.tag(openapi.tag_of(self.screen, self.screen.list_title))
        super().add_api_spec(api_spec)

    # -- reading --------------------------------------------------------------------------------------------

    def _value(self, field: Field, value: Any) -> Any:
        """A value for a program; what the screen shows of a text (masked, for example) is what the API tells."""
        formatter = self.screen.formatter(field)
        if formatter is not None and field.kind in TEXT_KINDS and value is not None:
            return Markup(formatter(value)).striptags()
        if field.kind == "reference":
            return None if value is None else {"id": value[0], "title": value[1]}
        return field.to_json(value)

    def _record(self, record: Any) -> dict[str, Any]:
        screen = self.screen
        offered = {field.path: field for _t, _h, fields in screen.show_groups for field in fields}
        offered |= {field.path: field for field in screen.form_fields}
        found: dict[str, Any] = {"id": getattr(record, primary_key(screen.model).key)}
        for path, field in offered.items():
            value = record
            for name in path.split("."):
                value = getattr(value, name) if value is not None else None
            if field.kind == "reference" and value is not None:
                value = (getattr(value, primary_key(type(value)).key), str(value))
            elif field.kind == "references":
                found[path] = [{"id": getattr(item, primary_key(type(item)).key), "title": str(item)} for item in value]
                continue
            found[path] = self._value(field, value)
        return found

    def _one(self, status: int, record: Any) -> Response:
        """One record with its version."""
        key = getattr(record, primary_key(self.screen.model).key)
        return reply(status, {"id": key, "result": self._record(record)}, etag=self._version(record))

    def _version(self, record: Any) -> str:
        return versions.tag(self.screen.form_fields, forms.stored_values(self.screen, record))

    def _to_change(self, pk: str) -> Any:
        """The record that a request is about to change; ChangedMeanwhile if it names another version."""
        if "If-Match" not in request.headers:
            return self.screen.get(pk)
        record = row_of(self.screen, pk, to_change=True)[0]
        # Something that is no ETag matches none.
        if not (request.if_match.star_tag or request.if_match.contains(self._version(record))):
            raise ChangedMeanwhile(status=412)
        return record

    @expose("/", methods=("GET",))
    @protect()
    @answering
    def get_list(self) -> Response:
        """---
        get: {}
        """
        asked = read_question(self.screen, read_rison())
        fields = asked.fields
        listing = Listing(self.screen, asked.args, fields=fields, narrowed=asked.comparisons)
        rows = listing.fetch()
        count = listing.count(exact=asked.is_exact)
        columns = [[self._value(field, value) for value in rows.values(field)] for field in fields]
        result = [
            {"id": key, **{field.path: column[row] for field, column in zip(fields, columns, strict=True)}}
            for row, key in enumerate(rows.keys)
        ]
        return reply(
            200,
            {
                "count": count.number,
                "count_is_exact": count.is_exact,
                "ids": rows.keys,
                "result": result,
                "next": rows.place(-1) if rows.has_next else None,
            },
        )

    @expose("/<pk>", methods=("GET",))
    @protect()
    @answering
    def get(self, pk: str) -> Response:
        """---
        get: {}
        """
        return self._one(200, self.screen.get(pk))

    @expose("/_info", methods=("GET",))
    @protect()
    @answering
    def info(self) -> Response:
        """---
        get: {}
        """
        screen = self.screen
        return reply(
            200,
            {
                "permissions": [name for name in screen.base_permissions if screen.may(name.removeprefix("can_"))],
                "columns": {
                    field.path: {"label": str(field.label), "kind": field.kind} for field in screen.list_fields
                },
                "form": {
                    field.path: {
                        "label": str(field.label),
                        "kind": field.kind,
                        "required": field.required,
                        "help": str(field.help or ""),
                    }
                    for field in screen.form_fields
                },
                "filters": {
                    field.path: operators_of(screen, field) for field in screen.filter_fields.values()
                },
                "order_columns": list(screen.order_fields),
                "actions": {mark.name: str(mark.label) for mark in screen.actions.values()},
            },
        )

    # -- writing --------------------------------------------------------------------------------------------

    def _read_values(self) -> Read:
        body = read_body()
        fields = {field.path: field for field in self.screen.form_fields}
        aliases = {
            field.column.key: path
            for path, field in fields.items()
            if field.kind == "reference" and field.column is not None
        }
        given = {aliases.get(name, name): value for name, value in body.items()}
        read = read_all(fields.values(), given, as_json=True)
        return Read(read.values, read.refused | {
            name[:60]: _("This field is not known or cannot be written.") for name in given if name not in fields
        })

    @expose("/", methods=("POST",))
    @protect()
    @answering
    def post(self) -> Response:
        """---
        post: {}
        """
        if not self.screen.has_form:
            raise NotAllowed()
        record = self.screen.model()
        forms.save(self.screen, record, self._read_values(), is_new=True)
        return self._one(201, record)

    @expose("/<pk>", methods=("PUT",))
    @protect()
    @answering
    def put(self, pk: str) -> Response:
        """---
        put: {}
        """
        if not self.screen.has_form:
            raise NotAllowed()
        record = self._to_change(pk)
        forms.save(self.screen, record, self._read_values(), is_new=False)
        return self._one(200, record)

    @expose("/<pk>", methods=("DELETE",))
    @protect()
    @answering
    def delete(self, pk: str) -> Response:
        """---
        delete: {}
        """
        self.screen.remove(self._to_change(pk))
        return reply(200, {"message": "OK"})

    @expose("/actions/<name>", methods=("POST",))
    @protect()
    @answering
    def run(self, name: str) -> Response:
        """---
        post: {}
        """
        screen = self.screen
        mark = screen.actions.get(name)
        if mark is None:
            raise NotFound(_("There is no such action."))
        if not screen.may(name):
            raise NotAllowed()
        body = read_body()
        refuse_unknown(body, {"ids", "values"})
        ids = body.get("ids")
        if not isinstance(ids, list) or not 0 < len(ids) <= 1000:
            raise InvalidInput({"ids": _("Give a list of 1 to 1000 ids.")})
        records = screen.get_many(ids)
        with forms.committing():
            screen.run_action(mark, records)
        return reply(200, {"message": "OK", "count": len(records)})


def resource_name(screen: "Screen") -> str:
    """The word of a screen in `/api/v1/<word>/`: its address, which is its table's name unless it says otherwise."""
    return str(screen.route_base).strip("/").replace("/", "_")


def api_of(screen: "Screen") -> type[ScreenApi]:
    """The API class of a screen, sharing its permissions."""
    return type(
        f"{type(screen).__name__}Api",
        (ScreenApi,),
        {
            "screen": screen,
            "resource_name": resource_name(screen),
            "class_permission_name": screen.class_permission_name,
            "base_permissions": list(screen.base_permissions or []),
            "exclude_route_methods": {
                method
                for method, name in (("post", "add"), ("put", "edit"), ("delete", "delete"))
                if f"can_{name}" not in (screen.base_permissions or [])
            },
        },
    )


def http_error(error: HTTPException) -> Response:
    """Werkzeug's own errors (404, 405, 413 …) under `/api/` as JSON."""
    return reply(error.code or 500, {"message": str(error.description or error.name), "code": "http", "fields": {}})


def is_api_request() -> bool:
    return request.path.startswith("/api/")
