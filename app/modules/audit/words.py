"""The audit trail in words: which screen a table stands for, what a column is called, what has changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from app.core.events import Audited
from app.core.i18n import gettext, listed, ngettext
from app.core.i18n import lazy as _
from app.lowcode.differences import difference
from app.lowcode.history.keeping import Change
from app.lowcode.registry import registry
from app.modules.audit import values
from app.modules.audit.models import AuditAction, AuditLine
from app.modules.audit.services import BACK_TO
from app.modules.audit.values import EMPTY, Titles, info_of, model_of

EXTRA_LABELS: dict[str, Any] = {
    "kind": _("Way"), "sessions": _("Sessions"), "permissions": _("Permissions"),
    "roles": _("Roles"), "groups": _("Groups"), "user": _("Users"), "users": _("Users"),
    "refused": _("Rows refused"), "removed": _("Removed, of source"), "lines": _("Order lines"),
    "answers": _("Replies"), "price_changes": _("Price changes"), BACK_TO: _("As it was before"),
}
TABLES_WITHOUT_SCREEN: dict[str, Any] = {
    "files": _("Uploaded files"), "order_events": _("History"), "order_lines": _("Order lines"),
    "refund_lines": _("Refunded lines"), "product_specifications": _("Specifications"),
    "product_attributes": _("Attributes"), "regions": _("Regions"), "settings": _("Settings")}
IN_A_LINE = 3
NOT_TOLD = {"changed_on", "created_on", "created_by_fk", "changed_by_fk"}
__all__ = ["EMPTY", "Change", "changes_of", "changes_of_many", "column_label", "model_of", "summary_of", "table_label"]


def fact_words(line: AuditLine) -> str | None:
    """What a fact says of itself that a line was written about; None for other lines and for facts that are no more."""
    if line.action is not AuditAction.happened or not line.table_name:
        return None
    try:
        fact = Audited.again(line.table_name, {name: after for name, (_before, after) in line.changes.items()})
        return fact.in_words() if fact is not None else None
    except (TypeError, ValueError):  # fields of another kind now
        return None


def table_label(table_name: str | None) -> str:
    """What people call the rows of a table: the title of their screen; of a fact, what kind of thing it happened to."""
    if table_name is None:
        return ""
    fact = Audited.kind(table_name)
    if fact is not None:
        return str(fact.kind_of_record)
    model = model_of(table_name)
    screen = registry().screen_of(model) if model is not None else None
    return str(screen.list_title if screen is not None else TABLES_WITHOUT_SCREEN.get(table_name, table_name))


def column_label(table_name: str | None, name: str) -> str:
    """What people call a column."""
    model = model_of(table_name)
    if model is not None:
        mapper = inspect(model)
        if name in mapper.columns and mapper.columns[name].info.get("label"):
            return str(mapper.columns[name].info["label"])
        if name in mapper.relationships and mapper.relationships[name].info.get("label"):
            return str(mapper.relationships[name].info["label"])
    # A line about many rows counts them by table.
    return str(EXTRA_LABELS[name]) if name in EXTRA_LABELS else table_label(name)


def changes_of(line: AuditLine) -> list[Change]:
    """A line's changes, readable."""
    return changes_of_many([line])[0]


def changes_of_many(lines: Sequence[AuditLine], names: Collection[str] | None = None) -> list[list[Change]]:
    """The changes of each line, readable, or those of the columns in `names`; the titles of what they point to are
    asked for once for all."""
    titles = values.titles_for(lines)
    return [_changes(line, titles, names) for line in lines]


def _changes(line: AuditLine, titles: Titles, names: Collection[str] | None = None) -> list[Change]:
    told = fact_words(line)
    if told is not None:
        return [Change(gettext("Event"), EMPTY, told, [], [], told)]
    found = []
    for name, pair in (line.changes or {}).items():
        if (line.table_name, name) == ("settings", "key"):
            continue  # it is what the line is about
        if names is not None and name not in names:
            continue
        if name not in NOT_TOLD and isinstance(pair, list) and len(pair) == 2:
            change = _change(line.table_name, name, *pair, titles=titles)
            if change is not None:
                found.append(change)
    return found


def _change(table: str | None, name: str, before: Any, after: Any, *, titles: Titles) -> Change | None:
    label = column_label(table, name)
    if isinstance(before, list) or isinstance(after, list):
        gone, come = before if isinstance(before, list) else [], after if isinstance(after, list) else []
        gone, come = [each for each in gone if each not in come], [each for each in come if each not in gone]
        if gone or come:
            return Change(label, "", "", [values.item_drawn(table, name, each) for each in gone],
                          [values.item_drawn(table, name, each) for each in come], _list_text(table, name, gone, come))
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = ({key: each for key, each in side.items() if key not in other or other[key] != each}
                         for side, other in ((before, after), (after, before)))
    old, new = (values.text_of(table, name, side, titles) for side in (before, after))
    if (old, new) == (EMPTY, EMPTY):
        return None
    is_long = info_of(table, name).get("kind") in {"rich_text", "long_text"} and EMPTY not in (old, new)
    return Change(label, values.drawn(table, name, before, titles), values.drawn(table, name, after, titles), [], [],
                  new, difference(old, new) if is_long else None)


def _list_text(table: str | None, name: str, gone: list[Any], come: list[Any]) -> str:
    if info_of(table, name).get("kind") == "pictures":
        counts = [(sign, ngettext("%(num)s picture", "%(num)s pictures", len(items)))
                  for sign, items in (("−", gone), ("+", come)) if items]
        return listed(f"{sign} {words}" for sign, words in counts)
    told = [f"{sign} {values.item_text(table, name, each)}"
            for sign, items in (("−", gone), ("+", come)) for each in items[:IN_A_LINE]]
    return listed(told)


def summary_of(line: AuditLine) -> str:
    """A line's changes in a few words: the new values of a few columns, only the names of many."""
    told = fact_words(line)
    if told is not None:
        return told
    changes = _changes(line, _titles_beside(line))
    if len(changes) > IN_A_LINE:
        return listed(change.label for change in changes)
    words = [(change.label, change.text) for change in changes]
    return listed((gettext("%(label)s: %(value)s", label=label, value=text) for label, text in words), clauses=True)


def _titles_beside(line: AuditLine) -> Titles:
    """The titles that a line's changes need, fetched together with those of all lines of the same page."""
    kept: Titles | None = line.__dict__.get("_titles")
    if kept is None:
        session = object_session(line)
        beside = [each for each in session.identity_map.values() if isinstance(each, AuditLine)] if session else []
        kept = values.titles_for([line, *beside])
        for each in (line, *beside):
            each.__dict__["_titles"] = kept
    return kept
