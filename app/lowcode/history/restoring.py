"""Giving a record some of its earlier values again, by the rules of its form.

Whoever ticked a field has seen what stood in it: `seen` says what that was, and a field that somebody has changed since
is refused by its name, as is one whose value cannot be put back. Then nothing is restored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.changes import taking_back
from app.core.errors import BusinessError, InvalidInput
from app.core.i18n import lazy as _
from app.lowcode import forms, versions
from app.lowcode.fields import Field, Read, primary_key
from app.lowcode.history.comparing import Difference, seen_as
from app.lowcode.history.keeping import Earlier, keeper_of

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

MEANWHILE = _("Somebody has changed this in the meantime. Look at it again.")


class SeenAnother(InvalidInput):
    """Fields are no longer what they were when they were ticked."""

    status = 409
    code = "changed_meanwhile"


@dataclass(frozen=True)
class Restored:
    """What was restored: the record's title, and for undoing it the line that tells of it and what is seen now."""

    title: str
    line_id: int | None
    seen: Mapping[str, str]


def restore(screen: "Screen", record: Any, earlier: Earlier, differences: list[Difference],
            ticked: Mapping[str, str]) -> Restored:
    """Give `record`, which was read to be changed, its earlier values of the fields in `ticked`, which says what of
    each was seen, and commit."""
    chosen = [each for each in differences if each.field.path in ticked]
    if not chosen:
        raise BusinessError(_("Tick at least one field first."))
    moved = {each.field.path: MEANWHILE for each in chosen if each.seen != ticked[each.field.path]}
    refused = {each.field.path: each.why_not for each in chosen if each.why_not is not None}
    if moved:
        raise SeenAnother(refused | moved)
    if refused:
        raise InvalidInput(refused)
    fields = {each.field.path: each.field for each in chosen}
    values = {each.field.path: versions.stored_again(each.field, each.value) for each in chosen}
    before = _latest(screen, record)
    with forms.committing(), taking_back(record, earlier.at):
        title = forms.write(screen, record, Read(values, {}), is_new=False)
        latest = _latest(screen, record)
        seen = {path: seen_as(field, _plain(record, field)) for path, field in fields.items()}
    return Restored(title, latest if latest != before else None, seen)


def _plain(record: Any, field: Field) -> Any:
    return versions.plain(field, getattr(record, field.path))


def _latest(screen: "Screen", record: Any) -> int | None:
    """The newest line of the record's history."""
    keeper = keeper_of(screen.model)
    found = keeper.lines(screen.model, getattr(record, primary_key(screen.model).key), (), at_most=1) if keeper else []
    return found[0].id if found else None
