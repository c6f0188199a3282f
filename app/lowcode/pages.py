"""What the list, form and record templates are given: plain data, every text translated, every value drawn.

Templates stay simple loops; whatever needs a permission, a link or a format is decided here, once per page.
"""

from __future__ import annotations

from dataclasses import dataclass, field as dataclass_field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from flask import render_template, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import inspect
from werkzeug.datastructures import MultiDict

from app.core.errors import BusinessError
from app.core.help import help_of
from app.core.i18n import current_locale, gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode import cells, controls
from app.lowcode.access import may
from app.lowcode.fields import Field, primary_key
from app.lowcode.filters import Filter, text_of, titles_of
from app.lowcode.listing import Count, Listing, Rows
from app.lowcode.kept import keep
from app.lowcode.registry import registry
from app.lowcode.security.redirects import came_from, is_safe_path

if TYPE_CHECKING:
    from wtforms import Form

    from app.lowcode.actions import Action
    from app.lowcode.screen import Screen

SIZES = (10, 25, 50, 100)
RELATED_ROWS = 8
PAGE_KEYS = ("after", "before", "last")
HIDDEN_HERE = Markup("<!--hidden-->")
"""Where the kept filter dialog gets the other parameters of the address at hand."""


@dataclass
class Page:
    """A bag of what one template needs; `houtai/list.html` and its sisters say which names."""

    kind: str
    values: dict[str, Any] = dataclass_field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def safe_return(target: str | None) -> str | None:
    """An address inside this back office to go back to, or None for anything else."""
    return target if is_safe_path(target) else None


def here() -> str:
    """The address of this page, to come back to."""
    return request.full_path.rstrip("?")


def mark_errors(form: "Form", error: BusinessError) -> str:
    """Put an error's messages beside its fields; what belongs to no field on the form is returned as one message."""
    rest = []
    for name, message in error.fields.items():
        target = form._fields.get(name) or form._fields.get(name.removesuffix("_id"))
        if target is None:
            rest.append(message)
        elif message not in target.errors:
            target.errors = [*target.errors, message]
    if not error.fields:
        return str(error)
    return " ".join(rest) or gettext("Please check the marked fields.")


# -- list ---------------------------------------------------------------------------------------------------


class Address:
    """The address of a list with some of its parameters changed; page places are dropped unless kept."""

    def __init__(self, path: str, args: MultiDict[str, str]) -> None:
        self.path = path
        self.pairs = [(key, value) for key, value in args.items(multi=True) if key not in PAGE_KEYS and key != "count"]
        self._written = [(key, f"{quote_plus(key)}={quote_plus(value)}") for key, value in self.pairs]

    def with_(self, *, without: tuple[str, ...] = (), **changes: Any) -> str:
        parts = [written for key, written in self._written if key not in changes and key not in without]
        parts += [f"{key}={quote_plus(str(value))}" for key, value in changes.items() if value is not None]
        return f"{self.path}?{'&'.join(parts)}" if parts else self.path


def list_page(screen: "Screen", listing: Listing) -> Page:
    """Everything for `houtai/list.html`."""
    path = url_for(f"{screen.endpoint}.list")
    address = Address(path, listing.args)
    rows = listing.fetch()
    count = listing.count(exact=listing.args.get("count") == "exact") if _needs_count(listing, rows) else Count(len(rows), True)
    may_edit, may_delete, may_add = (screen.may(name) and (name == "delete" or screen.has_form) for name in ("edit", "delete", "add"))
    usable = [mark for mark in screen.actions.values() if screen.may(mark.name)]
    sort_key = "" if listing.sort is None else listing.sort.path
    columns = [_column(field, listing, sort_key, address) for field in listing.fields]
    many = [mark for mark in usable if mark.many]
    return Page("list", {
        "screen": screen,
        "name": type(screen).__name__,
        "title": screen.list_title,
        "help": screen.list_help or _docstring(screen),
        "icon": screen.icon,
        "search": listing.term,
        "searchable": screen.is_searchable,
        "search_hint": _search_hint(screen),
        "urls": {"self": path, "add": url_for(f"{screen.endpoint}.add") if may_add else None},
        "hidden": [(key, value) for key, value in address.pairs if key != "q"],
        "chips": [_chip(item, address) for item in listing.filters],
        "filter_panel": _filter_panel(screen, listing, address),
        "clear_url": _clear_url(listing, address),
        "columns": columns,
        "rows": _rows(screen, listing, rows, may_edit, may_delete),
        "row_actions": [_button(mark) for mark in usable if mark.one and mark.why_not is None],
        "may_delete": may_delete,
        "bulk": [_button(mark) for mark in many],
        "bulk_url": url_for(f"{screen.endpoint}.action_many"),
        "return_to": here(),
        "count": {"text": number_text(count.number) + ("" if count.is_exact else "+"), "exact": count.is_exact,
                  "number": count.number, "exact_url": address.with_(count="exact")},
        "pager": _pager(rows, count, address),
        "sizes": [{"size": size, "url": address.with_(size=size), "current": size == listing.page_size} for size in SIZES],
        "sort_options": _sort_options(screen, listing, address),
        "empty": _empty(screen, listing, may_add),
    })


