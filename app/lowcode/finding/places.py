"""Places: what one comes back to. A screen, a report or a page goes by its name, `OrderScreen`; a record of a screen by
that and its id, `OrderScreen/7`.

A place is only ever shown to who may view it: a screen by permission, a record also by the rows that the screen is
about. What is gone, and what is no key, is left out. One query for all records of a screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.lowcode.access import may
from app.lowcode.fields import is_one_of, parse_id, primary_key
from app.lowcode.registry import Entry, registry


@dataclass(frozen=True)
class Place:
    """A place as it is shown: what it is called now, in the reader's language, and where it is."""

    key: str
    label: str
    hint: str
    url: str
    icon: str
    kind: str


def entry_of(name: str) -> Entry | None:
    """The view of this name, for who may view it."""
    entry = next((entry for entry in registry().entries if entry.name == name), None)
    return entry if entry is not None and may("can_view", entry.name) else None


def key_of(view: Any, record_id: Any = None) -> str:
    """Under which key a view is pinned, or a record of a screen."""
    name = str(view.class_permission_name)
    return name if record_id is None else f"{name}/{record_id}"


def find(keys: Iterable[str]) -> list[Place]:
    """The places of these keys that are there and that the current user may see, in this order."""
    asked = list(dict.fromkeys(keys))
    wanted: dict[str, set[int]] = {}
    entries: dict[str, Entry | None] = {}
    for key in asked:
        name, _slash, raw = key.partition("/")
        entries.setdefault(name, entry_of(name))
        if raw and entries[name] is not None:
            try:
                wanted.setdefault(name, set()).add(parse_id(raw))
            except ValueError:
                continue
    titles = {name: _titles(entry.view, ids) for name, ids in wanted.items() if (entry := entries[name]) is not None}
    return [place for key in asked if (place := _place(key, entries, titles)) is not None]


def _titles(screen: Any, ids: set[int]) -> dict[str, str]:
    """The titles of the records with these ids that are among the rows of the screen."""
    if getattr(screen, "model", None) is None:
        return {}
    key = primary_key(screen.model)
    statement = select(screen.model).where(is_one_of(key, sorted(ids)), *screen.row_conditions())
    return {str(getattr(record, key.key)): str(record) for record in db.session.scalars(statement)}


def _place(key: str, entries: dict[str, Entry | None], titles: dict[str, dict[str, str]]) -> Place | None:
    name, slash, raw = key.partition("/")
    entry = entries[name]
    if entry is None:
        return None
    if not slash:
        return Place(key, str(entry.label), str(entry.module.label), entry.url(), entry.icon, "page")
    title = titles.get(name, {}).get(raw)
    if title is None:
        return None
    return Place(key, title, str(entry.view.list_title), f"{entry.view.route_base}/show/{raw}", entry.icon, "record")
