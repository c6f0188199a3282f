"""The JSON API of a screen: the same rows, rules and permissions as its pages, described in OpenAPI.

`/api/v1/<resource>/` lists (`?q=` takes the framework's rison or JSON: filters, order_column, order_direction,
page_size, plus `search`, `columns` and the place `after`), adds; `/<id>` gives, changes and deletes; `/actions/<name>`
runs an action on ids. Money is whole fen, moments are UTC. Every refusal is JSON with `message`, `code` and
`fields`: 400 for a request that cannot be read, 422 for a value that is not acceptable, 409 for a rule of the
business or a value already taken, 404 for a row that is not there for this user.
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
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from app.core.database import db
from app.core.errors import BadRequest, BusinessError, InvalidInput, NotAllowed, NotFound
from app.core.i18n import lazy as _
from app.lowcode import forms, openapi
from app.lowcode.cells import Markup
from app.lowcode.fields import TEXT_KINDS, Field, primary_key, read_all
from app.lowcode.listing import Listing

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MAX_BODY_DEPTH = 20
OPERATORS = {
    "eq": "",
    "in": "",
    "rel_o_m": "",
    "rel_m_m": "",
    "sw": "",
    "ct": "",
    "gt": ".from",
    "ge": ".from",
    "lt": ".to",
    "le": ".to",
}
"""The framework's filter words that are understood, and the end of a range they set."""


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


def reply(status: int, body: Any) -> Response:
    return Response(orjson.dumps(body), status=status, mimetype="application/json")


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


def list_arguments(given: dict[str, Any]) -> MultiDict[str, str]:
    """The framework's query words as the address of a list, which is where they are read and refused."""
    args: MultiDict[str, str] = MultiDict()
    filters = given.get("filters", [])
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise BadRequest(_("“filters” is not a list of filters."), field="filters")
    for item in filters:
        operator, column = item.get("opr"), item.get("col")
        if operator not in OPERATORS or not isinstance(column, str):
            raise BadRequest(
                _("The filter operator “%(operator)s” is not known."), field="filters", operator=str(operator)[:40]
            )
        values = item.get("value")
        for value in values if isinstance(values, list) else [values]:
            text = {True: "1", False: "0", None: "none"}.get(value, value) if isinstance(value, bool | None) else value
            if not isinstance(text, str | int | float):
                raise BadRequest(_("A filter's value is a text or a number."), field=column[:60])
            args.add(f"f.{column}{OPERATORS[operator]}", str(text))
    order = given.get("order_column")
    if order not in (None, ""):
        direction = given.get("order_direction", "asc")
        if not isinstance(order, str) or direction not in ("asc", "desc"):
            raise BadRequest(_("The order is not valid."), field="order_column")
        args["sort"] = ("-" if direction == "desc" else "") + order
    for key, name in (("page_size", "size"), ("search", "q"), ("after", "after")):
        if given.get(key) not in (None, ""):
            args[name] = str(given[key])
    if given.get("page") not in (None, 0):
        raise BadRequest(_("Pages are reached with “after”, given as “next” by the page before."), field="page")
    return args


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

    def _fields(self, wanted: Any, offered: list[Field]) -> list[Field]:
        if not wanted:
            return offered
        by_path = {field.path: field for field in offered}
        if not isinstance(wanted, list) or not all(name in by_path for name in wanted if isinstance(name, str)):
            raise BadRequest(_("A column that was asked for is not offered."), field="columns")
        return [by_path[name] for name in wanted if isinstance(name, str)]

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

    @expose("/", methods=("GET",))
    @protect()
    @answering
    def get_list(self) -> Response:
        """---
        get: {}
        """
        given = read_rison()
        fields = self._fields(given.get("columns"), self.screen.list_fields)
        listing = Listing(self.screen, list_arguments(given), fields=fields)
        rows = listing.fetch()
        count = listing.count(exact=given.get("count") == "exact")
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
        record = self.screen.get(pk)
        return reply(200, {"id": getattr(record, primary_key(self.screen.model).key), "result": self._record(record)})

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
                "filters": list(screen.filter_fields),
                "order_columns": list(screen.order_fields),
                "actions": {mark.name: str(mark.label) for mark in screen.actions.values()},
            },
        )

    # -- writing --------------------------------------------------------------------------------------------

    def _read_values(self, is_new: bool) -> dict[str, Any]:
        body = read_body()
        fields = {field.path: field for field in self.screen.form_fields}
        aliases = {
            field.column.key: path
            for path, field in fields.items()
            if field.kind == "reference" and field.column is not None
        }
        given = {aliases.get(name, name): value for name, value in body.items()}
        refused: dict[str, Any] = {
            name[:60]: _("This field is not known or cannot be written.") for name in given if name not in fields
        }
        for name, field in fields.items():
            if is_new and field.required and given.get(name) in (None, ""):
                refused[name] = _("This field is required.")
            if (
                field.kind == "money"
                and name in given
                and (isinstance(given[name], bool) or not isinstance(given[name], int | None))
            ):
                refused[name] = _("Give the amount as a whole number of fen.")
        if refused:
            raise InvalidInput(refused)
        return read_all(list(fields.values()), given)

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
        forms.save(self.screen, record, self._read_values(is_new=True), is_new=True)
        return reply(201, {"id": getattr(record, primary_key(self.screen.model).key), "result": self._record(record)})

    @expose("/<pk>", methods=("PUT",))
    @protect()
    @answering
    def put(self, pk: str) -> Response:
        """---
        put: {}
        """
        if not self.screen.has_form:
            raise NotAllowed()
        record = self.screen.get(pk)
        forms.save(self.screen, record, self._read_values(is_new=False), is_new=False)
        return reply(200, {"id": getattr(record, primary_key(self.screen.model).key), "result": self._record(record)})

    @expose("/<pk>", methods=("DELETE",))
    @protect()
    @answering
    def delete(self, pk: str) -> Response:
        """---
        delete: {}
        """
        screen = self.screen
        record = screen.get(pk)
        screen.remove(record)
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
        ids = read_body().get("ids")
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
