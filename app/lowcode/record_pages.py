"""What the form and the record page are given: plain data, every text translated, every value drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for
from markupsafe import Markup
from sqlalchemy import inspect
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.i18n import gettext, number_text
from app.core.i18n import lazy as _
from app.lowcode import cells, dependents
from app.lowcode.comments.pages import section
from app.lowcode.fields import Field, primary_key
from app.lowcode.finding.places import key_of
from app.lowcode.history.pages import url_of as history_url
from app.lowcode.listing import Count, Listing
from app.lowcode.pages import (
    Page,
    button,
    cells_url,
    help_text,
    here,
    reference_cells,
    rights_url,
    row_items,
    safe_return,
)
from app.lowcode.registry import registry
from app.lowcode.security.redirects import came_from

if TYPE_CHECKING:
    from wtforms import Form

    from app.lowcode.screen import Screen

RELATED_ROWS = 8
DRAFT_DAYS = 7
"""How long a browser keeps what was typed into a form and not saved."""


def form_page(
    screen: "Screen",
    form: "Form",
    record: Any | None,
    *,
    message: str = "",
    title: str = "",
    record_id: int | None = None,
    version: str = "",
    tag: str = "",
    met: dict[str, Any] | None = None,
) -> Page:
    """Everything for `houtai/form.html`. `title` and `record_id` are given where the record itself was rolled back or
    is no more; `version` is what the form carries and `tag` its short form, by which a draft is held against
    it, `met` what is to be told of changes that others made."""
    is_new = record is None and record_id is None
    chosen = {choice["field"].name for choice in met["choices"]} if met else set()
    is_gone = record is None and not is_new
    if record is not None and record_id is None:
        record_id = getattr(record, primary_key(screen.model).key)
    heading = (screen.add_title or _("New: %(list)s", list=screen.list_title)) if is_new else (title or str(record))
    back = safe_return(request.values.get("return_to")) or _referrer()
    cancel = back or (
        url_for(f"{screen.endpoint}.list")
        if is_new or is_gone or not screen.may("view")
        else f"{screen.route_base}/show/{record_id}"
    )
    return Page(
        "form",
        {
            "screen": screen,
            "title": heading,
            "list_title": screen.list_title,
            "list_url": url_for(f"{screen.endpoint}.list") if screen.may("view") else None,
            "record": record,
            "record_id": record_id,
            "is_new": is_new,
            "form": form,
            "groups": [
                {"title": group, "help": text, "fields": shown}
                for group, text, fields in screen.form_groups
                if (shown := [form[field.path] for field in fields if field.path not in chosen])
            ],
            "version": version,
            "draft": {"name": draft_name(screen, record_id), "days": DRAFT_DAYS, "tag": tag,
                      "zone": str(clock.shop_zone())},
            "met": met,
            "submit_label": _("Add") if is_new else _("Save with these choices") if chosen else _("Save"),
            "cancel_url": cancel,
            "return_to": back or "",
            "delete": _deletion(screen, heading, record_id)
            if not (is_new or is_gone) and screen.may("delete") else None,
            "message": message,
            "help": screen.list_help or help_text(screen),
            "errors": [
                {"id": item.id, "label": item.label.text, "text": item.errors[0]} for item in form if item.errors
            ],
        },
    )


def draft_name(screen: "Screen", record_id: Any | None) -> str:
    """Under which name, after the user's, a browser keeps what was typed into this form and not saved."""
    return f"{screen.route_base.strip('/')}/{record_id if record_id is not None else 'new'}"


def _referrer() -> str | None:
    """The list from which a form was opened, with its filters, so that saving leads back to it."""
    target = came_from("")
    return target if target.split("?")[0].endswith("/list/") else None


def _deletion(screen: "Screen", title: Any, record_id: Any) -> dict[str, Any]:
    return {
        "url": f"{screen.route_base}/delete/{record_id}",
        "confirm": delete_question(screen, title, record_id),
    }


def delete_question(screen: "Screen", title: Any, record_id: Any) -> str:
    """What is asked before a record is deleted: which it is, what goes with it, and whether there is a way back."""
    along = dependents.going_along(screen.model.__table__, record_id)
    if screen.has_bin:
        asked = gettext("Delete “%(title)s”? It can be restored from the recycle bin for a while.", title=title)
    else:
        asked = gettext("Delete “%(title)s”? This cannot be undone.", title=title)
    return f"{asked}\n{along}".rstrip()


