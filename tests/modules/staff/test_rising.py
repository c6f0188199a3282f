"""Nobody rises above their own rights: not by roles, groups, passwords, or the table of permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select

from app.core.db import db
from app.lowcode import access
from app.modules.staff import services
from tests.modules.staff.test_users import role, shown_password
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of

MANAGES_STAFF = [f"can_{name}:{screen}" for screen in ("UserScreen", "RoleScreen", "GroupScreen")
                 for name in ("view", "add", "edit")] + [
    "can_delete:RoleScreen", "can_delete:GroupScreen", "can_reset_password:UserScreen", "can_deactivate:UserScreen",
    "can_activate:UserScreen", "can_sign_out_everywhere:UserScreen", "can_view:SupplierScreen"]


@pytest.fixture
def manager(app: Flask, make_role: Callable[..., Role], make_user: Callable[..., User]) -> Client:
    """Someone who may do everything with users, roles and groups, and look at suppliers, and nothing else."""
    make_user("nana", make_role("staff manager", *MANAGES_STAFF))
    client = client_of(app)
    client.sign_in("nana")
    return client


@pytest.fixture
def looker(make_role: Callable[..., Role]) -> Role:
    """A role that allows less than the manager may."""
    return make_role("looker", "can_view:SupplierScreen")


def save(client: Client, person: User, **changes: Any) -> Any:
    data = {"username": person.username, "full_name": str(person), "contact_email": person.contact_email,
            "roles": [item.id for item in person.roles], "groups": [item.id for item in person.groups]}
    # A browser sends the empty companion of a choice with it.
    chosen = {name: ["", *value] for name, value in (data | changes).items() if isinstance(value, list)}
    return client.post(f"/users/edit/{person.id}", data=data | changes | chosen)


def test_a_manager_gives_what_they_have(manager: Client, looker: Role) -> None:
    assert save(manager, user("lin"), roles=[looker.id]).status_code == 302
    assert [item.name for item in user("lin").roles] == ["looker"]


@pytest.mark.parametrize("name", ["owner", "operator", "auditor"])
@pytest.mark.parametrize("person", ["lin", "nana"])
def test_nobody_gives_a_role_that_allows_more_than_they_may(manager: Client, person: str, name: str) -> None:
    """Not to others and not to themselves."""
    before = [item.name for item in user(person).roles]
    answer = save(manager, user(person), roles=[*(item.id for item in user(person).roles), role(name).id])
    assert answer.status_code == 403
    assert [item.name for item in user(person).roles] == before


def test_nobody_makes_a_user_who_may_do_more(manager: Client) -> None:
    answer = manager.post("/users/add", data={"username": "kai", "full_name": "Kai", "roles": [role("owner").id]})
    assert answer.status_code == 403
    assert db.session.scalars(select(User).where(User.username == "kai")).first() is None


@pytest.mark.parametrize("action", ["reset_password", "deactivate", "activate", "sign_out_everywhere"])
@pytest.mark.parametrize("person", ["ming", "hua"])
def test_nobody_touches_someone_who_may_do_more(manager: Client, person: str, action: str) -> None:
    """A reset password of an owner would be the owner's rights."""
    before = (user(person).password, user(person).active)
    answer = manager.post(f"/users/action/{action}/{user(person).id}", follow_redirects=True)
    assert "data-one-time-password" not in answer.text
    assert (user(person).password, user(person).active) == before


@pytest.mark.parametrize("changes", [{"username": "other"}, {"contact_email": "thief@evil.example"}, {"roles": []}])
def test_nobody_renames_or_disarms_someone_who_may_do_more(manager: Client, changes: dict[str, Any]) -> None:
    assert save(manager, user("ming"), **changes).status_code == 403
    ming = user("ming")
    assert ming.email == "ming@shop.example" and [item.name for item in ming.roles] == ["owner"]


def test_a_manager_may_reset_the_password_of_someone_below(manager: Client) -> None:
    assert shown_password(manager.post(f"/users/action/reset_password/{user('lin').id}").text)


def test_without_the_rule_the_manager_would_be_owner(manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "permissions_of_actor", lambda: None)
    assert save(manager, user("nana"), roles=[role("owner").id]).status_code == 302
    assert [item.name for item in user("nana").roles] == ["owner"]


# -- by the table of permissions -------------------------------------------------------------------------------------


def seen(client: Client, role_id: int) -> str:
    page = client.get(f"/roles/edit/{role_id}").text
    return page.split('name="seen" value="')[1].split('"')[0]


