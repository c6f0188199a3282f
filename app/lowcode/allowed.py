"""What may I do here? Every action of a screen with yes or no, and why not.

The house's rule: a button that one's roles never have is not drawn; one that a record's state hinders is drawn, shown
as disabled, and tells why when it is asked by pointer, finger or focus. What is not drawn is told by the entry “What
may I do here?” beside the title, which names the permission that is missing, the roles that include it, and who can
give it.

`rights(screen)` is about a list, `rights(screen, record)` about one record, whose state may be against an action.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, User, ViewMenu
from sqlalchemy import select

from app.core.database import db
from app.core.i18n import gettext, listed
from app.core.i18n import lazy as _
from app.lowcode.access import may
from app.lowcode.security.roles import role_label

if TYPE_CHECKING:
    from app.lowcode.screen import Screen

NAMED = 3
"""So many owners are named; in a larger shop one knows whom to ask."""
NOBODY: dict[str, Any] = {
    "add": _("Nobody adds records here: they come about by what happens elsewhere."),
    "edit": _("Nobody edits records here: they stay as they came about."),
    "delete": _("Nobody deletes records here: they are kept."),
}
"""Why a screen has none of these at all."""
PLAIN = (
    ("view", "eye", _("View")), ("add", "plus", _("Add")), ("edit", "pen", _("Edit")), ("delete", "trash", _("Delete")),
    ("import", "upload", _("Import")), ("export", "download", _("Export")),
)


@dataclass(frozen=True)
class Right:
    """One thing that can be done on a screen; `why` are whole sentences: why not, or on what it depends."""

    label: Any
    icon: str
    is_allowed: bool
    why: tuple[str, ...] = ()


def rights(screen: "Screen", record: Any = None) -> list[Right]:
    """All that a screen has to do, and what it pointedly has not."""
    missing = _including(screen, [name for name in _offered(screen) if not screen.may(name)])
    found = []
    for name, drawing, label in PLAIN:
        if name in NOBODY and name not in _offered(screen):
            found.append(Right(label, drawing, False, (str(NOBODY[name]),)))
        elif name in _offered(screen):
            found.append(Right(label, drawing, name not in missing, missing.get(name, ())))
    for mark in screen.actions.values():
        if mark.name in missing:
            found.append(Right(mark.label, mark.icon, False, missing[mark.name]))
            continue
        reason = mark.why_not(record) if record is not None and mark.why_not is not None else None
        depends = record is None and mark.why_not is not None
        note = (str(reason),) if reason else (gettext("It depends on the record."),) if depends else ()
        found.append(Right(mark.label, mark.icon, not reason, note))
    return found


def _offered(screen: "Screen") -> list[str]:
    """The permissions that a screen has; those of forms only where there is one."""
    names = [name.removeprefix("can_") for name in screen.base_permissions or []]
    return [name for name in names if screen.has_form or name not in {"add", "edit"}]


def why_not_allowed(view: Any, name: str) -> tuple[str, ...]:
    """Why the current user may not do this on a view, in whole sentences; empty where they may."""
    if may(f"can_{name}", view.class_permission_name):
        return ()
    return _including(view, [name])[name]


def _including(view: Any, names: list[str]) -> dict[str, tuple[str, ...]]:
    """Of these permissions that are missing: which it is, the roles that include it, and who can give it."""
    if not names:
        return {}
    rows = db.session.execute(
        select(Permission.name, Role.name)
        .join(PermissionView, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .join(Role, PermissionView.role)
        .where(ViewMenu.name == view.class_permission_name, Permission.name.in_([f"can_{name}" for name in names]))
        .order_by(Role.name)
    ).all()
    labels, owner = type(view).permission_labels(), current_app.config["AUTH_ROLE_ADMIN"]
    ask = _whom_to_ask(owner)
    told = {}
    for name in names:
        roles = [role for permission_name, role in rows if permission_name == f"can_{name}"]
        told[name] = (
            gettext("None of your roles includes the permission “%(permission)s” on “%(screen)s”.",
                    permission=labels[f"can_{name}"], screen=view.menu_label),
            gettext("It is part of: %(roles)s.", roles=listed(map(role_label, dict.fromkeys([*roles, owner])))),
            ask,
        )
    return told


def _whom_to_ask(owner: str) -> str:
    """The owners of the shop, who can give any permission."""
    people = db.session.scalars(
        select(User).join(User.roles).where(Role.name == owner, User.active.is_(True)).order_by(User.id)
        .limit(NAMED + 1)).all()
    names = _names(people[:NAMED])
    if len(people) > NAMED:
        return gettext("An owner can give it to you, such as %(names)s.", names=names)
    return gettext("%(names)s can give it to you.", names=names) if people else gettext("An owner can give it to you.")


def _names(people: Iterable[User]) -> str:
    return listed(map(str, people))
