"""Of which columns a screen tells the history, and which of them it can give their earlier values again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from app.core import changes
from app.lowcode.fields import Field
from app.lowcode.history.keeping import keeper_of
from app.lowcode.judging import id_column

if TYPE_CHECKING:
    from app.lowcode.screen import Screen


def shown_fields(screen: "Screen") -> dict[str, Field]:
    """The fields whose history whoever is looking may see, by the attribute in which the record keeps them: what the
    screen shows of a record anyway, and for those who may edit it what stands on the form."""
    fields = [field for _title, _help, group in screen.show_groups for field in group] + screen.list_fields
    if screen.may("edit"):
        fields += screen.form_fields
    return {name: field for field in fields if field.through is None and (name := attribute_of(screen, field))}


def attribute_of(screen: "Screen", field: Field) -> str | None:
    """Under which name changes of a field are told; None for what is computed."""
    mapper = inspect(screen.model)
    name = id_column(field) or field.path
    if name in mapper.columns:
        return name
    relation = mapper.relationships.get(name)
    return name if relation is not None and relation.secondary is not None else None


def shown_names(screen: "Screen") -> set[str]:
    """The attributes of which the timeline tells."""
    return {*shown_fields(screen), *screen.history_columns}


def present_values(screen: "Screen", record: Any) -> dict[str, Any]:
    """What the shown fields hold now, as changes are told: plain values, and titles of many related records."""
    found = {}
    for name, field in shown_fields(screen).items():
        value = getattr(record, name)
        found[name] = sorted(map(str, value)) if field.kind == "references" else changes.plain(value)
    return found


def can_restore(screen: "Screen") -> bool:
    """Whether earlier values can be restored on this screen at all: where records are edited in the form that is made
    of its declaration, unless it says otherwise."""
    from app.lowcode.screen import Screen

    return (screen.can_restore and screen.has_form and "can_edit" in screen.base_permissions
            and type(screen).edit is Screen.edit and keeper_of(screen.model) is not None)