def tick(client: Client, target: Role, *boxes: str) -> Any:
    return client.post(f"/roles/edit/{target.id}", data={
        "seen": seen(client, target.id), "name": target.name, "box": list(boxes)})


def test_nobody_ticks_what_they_may_not_do(manager: Client, looker: Role) -> None:
    answer = tick(manager, looker, "can_view:SupplierScreen", "can_delete:SupplierScreen")
    assert answer.status_code == 403
    assert services.pairs_of(looker) == {("can_view", "SupplierScreen")}


def test_nobody_widens_their_own_role(manager: Client) -> None:
    own = role("staff manager")
    assert tick(manager, own, *MANAGES_STAFF, "can_edit:SupplierScreen").status_code == 403
    assert ("can_edit", "SupplierScreen") not in services.pairs_of(own)


def test_boxes_out_of_reach_stay_as_they_are(manager: Client, make_role: Callable[..., Role]) -> None:
    mixed = make_role("mixed", "can_view:SupplierScreen", "can_edit:ProductScreen")
    page = manager.get(f"/roles/edit/{mixed.id}").text
    box = page.split('value="can_edit:ProductScreen"')[1].split(">")[0]
    assert "disabled" in box and "checked" in box
    assert tick(manager, mixed).status_code == 302
    assert services.pairs_of(mixed) == {("can_edit", "ProductScreen")}


def test_a_copied_role_leaves_out_what_the_copier_may_not_do(manager: Client) -> None:
    manager.post("/roles/add", data={"name": "my operator", "like": role("operator").id})
    assert services.pairs_of(role("my operator")) <= {tuple(box.split(":")) for box in MANAGES_STAFF}
    manager.post("/roles/add", data={"name": "my owner", "like": role("owner").id})
    assert services.pairs_of(role("my owner")) == {tuple(box.split(":")) for box in MANAGES_STAFF}


def test_nobody_deletes_a_role_that_allows_more(manager: Client) -> None:
    manager.post(f"/roles/delete/{role('operator').id}")
    assert role("operator") is not None


def test_the_owner_role_is_changed_and_deleted_by_nobody(as_user: Any) -> None:
    owner, target = as_user("ming"), role("owner")
    before = services.pairs_of(target)
    answer = owner.post(f"/roles/edit/{target.id}", data={
        "seen": seen(owner, target.id), "box": ["can_view:SupplierScreen"]})
    assert answer.status_code == 409
    owner.post(f"/roles/delete/{target.id}")
    assert services.pairs_of(role("owner")) == before


# -- by groups ------------------------------------------------------------------------------------------------------


def test_nobody_joins_or_fills_a_group_that_lends_more(manager: Client) -> None:
    group = Group(name="board", label="", description="", roles=[role("owner")], users=[user("ming")])
    db.session.add(group)
    db.session.commit()
    group_id, nana_id = group.id, user("nana").id
    assert save(manager, user("nana"), groups=[group_id]).status_code == 403
    answer = manager.post(f"/groups/edit/{group_id}", data={
        "name": "board", "roles": [role("owner").id], "users": [user("ming").id, nana_id]})
    assert answer.status_code == 403
    assert role("owner").id not in access.roles_of(nana_id)


def test_nobody_gives_a_group_of_theirs_a_higher_role(manager: Client) -> None:
    group = Group(name="friends", label="", description="", users=[user("nana")])
    db.session.add(group)
    db.session.commit()
    answer = manager.post(f"/groups/edit/{group.id}", data={
        "name": "friends", "roles": [role("owner").id], "users": [user("nana").id]})
    assert answer.status_code == 403
    assert manager.post("/groups/add", data={
        "name": "new", "roles": [role("operator").id], "users": [user("nana").id]}).status_code == 403


def test_a_group_within_ones_rights_is_fine(manager: Client, looker: Role) -> None:
    answer = manager.post("/groups/add", data={"name": "lookers", "roles": [looker.id], "users": [user("lin").id]})
    assert answer.status_code == 302
    lin = client_of(manager.application)
    lin.sign_in("lin", PASSWORD)
    assert lin.get("/suppliers/list/").status_code == 200


def test_only_an_owner_makes_an_owner_even_among_those_who_may_do_everything(
        app: Flask, make_user: Callable[..., User]) -> None:
    everything = services.create_role("everything", role("owner"))
    db.session.commit()
    make_user("nana", everything)
    client = client_of(app)
    client.sign_in("nana")
    assert save(client, user("lin"), roles=[everything.id]).status_code == 302
    assert save(client, user("lin"), roles=[role("owner").id]).status_code == 403
    assert save(client, user("ming"), roles=[]).status_code == 403
