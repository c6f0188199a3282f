"""Permissions in line with screens, roles in line with the table: once, whoever starts first, an admin's will kept."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu
from sqlalchemy import func, select

from app.core.db import db
from app.lowcode import access
from app.lowcode.registry import registry
from app.lowcode.security import roles
from app.lowcode.security.words import known_permissions
from app.modules.staff import services

pytestmark = pytest.mark.both_databases


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def stored() -> set[tuple[str, str]]:
    return {(pair.permission.name, pair.view_menu.name) for pair in db.session.scalars(select(PermissionView))}


def test_the_tables_hold_exactly_what_the_screens_offer(app: Flask) -> None:
    wanted = {(name, view) for view, labels in known_permissions().items() for name in labels}
    assert stored() == wanted
    assert ("can_view", "SupplierScreen") in wanted and ("can_view", "UserScreen") in wanted
    used = {view for _name, view in wanted}
    assert set(db.session.scalars(select(ViewMenu.name))) == used
    assert set(db.session.scalars(select(Permission.name))) == {name for name, _view in wanted}


def test_the_owner_may_do_everything(app: Flask) -> None:
    assert services.pairs_of(role(roles.OWNER)) == stored()


def test_a_second_sync_finds_nothing_to_do(app: Flask, count_queries: Any) -> None:
    stamp = db.session.scalar(select(func.max(access.PermissionState.stamp)))
    with count_queries() as queries:
        assert not access.sync_permissions()
    db.session.commit()
    assert len(queries) < 45, f"{len(queries)} queries; the framework's own sync of 60 views asks 1,150"
    assert db.session.scalar(select(func.max(access.PermissionState.stamp))) == stamp


def test_what_an_admin_took_away_stays_away_and_what_they_gave_stays(app: Flask) -> None:
    operator = role("operator")
    shipped = services.pairs_of(operator)
    taken, given = ("can_delete", "ProductScreen"), ("can_view", "AuditScreen")
    assert taken in shipped and given not in shipped
    services.set_permissions(operator, shipped - {taken} | {given})
    db.session.commit()
    access.sync_permissions()
    db.session.commit()
    assert services.pairs_of(role("operator")) == shipped - {taken} | {given}


def test_an_update_of_the_table_reaches_a_role_that_was_changed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = role("operator")
    shipped = services.pairs_of(operator)
    services.set_permissions(operator, shipped - {("can_delete", "ProductScreen")})
    db.session.commit()
    starter = next(each for each in roles.starters() if each.name == "operator")
    monkeypatch.setitem(starter.screens, "AuditScreen", "v")
    monkeypatch.setitem(starter.screens, "BrandScreen", "v")
    access.sync_permissions()
    db.session.commit()
    now = services.pairs_of(role("operator"))
    assert ("can_view", "AuditScreen") in now
    assert ("can_edit", "BrandScreen") not in now and ("can_view", "BrandScreen") in now
    assert ("can_delete", "ProductScreen") not in now


def test_a_starter_role_that_was_deleted_does_not_come_back(app: Flask) -> None:
    services.delete_role(role("warehouse"))
    db.session.commit()
    access.sync_permissions()
    db.session.commit()
    assert db.session.scalars(select(Role).where(Role.name == "warehouse")).first() is None


def test_permissions_of_screens_that_are_gone_are_removed_from_roles_too(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    own = services.create_role("buyer", role(roles.OWNER))
    db.session.commit()
    assert ("can_view", "SupplierScreen") in services.pairs_of(own)
    labels = {name: words for name, words in registry().labels.items() if name != "SupplierScreen"}
    monkeypatch.setattr(registry(), "labels", labels)
    report = access.sync_permissions()
    db.session.commit()
    assert ("can_view", "SupplierScreen") in report.removed
    assert not [view for _name, view in stored() if view == "SupplierScreen"]
    db.session.expire_all()
    assert ("can_view", "SupplierScreen") not in services.pairs_of(own)
    monkeypatch.undo()
    assert access.sync_permissions()
    db.session.commit()
    assert ("can_view", "SupplierScreen") in services.pairs_of(role(roles.OWNER))


def test_machines_that_start_together_take_turns(app: Flask) -> None:
    """Everything is taken out; then four start at once. On the plain framework they collide on unique names."""
    for table in (access.assoc_permissionview_role, PermissionView.__table__, Permission.__table__, ViewMenu.__table__):
        db.session.execute(table.delete())
    db.session.commit()
    db.session.remove()
    together, reports, errors = threading.Barrier(4), [], []

    def start() -> None:
        with app.app_context():
            try:
                together.wait()
                reports.append(access.sync_permissions())
                db.session.commit()
            except Exception as error:
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=start) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sum(bool(report.added) for report in reports) == 1
    assert services.pairs_of(role(roles.OWNER)) == stored() != set()


def test_serving_makes_no_permissions(app: Flask) -> None:
    """The sync belongs to the migrate step: neither building an application nor serving a page writes permissions."""
    assert app.config["FAB_UPDATE_PERMS"] is False and app.config["FAB_CREATE_DB"] is False
    assert app.extensions["appbuilder"].update_perms is False
