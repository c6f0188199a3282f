"""What the list template is given: plain data, every text translated, every value drawn.

Templates stay simple loops; whatever needs a permission, a link or a format is decided here, once per page. Forms and
the page of a record are in `app.lowcode.record_pages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from flask import render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from app.core.errors import BusinessError
from app.core.help import help_of
from app.core.i18n import current_locale, gettext, listed, number_text
from app.core.i18n import lazy as _
from app.lowcode import cells, controls
from app.lowcode.fields import Field
from app.lowcode.filters import Filter, text_of, titles_of
from app.lowcode.importing.naming import can_change_many, name_of, takes_files
from app.lowcode.kept import keep
from app.lowcode.listing import Count, Listing, Rows
from app.lowcode.registry import registry
from app.lowcode.security.redirects import is_safe_path

if TYPE_CHECKING:
    from wtforms import Form

    from app.lowcode.actions import Action
    from app.lowcode.saved_views.opening import Opened
    from app.lowcode.screen import Screen

SIZES = (10, 25, 50, 100)
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


class Address:
    """The address of a list with some of its parameters changed; page places and what is in `without` are dropped."""

    def __init__(self, path: str, args: MultiDict[str, str], without: Iterable[str] = ()) -> None:
        self.path = path
        dropped = {*PAGE_KEYS, "count", *without}
        self.pairs = [(key, value) for key, value in args.items(multi=True) if key not in dropped]
        self._written = [(key, f"{quote_plus(key)}={quote_plus(value)}") for key, value in self.pairs]

    @property
    def panel_pairs(self) -> list[tuple[str, str]]:
        """What the filter panel sends along beside the filters."""
        return [pair for pair in self.pairs if not pair[0].startswith("f.")]

    def with_(self, *, without: tuple[str, ...] = (), **changes: Any) -> str:
        parts = [written for key, written in self._written if key not in changes and key not in without]
        parts += [f"{key}={quote_plus(str(value))}" for key, value in changes.items() if value is not None]
        return f"{self.path}?{'&'.join(parts)}" if parts else self.path


def list_page(screen: "Screen", listing: Listing, opened: "Opened") -> Page:
    """Everything for `houtai/list.html`."""
    from app.lowcode.saved_views.bar import column_chooser, view_bar

    path = url_for(f"{screen.endpoint}.list")
    # A filter that could not be read stays in the panel, where it is mended; it leads nowhere.
    address = opened.address(path, without=[mistake.key for mistake in listing.mistakes])
    rows = listing.fetch()
    count = (
        listing.count(exact=listing.args.get("count") == "exact")
        if _needs_count(listing, rows)
        else Count(len(rows), True)
    )
    may_edit, may_delete, may_add = (
        screen.may(name) and (name == "delete" or screen.has_form) for name in ("edit", "delete", "add")
    )
    usable = [mark for mark in screen.actions.values() if screen.may(mark.name)]
    sort_key = "" if listing.sort is None else listing.sort.path
    inline = screen.inline_fields if may_edit else {}
    columns = [_column(field, listing, sort_key, address, inline) for field in listing.fields]
    many = [mark for mark in usable if mark.many]
    return Page(
        "list",
        {
            "screen": screen,
            "name": type(screen).__name__,
            "title": screen.list_title,
            "help": screen.list_help or help_text(screen),
            "icon": screen.icon,
            "rights_url": rights_url(screen),
            "search": listing.term,
            "searchable": screen.is_searchable,
            "search_hint": _search_hint(screen),
            "urls": {"self": path, "add": url_for(f"{screen.endpoint}.add") if may_add else None},
            "hidden": [(key, value) for key, value in address.pairs if key != "q"],
            "chips": [_chip(item, address) for item in listing.filters],
            "filter_panel": _filter_panel(screen, listing, address),
            "clear_url": _clear_url(listing, address),
            "notices": opened.notices,
            "views": view_bar(opened, address),
            "column_chooser": column_chooser(opened, address),
            "columns": columns,
            "rows": row_items(screen, listing, rows, may_edit, may_delete),
            "cells_url": cells_url(screen, columns),
            "row_actions": [button(mark) for mark in usable if mark.one and mark.why_not is None],
            "may_delete": may_delete,
            "has_bin": screen.has_bin,
            "bulk": [button(mark) for mark in many],
            "bulk_edit_url": url_for("BulkView.change", screen=name_of(screen))
            if can_change_many(screen) and may_edit
            else None,
            "bulk_url": url_for(f"{screen.endpoint}.action_many"),
            "for_all_url": url_for("BulkView.act", screen=name_of(screen))
            if (many or may_edit) and count.number > len(rows)
            else None,
            "return_to": here(),
            "count": {
                "text": count.text,
                "exact": count.is_exact,
                "number": count.number,
                "exact_url": address.with_(count="exact"),
            },
            "pager": _pager(rows, count, address),
            "sizes": [
                {"size": size, "url": address.with_(size=size), "current": size == listing.page_size} for size in SIZES
            ],
            "import_url": url_for("ImportView.start", screen=name_of(screen))
            if takes_files(screen) and screen.may("import")
            else None,
            "export": {
                "url": f"{screen.route_base}/export/",
                "query": address.with_().partition("?")[2],
            }
            if screen.may("export") and len(rows)
            else None,
            "sort_options": _sort_options(screen, listing, address),
            "empty": _empty(screen, listing, may_add, address),
        },
    )


def _needs_count(listing: Listing, rows: Rows) -> bool:
    return rows.has_next or rows.has_previous or "last" in listing.args


def help_text(screen: "Screen") -> str:
    return help_of(type(screen))


def rights_url(screen: "Screen") -> str:
    """Where it is told what one may do on a screen; with a slash and an id, with one of its records."""
    return url_for("RightsView.index", screen=type(screen).__name__)


def _search_hint(screen: "Screen") -> str:
    names = getattr(screen.model, "search_index", None)
    fields = [screen.field(name) for name in names] if names else screen.text_fields
    return gettext("Search: %(columns)s", columns=listed(field.words for field in fields[:3])) if fields else ""


def _column(
    field: Field, listing: Listing, sort_key: str, address: Address, inline: dict[str, Field]
) -> dict[str, Any]:
    sortable = field.path in listing.screen.order_fields
    is_sorted = field.path == sort_key
    turned = field.path if is_sorted and listing.is_descending else f"-{field.path}"
    if not is_sorted and field.kind in {"text", "choice"}:
        turned = field.path
    return {
        "name": field.path,
        "label": field.words,
        "kind": field.kind,
        "align": "end" if field.is_right_aligned else "start",
        "sort_url": address.with_(sort=turned) if sortable else None,
        "sorted": ("desc" if listing.is_descending else "asc") if is_sorted else "",
        "inline": field.path in inline,
    }


def cells_url(screen: "Screen", columns: list[dict[str, Any]]) -> str | None:
    """Where cells of these columns are edited in place, if any are."""
    return f"{screen.route_base}/cell/" if any(column["inline"] for column in columns) else None


def _sort_options(screen: "Screen", listing: Listing, address: Address) -> list[dict[str, Any]]:
    options = []
    down, up = gettext("%(column)s, highest first"), gettext("%(column)s, lowest first")
    for field in screen.order_fields.values():
        for sign, words in (("-", down), ("", up)):
            current = listing.sort is field and listing.is_descending is (sign == "-")
            options.append(
                {
                    "label": words % {"column": field.words},
                    "url": address.with_(sort=sign + field.path),
                    "current": current,
                }
            )
    return options


def _chip(item: Filter, address: Address) -> dict[str, Any]:
    return {"label": item.field.words, "text": text_of(item), "remove_url": address.with_(without=tuple(item.raw))}


def _filter_panel(screen: "Screen", listing: Listing, address: Address) -> Markup:
    """The dialog with all filters. While none is in use it is the same for everyone, so it is drawn once and kept."""
    if not screen.filter_fields:
        return Markup("")

    def draw() -> str:
        return render_template(
            "houtai/parts/filters.html",
            filters=[_filter(screen, field, listing) for field in screen.filter_fields.values()],
            list_url=address.path,
            clear_url=_clear_url(listing, address) if is_used else None,
            is_open=bool(listing.mistakes),
            hidden=HIDDEN_HERE,
        )

    is_used = bool(listing.filters or listing.mistakes)
    panel = Markup(draw()) if is_used else keep(("filters", screen.endpoint), draw)
    hidden = Markup("").join(
        Markup('<input type="hidden" name="%s" value="%s">') % pair
        for pair in address.panel_pairs
    )
    return Markup(panel.replace(HIDDEN_HERE, hidden))


def _clear_url(listing: Listing, address: Address) -> str:
    return address.with_(without=(*(key for item in listing.filters for key in item.raw), "q"))


def _filter(screen: "Screen", field: Field, listing: Listing) -> dict[str, Any]:
    raw = next((item.raw for item in listing.filters if item.field is field), {})
    mistakes = [mistake for mistake in listing.mistakes if mistake.field is field]
    raw = raw | {mistake.key: mistake.raw for mistake in mistakes}
    chosen: list[controls.Option] = []
    lookup = None
    if field.target is not None and field.kind in {"reference", "references"}:
        lookup = url_for(f"{screen.endpoint}.lookup", column=field.path)
        item = next((item for item in listing.filters if item.field is field), None)
        if item is not None:
            titles = titles_of(field.target, [value for value in item.values if value is not None])
            chosen = [(key, title, True) for key, title in titles.items()]
    return {
        "name": field.path,
        "label": field.words,
        "kind": field.kind,
        "control": controls.filter_control(
            field, raw, lookup=lookup, chosen=chosen, wrong=[mistake.key for mistake in mistakes]
        ),
        "mistakes": mistakes,
    }


def row_items(screen: "Screen", listing: Listing, rows: Rows, may_edit: bool, may_delete: bool) -> list[dict[str, Any]]:
    """The rows with every cell drawn: column by column, so that each renderer is looked up once."""
    locale = current_locale()
    inline = screen.inline_fields if may_edit else {}
    drawn = []
    for field in listing.fields:
        values = rows.values(field)
        if field.kind == "reference":
            drawn.append(reference_cells(field, values, screen.formatter(field)))
        else:
            is_switch = field.kind == "yes_no" and field.path in inline
            render = cells.switch if is_switch else cells.cell(field, locale, screen.formatter(field))
            drawn.append([render(value) for value in values])
    base = screen.route_base
    result = []
    columns = list(zip(*drawn, strict=True)) if drawn else [()] * len(rows)
    for key, row_cells in zip(rows.keys, columns, strict=True):
        result.append(
            {
                "id": key,
                "url": f"{base}/show/{key}",
                "cells": row_cells,
                "edit_url": f"{base}/edit/{key}" if may_edit else None,
                "delete_url": f"{base}/delete/{key}" if may_delete else None,
                "action_base": f"{base}/action/",
            }
        )
    return result


def reference_cells(field: Field, values: list[Any], formatter: Any) -> list[Markup]:
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
        cells_.append(
            Markup('<a href="%s/show/%s">%s</a>') % (target.route_base, value[0], text) if link and target else text
        )
    return cells_


def button(mark: "Action") -> dict[str, Any]:
    return {"name": mark.name, "label": mark.label, "icon": mark.icon, "confirm": mark.confirm, "tone": mark.tone}


def _pager(rows: Rows, count: Count, address: Address) -> dict[str, Any]:
    if not len(rows):
        return {
            "first_url": address.with_() if rows.has_previous else None,
            "prev_url": None,
            "next_url": None,
            "last_url": None,
            "from": 0,
            "to": 0,
            "known": False,
        }
    start = rows.index + 1
    return {
        "first_url": address.with_() if rows.has_previous else None,
        "prev_url": address.with_(before=rows.place(0)) if rows.has_previous else None,
        "next_url": address.with_(after=rows.place(-1)) if rows.has_next else None,
        "last_url": address.with_(last=1) if rows.has_next else None,
        "from": number_text(start),
        "to": number_text(start + len(rows) - 1),
        "known": rows.index_is_known,
    }


def _empty(screen: "Screen", listing: Listing, may_add: bool, address: Address) -> dict[str, Any]:
    if listing.filters or listing.term:
        return {
            "title": _("Nothing matches"),
            "text": _("Change or clear the filters to see more."),
            "action_label": _("Clear filters"),
            "action_url": _clear_url(listing, address),
            "is_filtered": True,
        }
    return {
        "title": screen.empty_title or _("Nothing here yet"),
        "text": screen.empty_text or (_("Add the first one to begin.") if may_add else ""),
        "action_label": _("Add") if may_add else None,
        "action_url": url_for(f"{screen.endpoint}.add") if may_add else None,
        "is_filtered": False,
    }
