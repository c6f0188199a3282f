"""Permissions in line with the screens, and starter roles in line with their table: part of the migrate step.

One transaction, alone: on SQLite it holds the write lock, on PostgreSQL an advisory lock; so two starting machines
take turns and the second finds nothing to do.

A starter role follows its table in steps: what the table gives now and did not give last time is added, what it gave
and gives no longer is taken away, everything else stays as an admin left it. A starter role that an admin has deleted
stays deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import delete, insert, select, text

from app.core.database import db
from app.core.events import publish
from app.lowcode import access
from app.lowcode.security import roles
from app.lowcode.security.models import PermissionState, StarterRole
from app.lowcode.security.words import known_permissions

LOCK = 4_720_117
"""The PostgreSQL advisory lock of the sync; the number means nothing else."""
Pair = tuple[str, str]


@dataclass
class PermissionsSynced:
    """What the sync did: announced, unless all is empty because there was nothing to do."""

    added: list[Pair] = field(default_factory=list)
    removed: list[Pair] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.roles)


def sync_permissions() -> PermissionsSynced:
    """Do it; says what was done. The caller commits."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    known = {view: set(labels) for view, labels in known_permissions().items()}
    report = PermissionsSynced()
    ids = _sync_pairs(known, report)
    _sync_owner(ids, report)
    for starter in roles.starters():
        _sync_starter(starter, roles.granted(starter, known), ids, report)
    if report or db.session.scalar(select(PermissionState.id).limit(1)) is None:
        access.touch()
        publish(report)
    return report


def _sync_pairs(known: dict[str, set[str]], report: PermissionsSynced) -> dict[Pair, int]:
    """Make the tables hold exactly the known pairs; gives the id of each."""
    wanted = {(name, view) for view, names in known.items() for name in names}
    names = _ids_by_name(Permission, {name for name, _view in wanted})
    views = _ids_by_name(ViewMenu, {view for _name, view in wanted})
    rows = db.session.execute(
        select(PermissionView.id, Permission.name, ViewMenu.name)
        .outerjoin(Permission, Permission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)).all()
    present = {(name, view): pair_id for pair_id, name, view in rows}
    stale = {pair: pair_id for pair, pair_id in present.items() if pair not in wanted}
    if stale:
        link = assoc_permissionview_role
        db.session.execute(delete(link).where(link.c.permission_view_id.in_(stale.values())))
        db.session.execute(delete(PermissionView.__table__).where(PermissionView.id.in_(stale.values())))
        report.removed = sorted((name or "", view or "") for name, view in stale)
    missing = sorted(wanted - set(present))
    if missing:
        db.session.execute(insert(PermissionView.__table__), [
            {"permission_id": names[name], "view_menu_id": views[view]} for name, view in missing])
        report.added = missing
    _drop_unused(names, views)
    fresh = db.session.execute(
        select(PermissionView.id, Permission.name, ViewMenu.name)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)).all()
    return {(name, view): pair_id for pair_id, name, view in fresh}


def _ids_by_name(model: Any, wanted: set[str]) -> dict[str, int]:
    present = {name for (name,) in db.session.execute(select(model.name))}
    missing = sorted(wanted - present)
    if missing:
        db.session.execute(insert(model.__table__), [{"name": name} for name in missing])
    return {name: row_id for row_id, name in db.session.execute(select(model.id, model.name)) if name in wanted}


def _drop_unused(names: dict[str, int], views: dict[str, int]) -> None:
    for model, used in ((Permission, names), (ViewMenu, views)):
        db.session.execute(delete(model.__table__).where(model.id.not_in(used.values())))


def _role_id(name: str) -> int | None:
    return db.session.scalar(select(Role.id).where(Role.name == name))


def _add_role(name: str, report: PermissionsSynced) -> int:
    role_id = db.session.execute(insert(Role.__table__).values(name=name)).inserted_primary_key[0]
    report.roles.append(name)
    return int(role_id)


def _pairs_of(role_id: int) -> set[int]:
    link = assoc_permissionview_role
    return set(db.session.scalars(select(link.c.permission_view_id).where(link.c.role_id == role_id)))


def _change(role_id: int, add: set[int], take: set[int]) -> bool:
    link = assoc_permissionview_role
    if take:
        db.session.execute(delete(link).where(link.c.role_id == role_id, link.c.permission_view_id.in_(take)))
    if add:
        db.session.execute(insert(link), [{"role_id": role_id, "permission_view_id": pair} for pair in sorted(add)])
    return bool(add or take)


def _sync_owner(ids: dict[Pair, int], report: PermissionsSynced) -> None:
    role_id = _role_id(roles.OWNER) or _add_role(roles.OWNER, report)
    if _change(role_id, set(ids.values()) - _pairs_of(role_id), set()) and roles.OWNER not in report.roles:
        report.roles.append(roles.OWNER)


def _sync_starter(starter: roles.Starter, given: set[Pair], ids: dict[Pair, int], report: PermissionsSynced) -> None:
    shipped = db.session.scalars(select(StarterRole).where(StarterRole.name == starter.name)).first()
    role_id = _role_id(starter.name)
    if shipped is None:
        shipped = StarterRole(name=starter.name, permissions=[])
        db.session.add(shipped)
        if role_id is None:
            role_id = _add_role(starter.name, report)
    before = {(name, view) for name, view in shipped.permissions}
    if role_id is not None:
        has = _pairs_of(role_id)
        add = {ids[pair] for pair in given - before} - has
        take = {ids[pair] for pair in before - given if pair in ids} & has
        if _change(role_id, add, take) and starter.name not in report.roles:
            report.roles.append(starter.name)
    if before != given:
        shipped.permissions = [list(pair) for pair in sorted(given)]
    db.session.flush()
