"""A role as a table of tick boxes: one row a screen, one column what can be done there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.core.errors import ChangedMeanwhile, InvalidInput
from app.core.i18n import lazy as _
from app.lowcode.security.words import modules_in_words

COLUMNS = {"can_view": _("View"), "can_add": _("Add"), "can_edit": _("Edit"), "can_delete": _("Delete")}
Pair = tuple[str, str]


class RoleChangedMeanwhile(ChangedMeanwhile):
    """Someone else has changed the role since this page was opened. HTTP 409."""

    @classmethod
    def default_message(cls) -> object:
        return _("Someone else has changed this role in the meantime. What you ticked is kept; look at it again "
                 "and save.")


@dataclass(frozen=True)
class Box:
    """One tick box. `value` is what the form sends; `locked` where the person at the screen lacks the permission."""

    value: str
    label: str
    ticked: bool
    was_ticked: bool
    locked: bool


@dataclass
class Row:
    """One screen: a box for each of COLUMNS (None where the screen has no such thing), and those of its own buttons."""

    name: str
    label: str
    boxes: list[Box | None]
    more: list[Box] = field(default_factory=list)

    @property
    def all_boxes(self) -> list[Box]:
        return [box for box in self.boxes if box is not None] + self.more


@dataclass
class Group:
    """The screens of one module."""

    label: str
    icon: str
    rows: list[Row]

    @property
    def ticked(self) -> int:
        return sum(box.ticked for row in self.rows for box in row.all_boxes)

    @property
    def size(self) -> int:
        return sum(len(row.all_boxes) for row in self.rows)


def matrix(ticked: set[Pair], was_ticked: set[Pair] | None = None, mine: Iterable[Pair] | None = None) -> list[Group]:
    """The table. `was_ticked` is what is stored, where `ticked` is not; `mine` is what the person may hand out, all if
    None."""
    stored = ticked if was_ticked is None else was_ticked
    free = None if mine is None else set(mine)

    def box(permission: str, view: str, label: str) -> Box:
        pair = (permission, view)
        return Box(f"{permission}:{view}", label, pair in ticked, pair in stored, free is not None and pair not in free)

    groups = []
    for module in modules_in_words():
        rows = []
        for view in module.views:
            boxes = [
                box(name, view.name, view.permissions[name]) if name in view.permissions else None for name in COLUMNS]
            more = [box(name, view.name, label) for name, label in view.permissions.items() if name not in COLUMNS]
            rows.append(Row(view.name, view.label, boxes, more))
        groups.append(Group(module.label, module.icon, rows))
    return groups


def read_boxes(values: Iterable[str]) -> set[Pair]:
    """The pairs that a form sent; InvalidInput for what is none of ours."""
    known = {(name, view.name) for module in modules_in_words() for view in module.views for name in view.permissions}
    found = set()
    for value in values:
        permission, _colon, view = value.partition(":")
        if (permission, view) not in known:
            raise InvalidInput(message=_("There is no such permission."))
        found.add((permission, view))
    return found


def mark(pairs: set[Pair]) -> str:
    """A digest of what a role allows, to notice that someone else has changed it."""
    return hashlib.sha256(repr(sorted(pairs)).encode()).hexdigest()[:16]
