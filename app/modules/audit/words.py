"""The audit trail in words: which screen a table stands for, what a column is called, how a value reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import inspect

from app.core.changes import SECRET
from app.core.db import Record
from app.core.events import Audited
from app.core.i18n import day_text, gettext, listed, moment_text, number_text
from app.core.i18n import lazy as _
from app.core.money import money_text
from app.lowcode.registry import registry
from app.lowcode.security.models import NO_EMAIL
from app.lowcode.security.roles import role_label
from app.lowcode.security.words import permission_text
from app.modules.audit.models import AuditAction, AuditLine

EXTRA_LABELS: dict[str, Any] = {
    "kind": _("Way"), "sessions": _("Sessions"), "permissions": _("Permissions"),
    "roles": _("Roles"), "groups": _("Groups"), "user": _("Users"), "users": _("Users"),
}
TABLES_WITHOUT_SCREEN: dict[str, Any] = {"files": _("Uploaded files"), "order_events": _("History")}
WAYS = {"browser": _("Browser"), "api": _("API")}
IN_A_LINE = 3
NOT_TOLD = {"changed_on", "created_on", "created_by_fk", "changed_by_fk"}
EMPTY = "—"


@dataclass(frozen=True)
class Change:
    """One changed column, ready to be read. A value that was not there is `—`."""

    label: str
    before: str
    after: str
    gone: list[str]
    come: list[str]
    """For lists, such as the permissions of a role: what was taken away and what was added, instead of the above."""


def model_of(table_name: str | None) -> Any:
    """The model whose rows are kept in this table, or None for one that is no more."""
    return next((mapper.class_ for mapper in Record.registry.mappers
                 if mapper.local_table is not None and mapper.local_table.name == table_name), None)


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
    told = fact_words(line)
    if told is not None:
        return [Change(gettext("Event"), EMPTY, told, [], [])]
    found = []
    for name, pair in (line.changes or {}).items():
        if name in NOT_TOLD or not isinstance(pair, list) or len(pair) != 2:
            continue
        before, after = pair
        if isinstance(before, list) or isinstance(after, list):
            gone, come = ([_item(line.table_name, name, item) for item in side or []] for side in (before, after))
            found.append(Change(column_label(line.table_name, name), "", "", gone, come))
        else:
            old, new = (value_text(line.table_name, name, side) for side in pair)
            if (old, new) != (EMPTY, EMPTY):
                found.append(Change(column_label(line.table_name, name), old, new, [], []))
    return found


def summary_of(line: AuditLine) -> str:
    """A line's changes in a few words: the new values of a few columns, only the names of many."""
    told = fact_words(line)
    if told is not None:
        return told
    changes = changes_of(line)
    if len(changes) > IN_A_LINE:
        return listed(change.label for change in changes)
    return listed((gettext("%(label)s: %(value)s", label=change.label, value=_new_words(change)) for change in changes),
                  clauses=True)


def _new_words(change: Change) -> str:
    if change.gone or change.come:
        gone, come = change.gone[:IN_A_LINE], change.come[:IN_A_LINE]
        return listed([*(f"− {item}" for item in gone), *(f"+ {item}" for item in come)])
    return change.after


def value_text(table_name: str | None, name: str, value: Any) -> str:
    """A stored value as the reader's language writes it."""
    if value is None or value == "" or str(value).endswith(f"@{NO_EMAIL}"):
        return EMPTY
    if value == SECRET:
        return str(SECRET)
    info = _info(table_name, name)
    kind = info.get("kind")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name == "kind" and value in WAYS:
        return str(WAYS[value])
    if kind == "choice":
        return _choice_text(info, value)
    if kind == "money" and isinstance(value, int):
        return money_text(value)
    if kind == "integer" and isinstance(value, int):
        return number_text(value)
    if kind in {"moment", "day"} and isinstance(value, str):
        return _time_text(str(kind), value)
    if kind == "reference":
        return gettext("No. %(number)s", number=value)
    return str(value)


def _info(table_name: str | None, name: str) -> Mapping[str, Any]:
    table = Record.metadata.tables.get(table_name or "")
    return {} if table is None or name not in table.columns else table.columns[name].info


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


def _item(table_name: str | None, name: str, item: Any) -> str:
    """One item of a list; a permission is put into the words of the role matrix."""
    if name == "permissions" and isinstance(item, str) and " on " in item:
        permission, _on, view = item.partition(" on ")
        return permission_text(permission.replace(" ", "_"), view)
    if name == "roles" and isinstance(item, str):
        return role_label(item)
    return str(item)
