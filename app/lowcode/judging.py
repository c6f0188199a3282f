"""What can be said against values before they are written: everything at once, so that nobody saves four times.

Form, API and the questions of an action read what was sent into a `Read`: values, and reasons against those that could
not be read. `judged` holds the values against their columns, finds what is missing and what points to nothing, and
answers with one InvalidInput that names every field to blame. Rules of the record as a whole come after it, when each
value by itself is fine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.core.database import db
from app.core.db import refusal
from app.core.errors import InvalidInput
from app.core.i18n import lazy as _
from app.lowcode.fields import Field, Read, primary_key

REQUIRED = _("This field is required.")


def judged(fields: Iterable[Field], read: Read, *, record: Any = None, all_needed: bool = False) -> dict[str, Any]:
    """The values, references as the records they name; InvalidInput with all that is wrong with them.

    `all_needed` also asks for the required fields that were not sent, as for a new record. A reference of `record`
    that stays as it is stays out.
    """
    known = {field.path: field for field in fields}
    refused = dict(read.refused)
    found: dict[str, Any] = {}
    for path, value in read.values.items():
        field = known[path]
        reason = reason_against(field, value)
        if reason is not None:
            refused.setdefault(path, reason)
        elif field.kind in {"reference", "references"}:
            _resolve(field, value, record, found, refused)
        else:
            found[path] = value
    if all_needed:
        for path, field in known.items():
            if field.required and field.kind != "yes_no" and path not in read.values:
                refused.setdefault(path, REQUIRED)
    if refused:
        # In the order of the form, which is the order in which people mend it.
        raise InvalidInput({path: refused[path] for path in [*known, *refused] if path in refused})
    return found


def reason_against(field: Field, value: Any) -> Any:
    """Why one value cannot stand in its field, whatever else is sent; None if it can."""
    if value is None or value == "" or (value == [] and field.kind != "json"):
        return REQUIRED if field.required and field.kind != "yes_no" else None
    if field.kind in {"reference", "references"}:
        return None
    return refusal({**field.info, "kind": field.kind}, value)


def id_column(field: Field) -> str | None:
    """The attribute that holds the id of the row that a reference names."""
    if field.kind != "reference" or field.relation is None or len(field.relation.local_columns) != 1:
        return None
    return field.relation.parent.get_property_by_column(next(iter(field.relation.local_columns))).key


def _resolve(field: Field, value: Any, record: Any, found: dict[str, Any], refused: dict[str, Any]) -> None:
    """Put the record that an id names into `found`, or into `refused` that there is none."""
    if field.kind == "reference":
        column = id_column(field)
        if value is not None and column is not None and record is not None and getattr(record, column) == value:
            return
        named = None if value is None else db.session.get(field.target, value)
        if value is not None and named is None:
            refused[field.path] = nowhere([value])
        found[field.path] = named
        return
    assert field.target is not None
    key = primary_key(field.target)
    records = db.session.query(field.target).filter(key.in_(value)).all() if value else []
    missing = set(value) - {getattr(each, key.key) for each in records}
    if missing:
        refused[field.path] = nowhere(sorted(missing))
    found[field.path] = records


def nowhere(ids: Iterable[int]) -> Any:
    """What to say of ids that no record has."""
    return _("There is no record with the ID %(ids)s; it may have been deleted.", ids=", ".join(map(str, ids)))