def _needs_count(listing: Listing, rows: Rows) -> bool:
    return rows.has_next or rows.has_previous or "last" in listing.args


def _docstring(screen: "Screen") -> str:
    return help_of(type(screen))


def _search_hint(screen: "Screen") -> str:
    names = getattr(screen.model, "search_index", None)
    fields = [screen.field(name) for name in names] if names else screen.text_fields
    return gettext("Search: %(columns)s", columns=listed(field.words for field in fields[:3])) if fields else ""


def _column(field: Field, listing: Listing, sort_key: str, address: Address) -> dict[str, Any]:
    sortable = field.path in listing.screen.order_fields
    is_sorted = field.path == sort_key
    turned = field.path if is_sorted and listing.is_descending else f"-{field.path}"
    if not is_sorted and field.kind in {"text", "choice"}:
        turned = field.path
    return {
        "name": field.path, "label": field.words, "kind": field.kind,
        "align": "end" if field.is_right_aligned else "start",
        "sort_url": address.with_(sort=turned) if sortable else None,
        "sorted": ("desc" if listing.is_descending else "asc") if is_sorted else "",
    }


def _sort_options(screen: "Screen", listing: Listing, address: Address) -> list[dict[str, Any]]:
    options = []
    down, up = gettext("%(column)s, highest first"), gettext("%(column)s, lowest first")
    for field in screen.order_fields.values():
        for sign, words in (("-", down), ("", up)):
            current = listing.sort is field and listing.is_descending is (sign == "-")
            options.append({"label": words % {"column": field.words}, "url": address.with_(sort=sign + field.path), "current": current})
    return options


def _chip(item: Filter, address: Address) -> dict[str, Any]:
    return {"label": item.field.words, "text": text_of(item), "remove_url": address.with_(without=tuple(item.raw))}


def _filter_panel(screen: "Screen", listing: Listing, address: Address) -> Markup:
    """The dialog with all filters. While none is in use it is the same for everyone, so it is drawn once and kept."""
    if not screen.filter_fields:
        return Markup("")

    def draw() -> str:
        return render_template(
            "houtai/parts/filters.html", filters=[_filter(screen, field, listing) for field in screen.filter_fields.values()],
            list_url=address.path, clear_url=_clear_url(listing, address) if listing.filters else None, hidden=HIDDEN_HERE)

    panel = Markup(draw()) if listing.filters else keep(("filters", screen.endpoint), draw)
    hidden = Markup("").join(
        Markup('<input type="hidden" name="%s" value="%s">') % pair for pair in address.pairs if not pair[0].startswith("f."))
    return Markup(panel.replace(HIDDEN_HERE, hidden))


def _clear_url(listing: Listing, address: Address) -> str:
    return address.with_(without=(*(key for item in listing.filters for key in item.raw), "q"))


def _filter(screen: "Screen", field: Field, listing: Listing) -> dict[str, Any]:
    raw = next((item.raw for item in listing.filters if item.field is field), {})
    chosen: list[controls.Option] = []
    lookup = None
    if field.target is not None and field.kind in {"reference", "references"}:
        lookup = url_for(f"{screen.endpoint}.lookup", column=field.path)
        item = next((item for item in listing.filters if item.field is field), None)
        if item is not None:
            titles = titles_of(field.target, [value for value in item.values if value is not None])
            chosen = [(key, title, True) for key, title in titles.items()]
    return {"name": field.path, "label": field.words, "kind": field.kind,
            "control": controls.filter_control(field, raw, lookup=lookup, chosen=chosen)}


