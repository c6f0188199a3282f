"""The OpenAPI description of a screen's API, made from its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.core.help import help_of
from app.core.i18n import gettext, listed
from app.lowcode.fields import Field

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "yes_no": {"type": "boolean"},
    "money": {"type": "integer", "description": "In fen, the hundredth part of the currency unit."},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time", "description": "UTC."},
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
            {"type": "integer", "nullable": not field.required, "description": "The id of the record."}
            if writing
            else dict(REFERENCE)
        )
    if field.kind == "references":
        return {"type": "array", "items": {"type": "integer"} if writing else dict(REFERENCE)}
    if field.kind == "choice":
        found: dict[str, Any] = {"type": "string", "enum": [member.value for member in field.info["choices"]]}
    else:
        found = dict(TYPES.get(field.kind, {"type": "string"}))
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


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _responses(success: str, schema: dict[str, Any], *codes: int) -> dict[str, Any]:
    words = {
        400: "The request cannot be read",
        401: "Not signed in",
        403: "Not allowed",
        404: "Not found",
        409: "Refused by a rule, or a value is taken",
        422: "A value is not acceptable",
    }
    found = {success: {"description": "Done", **_json(schema)}}
    return found | {str(code): {"description": words[code], **_json(REFUSAL)} for code in (400, 401, 403, *codes)}


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
    query = {
        "in": "query",
        "name": "q",
        "schema": {"type": "string"},
        "description": (
            "Rison or JSON: filters [{col, opr, value}], order_column, order_direction, page_size, search, columns, "
            "after, count=exact. "
            f"Filters: {', '.join(screen.filter_fields)}. Order: {', '.join(screen.order_fields)}."
        ),
    }
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
            "get": {"summary": gettext("One record"), "parameters": [key], "responses": _responses("200", one, 404)}
        },
        "info": {
            "get": {
                "summary": gettext("Which columns, filters and actions there are"),
                "responses": _responses("200", {"type": "object"}),
            }
        },
        "post": {
            "post": {"summary": gettext("Add"), "requestBody": written, "responses": _responses("201", one, 409, 422)}
        },
        "put": {
            "put": {
                "summary": gettext("Change"),
                "parameters": [key],
                "requestBody": changed,
                "responses": _responses("200", one, 404, 409, 422),
            }
        },
        "delete": {
            "delete": {
                "summary": gettext("Delete"),
                "parameters": [key],
                "responses": _responses("200", done, 404, 409),
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