def show_page(screen: "Screen", record: Any) -> Page:
    """Everything for `houtai/show.html`."""
    record_id = getattr(record, primary_key(screen.model).key)
    groups = []
    for title, _help, fields in screen.show_groups:
        items = [_item(screen, record, field) for field in fields]
        groups.append({"title": title, "items": items, "is_empty": all(item["is_empty"] for item in items)})
    panels = []
    drawers = [(mark, getattr(screen, mark.name)) for mark in screen.panels.values()]
    for mark, draw in [*drawers, *((draw.houtai_panel, draw) for draw in registry().panels)]:
        content = draw(record)
        if content is not None:
            panels.append({"name": mark.name, "label": mark.label, "icon": mark.icon, "html": Markup(content)})
    actions = []
    for mark in screen.actions.values():
        if mark.one and screen.may(mark.name):
            actions.append(
                button(mark)
                | {
                    "url": f"{screen.route_base}/action/{mark.name}/{record_id}",
                    "disabled_reason": mark.why_not(record) if mark.why_not is not None else None,
                }
            )
    return Page(
        "show",
        {
            "screen": screen,
            "title": str(record),
            "record": record,
            "record_id": record_id,
            "place": key_of(screen, record_id),
            "help": screen.list_help or help_text(screen),
            "rights_url": f"{rights_url(screen)}/{record_id}",
            "list_title": screen.list_title,
            "list_url": url_for(f"{screen.endpoint}.list"),
            "pills": _pills(screen, record),
            "groups": groups,
            "empty_count": sum(item["is_empty"] for group in groups for item in group["items"]),
            "panels": panels,
            "actions": actions,
            "edit_url": f"{screen.route_base}/edit/{record_id}" if screen.may("edit") and screen.has_form else None,
            "delete": _deletion(screen, record, record_id) if screen.may("delete") else None,
            "return_to": here(),
            "history_url": history_url(screen, record_id),
            "comments": section(screen, record_id),
            "related": [
                page for related in screen.related_screens() if (page := _related(screen, record, record_id, related))
            ],
        },
    )


def _item(screen: "Screen", record: Any, field: Field) -> dict[str, Any]:
    holder = record
    for name in field.path.split("."):
        holder = getattr(holder, name) if holder is not None else None
    value = holder
    formatter = screen.formatter(field)
    if field.kind == "reference" and value is not None and formatter is None:
        drawn = reference_cells(field, [(getattr(value, primary_key(type(value)).key), str(value))], None)[0]
    else:
        drawn = cells.whole(field, value, formatter)
    wide = field.kind in {"rich_text", "long_text", "pictures", "json"}
    is_empty = str(drawn) in {"", str(cells.NOTHING)}
    return {
        "name": field.path,
        "label": field.label,
        "value": drawn,
        "wide": wide and not is_empty,
        "help": field.help,
        "is_empty": is_empty,
    }


def _pills(screen: "Screen", record: Any) -> list[Markup]:
    """The record's answers to its choice columns: what state it is in, beside its title."""
    found = []
    for _title, _help, fields in screen.show_groups:
        for field in fields:
            if field.kind == "choice" and field.through is None and getattr(record, field.path) is not None:
                found.append(cells.cell(field, None, screen.formatter(field))(getattr(record, field.path)))
    return found[:3]


def _related(screen: "Screen", record: Any, record_id: int, related: "Screen") -> dict[str, Any] | None:
    """The first rows of another screen that belong to this record; None for who may not see them."""
    if not related.may("view"):
        return None
    relation = next(
        (
            item
            for item in inspect(related.model).relationships
            if item.direction.name == "MANYTOONE" and item.mapper.class_ is screen.model
        ),
        None,
    )
    if relation is None:
        return None
    column = getattr(
        related.model, inspect(related.model).get_property_by_column(next(iter(relation.local_columns))).key
    )
    columns = [related.field(name) for name in type(related).related_columns or []] or related.list_fields
    fields = [field for field in columns if field.path != relation.key]
    listing = Listing(related, MultiDict(), fields=fields, extra=[column == record_id], page_size=RELATED_ROWS)
    rows = listing.fetch()
    count = listing.count() if rows.has_next else Count(len(rows), True)
    filterable = relation.key in related.filter_fields
    may_add = (
        related.may("add") and related.has_form and any(field.path == relation.key for field in related.form_fields)
    )
    add_url = url_for(f"{related.endpoint}.add", **{relation.key: record_id, "return_to": here()}) if may_add else None
    may_edit, may_delete = related.may("edit") and related.has_form, related.may("delete")
    inline = related.inline_fields if may_edit else {}
    shown = [
        {
            "name": field.path,
            "label": field.words,
            "kind": field.kind,
            "sort_url": None,
            "sorted": "",
            "align": "end" if field.is_right_aligned else "start",
            "inline": field.path in inline,
        }
        for field in fields
    ]
    return {
        "name": type(related).__name__,
        "label": related.list_title,
        "icon": related.icon,
        "add_url": add_url,
        "all_url": url_for(f"{related.endpoint}.list", **{f"f.{relation.key}": record_id}) if filterable else None,
        "columns": shown,
        "cells_url": cells_url(related, shown),
        "rows": row_items(related, listing, rows, may_edit, may_delete),
        "count": {"text": number_text(count.number) + ("" if count.is_exact else "+"), "number": count.number},
        "empty_text": related.empty_text,
    }
