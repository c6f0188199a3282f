"""What a form tells when others changed its record in between: who, when and what, and the choices that are left.

Who changed what is known to whoever keeps the history of records, which is no business of this floor. A module brings
it as `Module(..., history=function)`: called with a model, an id and a moment it gives a `Told`, or None if it knows
nothing since then (a job changed many rows at once, the record keeps out of the trail). Then the page says that the
record was changed, and not by whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import url_for
from markupsafe import Markup, escape

from app.core.bin import BinEntry
from app.core.i18n import gettext, listed, moment_text
from app.lowcode import beside, cells, versions
from app.lowcode.fields import TEXT_KINDS, Field
from app.lowcode.registry import registry
from app.lowcode.versions import Changes, Opened

if TYPE_CHECKING:
    from wtforms import Form

    from app.lowcode.screen import Screen


@dataclass(frozen=True)
class Told:
    """What happened to a record since a moment: by whom in words, when last, whether that was the person who asks, and
    all of it as HTML for those who may see it."""

    who: str
    at: datetime
    is_self: bool = False
    was_deleted: bool = False
    html: Markup | None = None


def told_since(model: type, record_id: int, since: datetime) -> Told | None:
    """What the module that keeps the history of records says."""
    history = registry().history
    return history(model, record_id, since) if history is not None else None


def met(screen: "Screen", form: "Form", record_id: int, opened: Opened | None, now: Opened,
        changes: Changes) -> dict[str, Any]:
    """What `houtai/parts/meeting.html` shows above a form whose record others have changed."""
    told = told_since(screen.model, record_id, opened.at) if opened is not None else None
    fields = {field.path: field for field in screen.form_fields}
    taken = [path for path in changes.theirs if path not in changes.mine]
    kept = [path for path in changes.mine if path not in changes.theirs]
    return {
        "title": _headline(told, opened),
        "is_self": told is not None and told.is_self,
        "text": gettext("Nothing was saved yet, and nothing that you typed is lost."),
        "history": told.html if told is not None else None,
        "choices": [_choice(screen, form, fields[path], opened, now) for path in changes.both],
        "taken": listed(str(fields[path].label) for path in taken),
        "kept": listed(str(fields[path].label) for path in kept),
        "open_url": f"{screen.route_base}/edit/{record_id}",
        "bin_url": None,
    }


def gone(screen: "Screen", record_id: int, opened: Opened) -> dict[str, Any]:
    """The same above a form whose record is no more."""
    told = told_since(screen.model, record_id, opened.at)
    if told is not None and told.was_deleted:
        title = gettext("%(who)s deleted this record: %(when)s.", who=told.who, when=moment_text(told.at))
    else:
        title = gettext("This record is no longer here. It has been deleted, or it no longer belongs on this screen.")
    bin_screen = registry().screen_of(BinEntry) if screen.has_bin else None
    may_look = bin_screen is not None and bin_screen.may("view")
    return {
        "title": title,
        "text": gettext("Nothing was saved. What you typed stands below: copy it, or save it once the record is "
                        "restored."),
        "history": told.html if told is not None else None,
        "choices": [], "taken": "", "kept": "", "open_url": None,
        "bin_url": url_for(f"{bin_screen.endpoint}.list") if bin_screen is not None and may_look else None,
    }


def merged_text(screen: "Screen", record_id: int, opened: Opened, paths: Iterable[str]) -> str:
    """The message after a save that others' changes were kept with."""
    told = told_since(screen.model, record_id, opened.at)
    fields = listed(str(screen.field(path).label) for path in paths)
    if told is None:
        return gettext("This record was changed in the meantime. Kept beside your changes: %(fields)s.", fields=fields)
    return gettext("%(who)s changed this record in the meantime (%(when)s). Kept beside your changes: %(fields)s.",
                   who=told.who, when=moment_text(told.at), fields=fields)


def _headline(told: Told | None, opened: Opened | None) -> str:
    if opened is None:
        return gettext("It cannot be told what this form was opened with, and the record differs from it.")
    if told is None:
        return gettext("This record was changed after you opened it.")
    when = moment_text(told.at)
    if told.is_self:
        return gettext("You changed this record yourself after you opened it here: %(when)s.", when=when)
    return gettext("%(who)s changed this record after you opened it: %(when)s.", who=told.who, when=when)


def _choice(screen: "Screen", form: "Form", field: Field, opened: Opened | None, now: Opened) -> dict[str, Any]:
    """One field that both changed, with its three values as the page of a record draws them."""
    item = form[field.path]
    theirs = now.values[field.path]
    mine = None if item.process_errors else versions.plain(field, item.data)
    before = opened.values.get(field.path) if opened is not None else None
    is_known = opened is not None and field.path in opened.values and versions.is_carried(before)
    drawn = _drawn(screen, field, [mine, theirs, before])
    if item.process_errors:
        typed = item.typed if isinstance(item.typed, list) else [item.typed]
        drawn[0] = escape(listed(str(each) for each in typed))
    return {
        "field": item,
        "label": field.label,
        "mine": drawn[0],
        "theirs": drawn[1],
        "before": drawn[2] if is_known else None,
        "mine_marked": beside.marked(field, before, mine) if is_known else None,
        "theirs_marked": beside.marked(field, before, theirs) if is_known else None,
    }


def _drawn(screen: "Screen", field: Field, values: list[Any]) -> list[Markup]:
    """Plain values as the page of a record draws them."""
    drawn = beside.drawn(screen, field, values)
    if field.kind in TEXT_KINDS and drawn[0] == drawn[1]:
        # The page masks what tells the two apart; the form shows it anyway.
        return [Markup(cells.whole(field, versions.stored_again(field, value))) for value in values]
    return drawn
