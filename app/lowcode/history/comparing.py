"""A record as it was beside what it is now, field by field, and which of the values can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from sqlalchemy import select

from app.core import html
from app.core.database import db
from app.core.i18n import lazy as _
from app.lowcode import beside, cells, versions
from app.lowcode.differences import short
from app.lowcode.fields import Field, primary_key, title_column
from app.lowcode.filters import titles_of
from app.lowcode.history import keeping
from app.lowcode.history.columns import can_restore, shown_fields
from app.lowcode.history.keeping import Earlier

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

ELSEWHERE = _("This field is not on the form.")
GONE = _("What it pointed to is no longer there.")
NOT_OFFERED = _("This answer is no longer offered.")


@dataclass
class Difference:
    """One field that is another now: how it was and how it is, drawn, and the value that can be put back (as
    `versions.plain` gives it), or why it cannot. `seen` stands for the value now, so that the next request can tell
    whether it is still the same."""

    field: Field
    then: Markup
    now: Markup
    marked: Markup | None
    value: Any
    why_not: Any
    seen: str
    error: str = ""
    is_ticked: bool = True


def differences_of(screen: "Screen", record: Any, earlier: Earlier) -> list[Difference]:
    """The fields that differ, in the order of the record's page."""
    on_form = {field.path for field in screen.form_fields} if can_restore(screen) and screen.may("edit") else None
    found = []
    for name, field in shown_fields(screen).items():
        now = versions.plain(field, getattr(record, name))
        value, why_not = None, earlier.lost.get(name)
        if why_not is None:
            value, why_not = _again(field, earlier.values[name], now)
            if why_not is None and versions.same(field, value, now):
                continue
        if why_not is None and on_form is not None and field.path not in on_form:
            why_not = ELSEWHERE
        then_drawn, now_drawn = beside.drawn(screen, field, [value, now])
        if name in earlier.lost or why_not in (GONE, NOT_OFFERED):
            then_drawn = _as_told(field, earlier.values[name], why_not)
        marked = beside.marked(field, value, now)
        found.append(Difference(field, then_drawn, now_drawn, marked, value, why_not, seen_as(field, now)))
    return found


def seen_as(field: Field, plain: Any) -> str:
    """What stands for a plain value in a form."""
    return versions.tag_of({field.path: plain})[:16]


def _again(field: Field, told: Any, now: Any) -> tuple[Any, Any]:
    """What the history tells of a value as a plain value, or why it cannot be that any more."""
    if field.kind == "references":
        return _found_again(field, told)
    if told is None or field.kind == "reference":
        is_gone = told not in (None, now) and told not in titles_of(field.target, [told])  # type: ignore[arg-type]
        return told, GONE if is_gone else None
    stored = versions.stored_again(field, told)
    return versions.plain(field, stored), NOT_OFFERED if field.kind == "choice" and stored is None else None


def _found_again(field: Field, titles: Sequence[str]) -> tuple[list[int], Any]:
    """The ids of related records, of which the history keeps the titles; each has to be the only one called so."""
    target: Any = field.target
    title, key = title_column(target), primary_key(target).key
    if not titles:
        return [], None
    rows = [] if title is None else db.session.scalars(select(target).where(title.in_(titles))).all()
    ids = sorted(getattr(row, key) for row in rows)
    return ids, None if sorted(map(str, rows)) == sorted(titles) else GONE


def _as_told(field: Field, told: Any, why_not: Any) -> Markup:
    """What the history keeps of a value that cannot be put back."""
    if why_not == keeping.UNTOLD or told in (None, "", []):
        return cells.NOTHING
    if isinstance(told, list):
        return Markup(" ").join(cells.pill(item) for item in told)
    if field.kind == "reference":
        return escape(beside.lost_title(told))
    return escape(short(html.plain(told) if field.kind == "rich_text" else str(told)))