def _rows(screen: "Screen", listing: Listing, rows: Rows, may_edit: bool, may_delete: bool) -> list[dict[str, Any]]:
    """The rows with every cell drawn: column by column, so that each renderer is looked up once."""
    locale = current_locale()
    drawn = []
    for field in listing.fields:
        values = rows.values(field)
        if field.kind == "reference":
            drawn.append(_reference_cells(field, values, screen.formatter(field)))
        else:
            render = cells.cell(field, locale, screen.formatter(field))
            drawn.append([render(value) for value in values])
    base = screen.route_base
    result = []
    columns = list(zip(*drawn, strict=True)) if drawn else [()] * len(rows)
    for key, row_cells in zip(rows.keys, columns, strict=True):
        result.append({
            "id": key, "url": f"{base}/show/{key}", "cells": row_cells,
            "edit_url": f"{base}/edit/{key}" if may_edit else None,
            "delete_url": f"{base}/delete/{key}" if may_delete else None,
            "action_base": f"{base}/action/",
        })
    return result


def _reference_cells(field: Field, values: list[Any], formatter: Any) -> list[Markup]:
    """Titles of related rows, each a link to its own page for those who may open it."""
    assert field.target is not None
    target = registry().screen_of(field.target)
    link = target is not None and target.may("view")
    cells_ = []
    for value in values:
        if value is None:
            cells_.append(cells.NOTHING)
            continue
        text = cells.shorten(value[1], 40) if formatter is None else escape(formatter(value[1]))
        cells_.append(Markup('<a href="%s/show/%s">%s</a>') % (target.route_base, value[0], text) if link and target else text)
    return cells_


def _button(mark: "Action") -> dict[str, Any]:
    return {"name": mark.name, "label": mark.label, "icon": mark.icon, "confirm": mark.confirm, "tone": mark.tone}


def _pager(rows: Rows, count: Count, address: Address) -> dict[str, Any]:
    if not len(rows):
        return {"first_url": address.with_() if rows.has_previous else None, "prev_url": None, "next_url": None,
                "last_url": None, "from": 0, "to": 0, "known": False}
    start = rows.index + 1
    return {
        "first_url": address.with_() if rows.has_previous else None,
        "prev_url": address.with_(before=rows.place(0)) if rows.has_previous else None,
        "next_url": address.with_(after=rows.place(-1)) if rows.has_next else None,
        "last_url": address.with_(last=1) if rows.has_next else None,
        "from": number_text(start), "to": number_text(start + len(rows) - 1), "known": rows.index_is_known,
    }


def _empty(screen: "Screen", listing: Listing, may_add: bool) -> dict[str, Any]:
    if listing.filters or listing.term:
        return {"title": _("Nothing matches"), "text": _("Change or clear the filters to see more."),
                "action_label": _("Clear filters"), "action_url": url_for(f"{screen.endpoint}.list"), "is_filtered": True}
    return {
        "title": screen.empty_title or _("Nothing here yet"),
        "text": screen.empty_text or (_("Add the first one to begin.") if may_add else ""),
        "action_label": _("Add") if may_add else None,
        "action_url": url_for(f"{screen.endpoint}.add") if may_add else None, "is_filtered": False,
    }


# -- form ---------------------------------------------------------------------------------------------------


def form_page(screen: "Screen", form: "Form", record: Any | None, *, message: str = "", title: str = "",
              record_id: int | None = None) -> Page:
    """Everything for `houtai/form.html`. `title` and `record_id` are given where the record itself was rolled back."""
    is_new = record is None
    if record is not None and record_id is None:
        record_id = getattr(record, primary_key(screen.model).key)
    heading = (screen.add_title or _("New: %(list)s", list=screen.list_title)) if is_new else (title or str(record))
    back = safe_return(request.values.get("return_to")) or _referrer()
    cancel = back or (url_for(f"{screen.endpoint}.list") if is_new or not screen.may("view") else f"{screen.route_base}/show/{record_id}")
    return Page("form", {
        "screen": screen, "title": heading, "list_title": screen.list_title,
        "list_url": url_for(f"{screen.endpoint}.list") if screen.may("view") else None,
        "record": record, "record_id": record_id, "is_new": is_new, "form": form,
        "groups": [{"title": group, "help": text, "fields": [form[field.path] for field in fields]}
                   for group, text, fields in screen.form_groups],
        "submit_label": _("Add") if is_new else _("Save"),
        "cancel_url": cancel, "return_to": back or "",
        "delete": {"url": f"{screen.route_base}/delete/{record_id}", "confirm": delete_question(heading)}
        if not is_new and screen.may("delete") else None,
        "message": message, "help": screen.list_help or _docstring(screen),
        "errors": [{"id": item.id, "label": item.label.text, "text": item.errors[0]} for item in form if item.errors],
    })


