"""How a value that the trail has kept is read: as words for a line, as a link or a picture for a page.

The trail keeps what JSON can hold: the id of a category, the key of a picture, formatted text as HTML. Titles of what
is pointed to are fetched for many lines at once (`titles_for`), each kind of record with one question.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from markupsafe import Markup, escape

from app.core import html
from app.core.changes import SECRET
from app.core.db import Record
from app.core.files import file_url, is_key
from app.core.i18n import day_text, gettext, moment_text, number_text
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.lowcode.differences import short
from app.lowcode.filters import titles_of
from app.lowcode.registry import registry
from app.lowcode.security.models import NO_EMAIL
from app.lowcode.security.roles import role_label
from app.lowcode.security.words import permission_text
from app.modules.audit.models import AuditLine
from app.modules.audit.services import BACK_TO

EMPTY = "—"
WAYS: dict[str, Any] = {"browser": _("Browser"), "api": _("API")}
COUNTED: dict[str, Any] = {
    "added": _("Added"), "changed": _("Changed"), "unchanged": _("Unchanged"), "left_out": _("Left out")}
Titles = Mapping[tuple[str, int], str]
"""(table, id) to the title of the row."""


def info_of(table_name: str | None, name: str) -> Mapping[str, Any]:
    """What a column says of itself, or nothing where there is no such column any more."""
    table = Record.metadata.tables.get(table_name or "")
    return {} if table is None or name not in table.columns else table.columns[name].info


def model_of(table_name: str | None) -> Any:
    """The model whose rows are kept in this table, or None for one that is no more."""
    return next((mapper.class_ for mapper in Record.registry.mappers
                 if mapper.local_table is not None and mapper.local_table.name == table_name), None)


def titles_for(lines: Iterable[AuditLine]) -> Titles:
    """The titles of all rows that these lines' changes point to, as far as there still are any."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        changes = line.__dict__.get("changes")
        for name, pair in (changes if isinstance(changes, dict) else {}).items():
            target = info_of(line.table_name, name).get("target")
            if target and isinstance(pair, list):
                wanted[target].update(side for side in pair if isinstance(side, int) and not isinstance(side, bool))
    found = {}
    for target, ids in wanted.items():
        model = model_of(target)
        if model is not None and ids:
            found |= {(target, key): title for key, title in titles_of(model, sorted(ids)).items()}
    return found


def text_of(table_name: str | None, name: str, value: Any, titles: Titles | None = None) -> str:
    """A stored value in words, as the reader's language writes it."""
    if value is None or value in ("", [], {}) or str(value).endswith(f"@{NO_EMAIL}"):
        return EMPTY
    if value == SECRET:
        return str(SECRET)
    info = info_of(table_name, name)
    kind = info.get("kind")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name == "kind" and isinstance(value, str) and value in WAYS:
        return str(WAYS[value])
    if kind == "choice":
        return _choice_text(info, value)
    if kind == "money" and isinstance(value, int):
        return money_text(value)
    if kind == "reference":
        return (titles or {}).get((info["target"], value)) or gettext("No. %(number)s", number=value)
    if name == BACK_TO and isinstance(value, str):
        return _time_text("moment", value)
    if kind in {"moment", "day"} and isinstance(value, str):
        return _time_text(str(kind), value)
    if kind == "rich_text" and isinstance(value, str):
        return html.plain(value) or EMPTY
    if kind == "picture":
        return gettext("a picture")
    if isinstance(value, dict):
        return pairs_text(value)
    if isinstance(value, list):
        return " · ".join(item_text(table_name, name, item) for item in value)
    if kind == "integer" and isinstance(value, int):
        return number_text(value)
    return str(value)


def drawn(table_name: str | None, name: str, value: Any, titles: Titles) -> Markup:
    """A stored value for a page: a reference as a link for whoever may follow it, a picture as a thumbnail."""
    info = info_of(table_name, name)
    if info.get("kind") == "reference" and isinstance(value, int):
        return _reference(info["target"], value, text_of(table_name, name, value, titles), titles)
    if info.get("kind") == "picture" and is_key(value):
        return thumbnail(value)
    return escape(short(text_of(table_name, name, value, titles)))


def item_text(table_name: str | None, name: str, item: Any) -> str:
    """One item of a list; a permission is put into the words of the role matrix."""
    if name == "permissions" and isinstance(item, str) and " on " in item:
        permission, _on, view = item.partition(" on ")
        return permission_text(permission.replace(" ", "_"), view)
    if name == "roles" and isinstance(item, str):
        return role_label(item)
    if info_of(table_name, name).get("kind") == "pictures":
        return gettext("a picture")
    return pairs_text(item) if isinstance(item, dict) else str(item)


def item_drawn(table_name: str | None, name: str, item: Any) -> Markup:
    """One item of a list for a page."""
    if info_of(table_name, name).get("kind") == "pictures" and is_key(item):
        return thumbnail(item)
    return escape(short(item_text(table_name, name, item)))


def pairs_text(value: dict[str, Any]) -> str:
    """Structured data as a person reads it: pairs without brackets and quotes; deeper than two steps it is JSON."""
    return " · ".join(
        gettext("%(label)s: %(value)s", label=COUNTED.get(name, name), value=_within(item))
        for name, item in value.items()) or EMPTY


def _within(item: Any) -> str:
    if item is None or item == "":
        return EMPTY
    if isinstance(item, bool):
        return gettext("Yes") if item else gettext("No")
    if isinstance(item, list) and all(isinstance(each, str | int | float) for each in item):
        return " / ".join(map(str, item)) or EMPTY
    return json.dumps(item, ensure_ascii=False) if isinstance(item, dict | list) else str(item)


def thumbnail(key: str) -> Markup:
    """A stored picture, small, that opens the whole one."""
    return Markup('<a href="%s" target="_blank"><img class="thumb" src="%s" alt="%s" loading="lazy" width="40"'
                  ' height="40"></a>') % (file_url(key), file_url(key, 200), gettext("Open the picture"))


def _reference(table_name: str, record_id: int, title: str, titles: Titles) -> Markup:
    screen = registry().screen_of_table(table_name)
    if (table_name, record_id) not in titles or screen is None or not screen.may("view"):
        return escape(title)
    return Markup('<a href="%s/show/%s">%s</a>') % (screen.route_base, record_id, title)


def _choice_text(info: Mapping[str, Any], value: Any) -> str:
    try:
        return str(info["choices"](value).label)
    except ValueError:
        return str(value)  # an answer that has been taken off the list since


def _time_text(kind: str, value: str) -> str:
    try:
        return moment_text(datetime.fromisoformat(value)) if kind == "moment" else day_text(date.fromisoformat(value))
    except ValueError:
        return value
