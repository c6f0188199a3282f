"""May someone do something: asked once a request, felt at once when it changes, no by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select, text

from app.core.db import db
from app.lowcode import access
from app.modules.staff import services
from tests.security.conftest import request_of
from tests.support.cast import user
from tests.support.client import Client, client_of

PAGE = "/suppliers/list/"


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def test_a_role_opens_what_it_names_and_nothing_else(
        app: Flask, make_role: Callable[..., Role], make_user: Callable[..., User]) -> None:
    make_user("kai", make_role("buyer", "can_view:SupplierScreen"))
    client = client_of(app)
    client.sign_in("kai")
    assert client.get(PAGE).status_code == 200
    assert client.get("/suppliers/add").status_code == 403
    assert client.get("/users/list/").status_code == 403


def test_names_that_only_begin_alike_are_not_the_same(
        app: Flask, make_role: Callable[..., Role], make_user: Callable[..., User]) -> None:
    """The framework's built-in roles match by the beginning of a name; they are not used here."""
    make_user("kai", make_role("buyer", "can_view:SupplierScreen"))
    client = client_of(app)
    client.sign_in("kai")
    with request_of(app, client):
        assert access.may("can_view", "SupplierScreen")
        for name, view in (
                ("can_view", "SupplierScreenSecret"), ("can_view_secret", "SupplierScreen"),
                ("can_v", "SupplierScreen"), ("can_view", "Supplier"), (".*", ".*"), ("", ""), ("can_edit",
                                                                                                "SupplierScreen")):
            assert not access.may(name, view), (name, view)
    assert app.config["FAB_ROLES"] == {}


def test_nobody_may_do_anything_outside_a_request_or_without_signing_in(app: Flask) -> None:
    assert not access.may("can_view", "SupplierScreen")
    with app.app_context(), app.test_request_context():
        assert not access.may("can_view", "SupplierScreen")
        assert access.permission_set_key() == "nobody"


def test_a_user_without_roles_sees_nothing(as_user: Any) -> None:
    lin = as_user("lin")
    assert lin.get(PAGE).status_code == 403
    assert lin.get("/").status_code == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("take", ["role from user", "right from role", "role deleted"])
def test_a_right_taken_away_is_gone_at_the_next_click(
        app: Flask, make_role: Callable[..., Role], make_user: Callable[..., User], take: str) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    kai = make_user("kai", buyer)
    client = client_of(app)
    client.sign_in("kai")
    assert client.get(PAGE).status_code == 200
    if take == "role from user":
        services.set_roles(kai, [])
    elif take == "right from role":
        services.set_permissions(buyer, set())
    else:
        services.delete_role(buyer)
    db.session.commit()
    if take != "right from role":
        # Other roles end the session as well; signing in again brings nothing back.
        assert client.get(PAGE).status_code == 302
        client.sign_in("kai")
    assert client.get(PAGE).status_code == 403


def test_a_right_given_counts_at_the_next_click(app: Flask, as_user: Any, make_role: Callable[..., Role]) -> None:
    buyer = make_role("buyer")
    services.set_roles(user("lin"), [buyer])
    lin = as_user("lin")
    assert lin.get(PAGE).status_code == 403
    services.set_permissions(buyer, {("can_view", "SupplierScreen")})
    db.session.commit()
    assert lin.get(PAGE).status_code == 200


