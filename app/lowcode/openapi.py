"""The OpenAPI description of a screen's API, made from its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.core.help import help_of
from app.core.i18n import gettext, listed
from app.core.i18n import lazy as _
from app.core.search import PIECE
from app.lowcode.api_query import MAX_FILTERS, MEANINGS, is_found_by_pieces, operators_of
from app.lowcode.fields import Field
from app.lowcode.filters import MAX_VALUES
from app.lowcode.listing import MAX_PAGE_SIZE

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "yes_no": {"type": "boolean"},
    "money": {"type": "integer", "description": _("In fen, the hundredth part of the currency unit.")},
    "day": {"type": "string", "format": "date"},
    "moment": {
        "type": "string", "format": "date-time",
        "description": _("In UTC, such as 2026-08-01T04:00:00Z. What is sent without an offset is taken for UTC."),
    },
    "pictures": {"type": "array", "items": {"type": "string"}},
    "words": {"type": "array", "items": {"type": "string"}},
    "json": {},
    "computed": {},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
}
REFERENCE = {"type": "object", "nullable": True, "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}
REFUSAL = {
    "type": "object",
    "properties": {
        "message": {"type": "string"},
        "code": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def schema_of(field: Field, *, writing: bool) -> dict[str, Any]:
    """JSON Schema of one field as it is read (`writing=False`) or written."""
    if field.kind == "reference":
        return (
            {"type": "integer", "nullable": not field.required, "description": gettext("The id of a row.")}
            if writing
            else dict(REFERENCE)
        )
    if field.kind == "references":
        return {"type": "array", "items": {"type": "integer"} if writing else dict(REFERENCE)}
    if field.kind == "choice":
        found: dict[str, Any] = {"type": "string", "enum": [member.value for member in field.info["choices"]]}
    else:
        found = dict(TYPES.get(field.kind, {"type": "string"}))
        if "description" in found:
            found["description"] = str(found["description"])
    if found.get("type") == "string" and field.info.get("size"):
        found["maxLength"] = field.info["size"]
    if field.kind in {"integer", "money"}:
        found |= {
            key: field.info[name]
            for key, name in (("minimum", "min"), ("maximum", "max"))
            if field.info.get(name) is not None
        }
    if not field.required and found.get("type"):
        found["nullable"] = True
    return found


def _object(fields: list[Field], *, writing: bool, with_id: bool = False, required: bool = False) -> dict[str, Any]:
    properties: dict[str, Any] = {"id": {"type": "integer"}} if with_id else {}
    properties |= {field.path: schema_of(field, writing=writing) for field in fields}
    found: dict[str, Any] = {"type": "object", "properties": properties}
    needed = [field.path for field in fields if field.required]
    if required and needed:
        found["required"] = needed
    if writing:
        found["additionalProperties"] = False
    return found


NOTES = {
    "moment": _("Compared by the second, as answers tell it."),
    "reference": _("The id of a row."),
    "references": _("The id of a row that is, or is not, among those of the record."),
}


def filter_schema(screen: "Screen", field: Field) -> dict[str, Any]:
    """JSON Schema of the filters on one column: its operators, and how its value is written."""
    if field.kind in {"reference", "references"}:
        value: dict[str, Any] = {"type": "integer"}
    else:
        value = {key: part for key, part in schema_of(field, writing=True).items()
                 if key not in {"maxLength", "minimum", "maximum"}}
    value["nullable"] = True
    operators = operators_of(screen, field)
    said = [value.pop("description", ""), str(NOTES.get(field.kind, ""))]
    if "ct" in operators and is_found_by_pieces(screen, field):
        said.append(gettext("ct needs at least %(n)s characters.", n=PIECE))
    many = {"type": "array", "minItems": 1, "maxItems": MAX_VALUES, "items": value}
    return {
        "type": "object",
        "description": " ".join(filter(None, said)),
        "properties": {
            "col": {"type": "string", "enum": [field.path]},
            "opr": {"type": "string", "enum": operators},
            "value": {"oneOf": [value, {**many, "description": gettext("For the operator “in”.")}]},
        },
        "required": ["col", "opr", "value"],
        "additionalProperties": False,
    }


def question_schema(screen: "Screen") -> dict[str, Any]:
    """JSON Schema of what may be asked of a list."""
    filters = [filter_schema(screen, field) for field in screen.filter_fields.values()]
    columns = {"type": "string", "enum": [field.path for field in screen.list_fields]}
    asked: dict[str, Any] = {
        "filters": {"type": "array", "maxItems": MAX_FILTERS, "items": {"oneOf": filters}},
        "order_column": {"type": "string", "enum": list(screen.order_fields)},
        "order_direction": {"type": "string", "enum": ["asc", "desc"], "default": "asc"},
        "page_size": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE},
        "search": {"type": "string", "description": gettext("Looked for as in the search field of the list.")},
        "columns": {"type": "array", "items": columns},
        "after": {"type": "string", "description": gettext("What the page before gave as “next”.")},
        "count": {"type": "string", "enum": ["exact"], "description": gettext("Counts on beyond the usual limit.")},
    }
    offered = {"filters": filters, "order_column": screen.order_fields, "search": screen.is_searchable}
    return {
        "type": "object",
        "properties": {name: schema for name, schema in asked.items() if offered.get(name, True)},
        "additionalProperties": False,
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _responses(success: str, schema: dict[str, Any], *codes: int) -> dict[str, Any]:
    words = {
        400: gettext("The request cannot be read"),
        401: gettext("Not signed in"),
        403: gettext("Not allowed"),
        404: gettext("Not found"),
        409: gettext("Refused by a rule, or a value is taken"),
        412: gettext("Changed by somebody else since the version in If-Match"),
        422: gettext("A value is not acceptable"),
    }
    found = {success: {"description": gettext("Done"), **_json(schema)}}
    return found | {str(code): {"description": words[code], **_json(REFUSAL)} for code in (400, 401, 403, *codes)}


def versioned(responses: dict[str, Any]) -> dict[str, Any]:
    """The same, where what was done is answered with the version of the record."""
    told = {"ETag": {"schema": {"type": "string"}, "description": gettext("The version of all that can be written.")}}
    return {code: {**answer, "headers": told} if code.startswith("2") else answer for code, answer in responses.items()}


def tag_of(view: Any, title: Any) -> dict[str, str]:
    """The heading under which the operations of a screen or report stand, with what it is for, in words."""
    return {"name": str(title), "description": help_of(type(view))}


def operations(screen: "Screen") -> dict[str, dict[str, Any]]:
    """Method name to HTTP method to operation, as the framework's `openapi_spec_methods` wants it."""
    shown = list({field.path: field for _t, _h, fields in screen.show_groups for field in fields}.values())
    item = _object(
        list({field.path: field for field in [*shown, *screen.form_fields]}.values()), writing=False, with_id=True
    )
    row = _object(screen.list_fields, writing=False, with_id=True)
    one = {"type": "object", "properties": {"id": {"type": "integer"}, "result": item}}
    many = {
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "count_is_exact": {"type": "boolean"},
            "ids": {"type": "array", "items": {"type": "integer"}},
            "result": {"type": "array", "items": row},
            "next": {"type": "string", "nullable": True},
        },
    }
    key = {"in": "path", "name": "pk", "required": True, "schema": {"type": "integer"}}
    seen = {
        "in": "header",
        "name": "If-Match",
        "schema": {"type": "string"},
        "description": gettext("The ETag that came with the record: refused if somebody else has changed it since."),
    }
    query: dict[str, Any] = {
        "in": "query",
        "name": "q",
        "description": gettext(
            "Rison or JSON; what is not known is refused. Values are written as in bodies and answers. The operators: "
            "%(meanings)s.",
            meanings=listed((f"{name}: {words}" for name, words in MEANINGS.items()), clauses=True),
        ),
        **_json(question_schema(screen)),
    }
    # What a page for trying things out begins with; of itself it would make up a filter with every operator there is.
    query["content"]["application/json"]["example"] = {"page_size": 10}
    written = {"required": True, **_json(_object(screen.form_fields, writing=True, required=True))}
    changed = {"required": True, **_json(_object(screen.form_fields, writing=True))}
    done = {"type": "object", "properties": {"message": {"type": "string"}}}
    actions = listed(f"{name} ({mark.label})" for name, mark in screen.actions.items()) or "—"
    ids = {
        "type": "object",
        "properties": {"ids": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "integer"}}},
        "required": ["ids"],
    }
    return {
        "get_list": {
            "get": {"summary": gettext("List of records"), "parameters": [query], "responses": _responses("200", many)}
        },
        "get": {
            "get": {"summary": gettext("One record"), "parameters": [key],
                    "responses": versioned(_responses("200", one, 404))}
        },
        "info": {
            "get": {
                "summary": gettext("Which columns, filters and actions there are"),
                "responses": _responses("200", {"type": "object"}),
            }
        },
        "post": {
            "post": {
                "summary": gettext("Add"),
                "requestBody": written,
                "responses": versioned(_responses("201", one, 409, 422)),
            }
        },
        "put": {
            "put": {
                "summary": gettext("Change"),
                "parameters": [key, seen],
                "requestBody": changed,
                "responses": versioned(_responses("200", one, 404, 409, 412, 422)),
            }
        },
        "delete": {
            "delete": {
                "summary": gettext("Delete"),
                "parameters": [key, seen],
                "responses": _responses("200", done, 404, 409, 412),
            }
        },
        "run": {
            "post": {
                "summary": gettext("Run an action: %(actions)s", actions=actions),
                "parameters": [{"in": "path", "name": "name", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"required": True, **_json(ids)},
                "responses": _responses("200", done, 404, 409, 422),
            }
        },
    }
