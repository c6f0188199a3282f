"""A table of records that becomes a column of cards on a phone (css/list.css), as HTML.

Written in Python and not as a template because a list page is mostly this: a template takes some thirty steps for a
cell where putting strings together takes one. What a column is for follows from its kind: the first picture is the
card's cover, the first column of words its title, the first choice its status; the first amount and one more (or two)
stay in sight and the rest is folded. A long text that stands among the first columns is what the row is about, such as
what a review says, and has its lines on the card. All that is found once per table.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from app.core.i18n import gettext
from app.lowcode.icons import icon

TITLE_KINDS = {"text", "phone", "email", "url", "computed", "reference"}
PICTURE_KINDS = {"picture", "pictures"}
FOLDED_KINDS = PICTURE_KINDS | {"json", "rich_text", "long_text"}
SORT_ICONS = {"asc": "arrow-up", "desc": "arrow-down"}
SORT_WORDS = {"asc": "ascending", "desc": "descending"}
IN_SIGHT = 2
LEADING = 3


def record_table(
    columns: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    *,
    tickable: bool = False,
    menu: str | None = None,
    edit_label: str | None = None,
) -> Markup:
    """The table. `columns` and `rows` are those of `app.lowcode.pages`; `menu` names the ⋯ button of a row."""
    roles, title, folded = _roles(columns)
    has_acts = bool(menu or edit_label)
    row_class = " ".join(word for word, used in (("has-cover", "cover" in roles), ("has-tick", tickable)) if used)
    opening = [_opening(column, role) for column, role in zip(columns, roles, strict=True)]
    row_open = f'<tr class="{row_class}"' if row_class else "<tr"
    links_title = columns[title]["kind"] != "reference" if columns else False
    edit = _edit_link(edit_label) if edit_label else None
    dots = _menu_button(menu) if menu else ""
    fold = _fold_button() if folded else ""
    parts = ['<table class="table-list records">\n', _head(columns, tickable, has_acts), "<tbody>\n"]
    for row in rows:
        url = escape(row["url"]) if row["url"] else None
        parts.append(f'{row_open} data-url="{url}">' if url else f"{row_open}>")
        if tickable:
            parts.append(
                f'<td class="tick"><label><input type="checkbox" form="bulk" name="rowid" value="{row["id"]}" '
                f'autocomplete="off" aria-labelledby="t{row["id"]}"></label></td>'
            )
        for place, cell in enumerate(row["cells"]):
            if place == title and links_title and url:
                name = f' id="t{row["id"]}"' if tickable else ""
                parts.append(f'{opening[place]}<a{name} href="{url}">{cell}</a></td>')
            else:
                parts.append(f"{opening[place]}{cell}</td>")
        parts.append(fold)
        if has_acts:
            link = f'<a href="{escape(row["edit_url"])}"{edit}' if edit and row["edit_url"] else ""
            parts.append(f'<td class="acts">{link}{dots.replace("{id}", str(row["id"]))}</td>')
        parts.append("</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


def _roles(columns: list[dict[str, Any]]) -> tuple[list[str], int, bool]:
    """The role of each column, the place of the title, and whether any is folded away."""
    kinds = [column["kind"] for column in columns]

    def first(wanted: set[str]) -> int:
        return next((place for place, kind in enumerate(kinds) if kind in wanted), -1)

    title = max(first(TITLE_KINDS), 0)
    places = {title: "title", first(PICTURE_KINDS): "cover", first({"choice"}): "status"} if kinds else {}
    places[title] = "title"
    # An amount is what people look for on a card, wherever its column stands.
    amount = first({"money"})
    places.setdefault(amount, "")
    text = first({"long_text"})
    if 0 <= text < LEADING:
        places.setdefault(text, "body")
    roles, seen = [], int(amount >= 0)
    for place, kind in enumerate(kinds):
        if place in places:
            roles.append(places[place])
        elif seen < IN_SIGHT and kind not in FOLDED_KINDS:
            roles.append("")
            seen += 1
        else:
            roles.append("more")
    return roles, title, "more" in roles


def _opening(column: dict[str, Any], role: str) -> str:
    words = [role, "num" if column["align"] == "end" else "", "moment" if column["kind"] in {"moment", "day"} else ""]
    classes = " ".join(word for word in words if word)
    marks = f' class="{classes}"' if classes else ""
    marks += f' data-label="{escape(column["label"])}"'
    marks += f' data-cell="{escape(column["name"])}"' if column.get("inline") else ""
    return f"<td{marks}>"


def _head(columns: list[dict[str, Any]], tickable: bool, has_acts: bool) -> str:
    cells = []
    if tickable:
        # The messages stand outside of the f-strings, where they would not be found by the extraction.
        label = escape(gettext("Tick all on this page"))
        cells.append(
            f'<th class="tick"><label><input type="checkbox" data-tick-all aria-label="{label}"></label></th>')
    is_inline = any(column.get("inline") for column in columns)
    for column in columns:
        words = ['<th scope="col"', ' class="num"' if column["align"] == "end" else ""]
        if is_inline:
            # A row that was changed in place is drawn anew with the columns that are here.
            words.append(f' data-column="{escape(column["name"])}"')
        label = escape(column["label"])
        if column["sort_url"]:
            words += [
                f' aria-sort="{SORT_WORDS.get(column["sorted"], "none")}">',
                f'<a href="{escape(column["sort_url"])}">{label}',
                f'{icon(SORT_ICONS.get(column["sorted"], "sort"))}</a></th>',
            ]
        else:
            words.append(f">{label}</th>")
        cells.append("".join(words))
    if has_acts:
        label = escape(gettext("Actions"))
        cells.append(f'<th class="acts"><span class="sr-only">{label}</span></th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>\n"


def _edit_link(label: str) -> str:
    said = escape(label)
    return f' class="btn btn-quiet btn-icon btn-small only-wide" aria-label="{said}" title="{said}">{icon("pen")}</a>'


def _menu_button(label: str) -> str:
    return (
        '<button type="button" class="btn btn-quiet btn-icon btn-small" data-row-menu="{id}" aria-haspopup="true" '
        f'aria-expanded="false" aria-label="{escape(label)}">{icon("ellipsis")}</button>'
    )


def _fold_button() -> str:
    more, less = escape(gettext("More")), escape(gettext("Less"))
    return (
        f'<td class="fold"><button type="button" class="btn btn-quiet btn-small" data-fold aria-expanded="false" '
        f'data-more="{more}" data-less="{less}"><span>{more}</span>{icon("chevron-down")}</button></td>'
    )