def test_without_the_stamp_a_change_would_not_be_felt(
        app: Flask, as_user: Any, make_role: Callable[..., Role], monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    services.set_roles(user("lin"), [buyer])
    lin = as_user("lin")
    assert lin.get(PAGE).status_code == 200
    monkeypatch.setattr(access, "_touch", lambda _session: None)
    services.set_permissions(buyer, set())
    db.session.commit()
    assert lin.get(PAGE).status_code == 200, "the cache of this process still holds what the role allowed"


def test_a_change_by_another_process_is_felt_too(
        app: Flask, as_user: Any, make_role: Callable[..., Role]) -> None:
    """Another process shares nothing with this one but the database: its change is written there by hand."""
    buyer = make_role("buyer", "can_view:SupplierScreen")
    services.set_roles(user("lin"), [buyer])
    lin = as_user("lin")
    assert lin.get(PAGE).status_code == 200
    role_id = buyer.id
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM ab_permission_view_role WHERE role_id = :role"), {"role": role_id})
        connection.execute(text("UPDATE staff_permission_state SET stamp = 'as another process would'"))
    assert lin.get(PAGE).status_code == 403


@pytest.mark.both_databases
def test_a_group_lends_its_roles_to_its_members(app: Flask, as_user: Any, make_role: Callable[..., Role]) -> None:
    lin = as_user("lin")
    group = Group(name="buyers", label="", description="", roles=[make_role("buyer", "can_view:SupplierScreen")],
                  users=[user("lin")])
    db.session.add(group)
    db.session.commit()
    assert lin.get(PAGE).status_code == 200
    group.users = []
    db.session.commit()
    assert lin.get(PAGE).status_code == 403


def test_rolled_back_changes_leave_the_stamp_alone(app: Flask, make_role: Callable[..., Role]) -> None:
    buyer = make_role("buyer", "can_view:SupplierScreen")
    before = db.session.scalar(text("SELECT stamp FROM staff_permission_state"))
    services.set_permissions(buyer, set())
    db.session.rollback()
    assert db.session.scalar(text("SELECT stamp FROM staff_permission_state")) == before
    services.set_permissions(buyer, set())
    db.session.commit()
    assert db.session.scalar(text("SELECT stamp FROM staff_permission_state")) != before


def test_people_who_may_the_same_share_a_key(app: Flask, as_user: Any, make_user: Callable[..., User]) -> None:
    make_user("kai", role("operator"))
    keys = {}
    for name in ("hua", "kai", "ming"):
        client = as_user(name)
        with request_of(app, client):
            keys[name] = access.permission_set_key()
    assert keys["hua"] == keys["kai"] != keys["ming"]


def test_a_question_costs_next_to_nothing_after_the_first(app: Flask, as_user: Any, count_queries: Any) -> None:
    client = as_user("hua")
    with request_of(app, client):
        access.may("can_view", "SupplierScreen")
        with count_queries() as queries:
            for _question in range(1_000):
                access.may("can_view", "SupplierScreen")
        assert not queries
        del g.permitted
        with count_queries() as queries:
            access.may("can_view", "SupplierScreen")
        assert not queries, "who it is, is known, and what the roles allow, the process remembers"
    client.get(PAGE)
    with count_queries() as queries:
        client.get(PAGE)
    asked = [each for each in queries if "ab_role" in each or "ab_permission" in each]
    assert len(asked) == 1, "one query a request finds who it is and with which roles"


def test_strangers_are_sent_to_sign_in_and_programs_are_told(client: Client) -> None:
    page = client.get(PAGE)
    assert page.status_code == 302 and page.headers["Location"].startswith("/login/?next=/suppliers/list/")
    assert client.get(PAGE, headers={"Accept": "application/json"}).status_code == 401
    answer = client.get("/api/v1/suppliers/")
    assert answer.status_code == 401 and answer.is_json


def test_a_refused_post_does_not_come_back_as_a_get(client: Client) -> None:
    answer = client.post("/suppliers/add", data={"name": "x"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/login/?next=/"


def test_a_refusal_is_a_page_for_people_and_json_for_programs(as_user: Any) -> None:
    lin = as_user("lin")
    page = lin.get(PAGE)
    assert page.status_code == 403 and page.mimetype == "text/html"
    answer = lin.get("/api/v1/suppliers/")
    assert answer.status_code == 403 and answer.is_json


def test_denials_are_logged(as_user: Any, caplog: pytest.LogCaptureFixture) -> None:
    as_user("lin").get(PAGE)
    assert any("denied" in record.getMessage() and "SupplierScreen" in record.getMessage() for record in caplog.records)