def _referrer() -> str | None:
    """The list from which a form was opened, with its filters, so that saving leads back to it."""
    target = came_from("")
    return target if target.split("?")[0].endswith("/list/") else None


def delete_question(title: Any) -> str:
    return gettext("Delete “%(title)s”? This cannot be undone.", title=title)


# -- record page --------------------------------------------------------------------------------------------


def show_page(screen: "Screen", record: Any) -> Page:
    """Everything for `houtai/show.html`."""
    record_id = getattr(record, primary_key(screen.model).key)
    groups = []
    for title, _help, fields in screen.show_groups:
        items = [_item(screen, record, field) for field in fields]
        groups.append({"title": title, "items": items})
    panels = []
    drawers = [(mark, getattr(screen, mark.name)) for mark in screen.panels.values()]
    for mark, draw in [*drawers, *((draw.houtai_panel, draw) for draw in registry().panels)]:
        content = draw(record)
        if content is not None:
            panels.append({"name": mark.name, "label": mark.label, "icon": mark.icon, "html": Markup(content)})
    actions = []
    for mark in screen.actions.values():
        if mark.one and screen.may(mark.name):
            actions.append(_button(mark) | {
                "url": f"{screen.route_base}/action/{mark.name}/{record_id}",
                "disabled_reason": mark.why_not(record) if mark.why_not is not None else None,
            })
    return Page("show", {
        "screen": screen, "title": str(record), "record": record, "record_id": record_id,
        "list_title": screen.list_title, "list_url": url_for(f"{screen.endpoint}.list"),
        "pills": _pills(screen, record), "groups": groups, "panels": panels, "actions": actions,
        "edit_url": f"{screen.route_base}/edit/{record_id}" if screen.may("edit") and screen.has_form else None,
        "delete": {"url": f"{screen.route_base}/delete/{record_id}", "confirm": delete_question(record)}
        if screen.may("delete") else None,
        "return_to": here(),
        "related": [page for related in screen.related_screens() if (page := _related(screen, record, record_id, related))],
    })


def _item(screen: "Screen", record: Any, field: Field) -> dict[str, Any]:
    holder = record
    for name in field.path.split("."):
        holder = getattr(holder, name) if holder is not None else None
    value = holder
    formatter = screen.formatter(field)
    if field.kind == "reference" and value is not None and formatter is None:
        drawn = _reference_cells(field, [(getattr(value, primary_key(type(value)).key), str(value))], None)[0]
    else:
        drawn = cells.whole(field, value, formatter)
    wide = field.kind in {"rich_text", "long_text", "pictures", "json"}
    return {"name": field.path, "label": field.label, "value": drawn, "wide": wide, "help": field.help}


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
    relation = next((item for item in inspect(related.model).relationships
                     if item.direction.name == "MANYTOONE" and item.mapper.class_ is screen.model), None)
    if relation is None:
        return None
    column = getattr(related.model, inspect(related.model).get_property_by_column(next(iter(relation.local_columns))).key)
    fields = [field for field in related.list_fields if field.path != relation.key]
    listing = Listing(related, MultiDict(), fields=fields, extra=[column == record_id], page_size=RELATED_ROWS)
    rows = listing.fetch()
    count = listing.count() if rows.has_next else Count(len(rows), True)
    filterable = relation.key in related.filter_fields
    may_add = related.may("add") and related.has_form and any(field.path == relation.key for field in related.form_fields)
    add_url = url_for(f"{related.endpoint}.add", **{relation.key: record_id, "return_to": here()}) if may_add else None
    may_edit, may_delete = related.may("edit") and related.has_form, related.may("delete")
    return {
        "name": type(related).__name__, "label": related.list_title, "icon": related.icon, "add_url": add_url,
        "all_url": url_for(f"{related.endpoint}.list", **{f"f.{relation.key}": record_id}) if filterable else None,
        "columns": [{"name": field.path, "label": field.words, "kind": field.kind, "sort_url": None, "sorted": "",
                     "align": "end" if field.is_right_aligned else "start"} for field in fields],
        "rows": _rows(related, listing, rows, may_edit, may_delete),
        "count": {"text": number_text(count.number) + ("" if count.is_exact else "+"), "number": count.number},
        "empty_text": related.empty_text,
    }


def may_open(model: type) -> bool:
    """Whether the current user may open pages of records of `model`."""
    screen = registry().screen_of(model)
    return screen is not None and may("can_view", screen.class_permission_name)
