"""Values of one field beside each other, drawn as the page of a record draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from sqlalchemy import select

from app.core import html
from app.core.database import db
from app.core.i18n import gettext
from app.lowcode import cells, versions
from app.lowcode.differences import difference
from app.lowcode.fields import Field, primary_key

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def drawn(screen: "Screen", field: Field, values: list[Any]) -> list[Markup]:
    """Plain values (see `versions.plain`) for a page; related rows are fetched once for all."""
    formatter = screen.formatter(field)
    if field.kind in {"reference", "references"}:
        rows = _rows(field, values)
        return [_related(field, value, rows, formatter) for value in values]
    return [Markup(cells.whole(field, versions.stored_again(field, value), formatter)) for value in values]


def marked(field: Field, before: Any, after: Any) -> Markup | None:
    """What became of a longer text, where that can be told."""
    if field.kind not in {"rich_text", "long_text"} or not before or not after:
        return None
    if not (versions.is_carried(before) and versions.is_carried(after)):
        return None
    old, new = (html.plain(each) if field.kind == "rich_text" else each for each in (before, after))
    return difference(old, new) if old != new else None


def lost_title(record_id: Any) -> str:
    """What stands for a related record that is no more."""
    return gettext("ID %(id)s: not found", id=record_id)


def _rows(field: Field, values: list[Any]) -> dict[int, Any]:
    ids = {each for value in values for each in (value if isinstance(value, list) else [value]) if each is not None}
    if not ids or field.target is None:
        return {}
    key = primary_key(field.target)
    return {getattr(row, key.key): row for row in db.session.scalars(select(field.target).where(key.in_(ids)))}


def _related(field: Field, value: Any, rows: dict[int, Any], formatter: Any) -> Markup:
    if value in (None, []):
        return cells.NOTHING
    lost = [lost_title(each) for each in (value if isinstance(value, list) else [value])
            if each not in rows]
    if field.kind == "reference":
        return escape(lost[0] if lost else formatter(rows[value]) if formatter else rows[value])
    found = [rows[each] for each in value if each in rows]
    return Markup(" ").join(filter(None, [cells.whole(field, found, formatter) if found else None,
                                          *(cells.pill(each) for each in lost)]))
