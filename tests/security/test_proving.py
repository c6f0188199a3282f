"""Confirm that it is you: whoever reaches for the access of others gives their password again, and loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select, update

from app.core import clock
from app.core.db import db
from app.lowcode.security import proving
from app.lowcode.security.limits import FREE_TRIES
from app.lowcode.security.models import StaffSession
from app.lowcode.security.policy import SignInSettings
from app.modules.staff import services
from tests.security.conftest import bearer
from tests.security.two_steps import set_up
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of

MOMENT = "2026-08-01 04:00:10"


@pytest.fixture
def stale(as_user: Any) -> Client:
    """The owner, who signed in a while ago and has worked since."""
    clock.set(MOMENT)
    client = as_user("ming")
    clock.advance(timedelta(minutes=SignInSettings.minutes_until_asked_again))
    return client


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def form_of(person: User, **changes: Any) -> dict[str, Any]:
    return {"username": person.username, "full_name": str(person), "contact_email": person.contact_email,
            "roles": [item.id for item in person.roles], "groups": [item.id for item in person.groups]} | changes


def new_user() -> tuple[str, dict[str, Any]]:
    return "/users/add", {"username": "kai", "full_name": "Kai", "roles": [role("auditor").id]}


def other_roles() -> tuple[str, dict[str, Any]]:
    lin = user("lin")
    return f"/users/edit/{lin.id}", form_of(lin, roles=[role("auditor").id, role("finance").id])


def other_email() -> tuple[str, dict[str, Any]]:
    lin = user("lin")
    return f"/users/edit/{lin.id}", form_of(lin, contact_email="new@shop.example")


def reset_password() -> tuple[str, dict[str, Any]]:
    return f"/users/action/reset_password/{user('lin').id}", {}


def reset_second_factor() -> tuple[str, dict[str, Any]]:
    return f"/users/action/reset_second_factor/{user('hua').id}", {}


def new_group() -> tuple[str, dict[str, Any]]:
    return "/groups/add", {"name": "board", "roles": [role("auditor").id], "users": [user("lin").id]}


def state() -> Any:
    """All that these changes could change."""
    db.session.expire_all()
    people = [(person.username, person.email, person.password, sorted(item.name for item in person.roles),
               person.second_factor is not None)
              for person in db.session.scalars(select(User).order_by(User.username))]
    return people, [group.name for group in db.session.scalars(select(Group))]


def fields(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(name, []).append(unescape(value))
    return found


CHANGES = [new_user, other_roles, other_email, reset_password, reset_second_factor, new_group]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_after_a_while_the_password_is_asked_and_then_it_is_done(
        as_user: Any, stale: Client, change: Callable[[], tuple[str, dict[str, Any]]]) -> None:
    if change is reset_second_factor:
        set_up(as_user("hua"))
    path, data = change()
    before = state()
    asked = stale.post(path, data=data)
    assert asked.status_code == 403 and f'name="{proving.FIELD}"' in asked.text
    assert state() == before, "nothing is done before"
    carried = fields(asked.text)
    for name, value in data.items():
        if value:
            assert carried[name] == ([str(item) for item in value] if isinstance(value, list) else [str(value)])
    wrong = stale.post(path, data=carried | {proving.FIELD: "not the password"})
    assert wrong.status_code == 422 and "not your current password" in wrong.text
    assert fields(wrong.text) | {"csrf_token": []} == carried | {"csrf_token": []}, "and nothing typed is lost"
    assert state() == before
    done = stale.post(path, data=carried | {proving.FIELD: PASSWORD})
    assert done.status_code in {200, 302} and f'name="{proving.FIELD}"' not in done.text
    assert state() != before


def test_taking_it_back_leads_to_where_one_came_from(stale: Client) -> None:
    """After a wrong password too, whose page comes from an address that cannot be gone back to."""
    path, _data = reset_password()
    page = f"/users/show/{user('lin').id}"
    asked = stale.post(path, headers={"Referer": f"http://localhost{page}"})
    wrong = stale.post(path, data=fields(asked.text) | {proving.FIELD: "not the password"},
                       headers={"Referer": f"http://localhost{path}"})
    for answer in (asked, wrong):
        assert f'<a class="btn btn-quiet" href="{page}">' in answer.text
    evil = stale.post(path, data={proving.CAME_FROM: "//evil.example"}, headers={"Referer": "http://evil.example/"})
    assert '<a class="btn btn-quiet" href="/">' in evil.text


@pytest.mark.parametrize("change", [other_roles, other_email, reset_password], ids=lambda change: change.__name__)
def test_lately_signed_in_nothing_is_asked(
        as_user: Any, change: Callable[[], tuple[str, dict[str, Any]]]) -> None:
    """The control."""
    path, data = change()
    before = state()
    assert as_user("ming").post(path, data=data).status_code in {200, 302}
    assert state() != before


def test_the_password_counts_for_some_minutes(stale: Client) -> None:
    path, data = other_email()
    stale.post(path, data=data | {proving.FIELD: PASSWORD})
    path, data = other_roles()
    assert stale.post(path, data=data).status_code == 302


def test_what_reaches_for_nobodys_access_asks_for_nothing(stale: Client) -> None:
    lin = user("lin")
    assert stale.post(f"/users/edit/{lin.id}", data=form_of(lin, full_name="Lin Lin")).status_code == 302
    assert stale.post("/suppliers/add", data={"name": "Silk & Co", "status": "active"}).status_code == 302


def test_the_table_of_permissions_asks_too_and_keeps_the_ticks(stale: Client, make_role: Callable[..., Role]) -> None:
    buyer = make_role("buyer")
    seen = stale.get(f"/roles/edit/{buyer.id}").text.split('name="seen" value="')[1].split('"')[0]
    boxes = ["can_view:SupplierScreen", "can_edit:SupplierScreen"]
    asked = stale.post(f"/roles/edit/{buyer.id}", data={"seen": seen, "name": "buyer", "box": boxes})
    assert asked.status_code == 403 and fields(asked.text)["box"] == boxes
    stale.post(f"/roles/edit/{buyer.id}", data=fields(asked.text) | {proving.FIELD: PASSWORD})
    assert {":".join(pair) for pair in services.pairs_of(role("buyer"))} == set(boxes)


def test_guessing_it_gets_slow(stale: Client) -> None:
    path, data = other_email()
    codes = [stale.post(path, data=data | {proving.FIELD: "wrong"}).status_code
             for _try in range(FREE_TRIES["account"] + 3)]
    assert codes == [422] * (FREE_TRIES["account"] + 1) + [429] * 2


def test_the_form_token_is_looked_at_first(stale: Client) -> None:
    path, data = other_email()
    assert stale.post(path, data=data | {proving.FIELD: PASSWORD}, csrf=False).status_code == 400
    assert stale.post(path, data=data).status_code == 403


def test_another_session_of_the_same_person_proves_nothing_here(app: Flask, stale: Client, as_user: Any) -> None:
    as_user("ming")
    path, data = other_email()
    assert stale.post(path, data=data).status_code == 403


def test_a_program_is_told_to_sign_in_again(app: Flask, tokens: Any) -> None:
    clock.set(MOMENT)
    token = tokens("ming")["access_token"]
    db.session.execute(update(StaffSession).values(proven_at=clock.now() - timedelta(hours=1)))
    db.session.commit()
    path, data = other_email()
    answer = client_of(app).post(path, data=data, headers=bearer(token))
    assert answer.status_code == 403 and answer.get_json()["code"] == "proof_needed"


def test_the_machine_is_asked_nothing(app: Flask) -> None:
    services.set_roles(user("lin"), [role("auditor")])


# -- a change of roles ends sessions --------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "how", ["roles", "joins a group", "the group's roles", "the group is dissolved", "role deleted"])
def test_other_roles_end_sessions_and_tokens_and_it_is_said_why(
        app: Flask, as_user: Any, tokens: Any, how: str) -> None:
    owner = as_user("ming")
    group = Group(name="night shift", label="", description="", roles=[role("auditor")],
                  users=[user("hua")] if how.startswith("the group") else [])
    db.session.add(group)
    db.session.commit()
    hers, his, token = as_user("hua"), as_user("lin"), tokens("hua")["access_token"]
    hua = user("hua")
    path, data = {
        "roles": (f"/users/edit/{hua.id}", form_of(hua, roles=[role("auditor").id])),
        "joins a group": (f"/groups/edit/{group.id}", {
            "name": group.name, "roles": [role("auditor").id], "users": [hua.id]}),
        "the group's roles": (f"/groups/edit/{group.id}", {
            "name": group.name, "roles": [role("finance").id], "users": [hua.id]}),
        "the group is dissolved": (f"/groups/delete/{group.id}", {}),
        "role deleted": (f"/roles/delete/{role('operator').id}", {}),
    }[how]
    assert owner.post(path, data=data).status_code == 302
    answer = hers.get("/products/list/", follow_redirects=True)
    assert answer.request.path == "/login/" and "Your roles have changed. Please sign in again." in answer.text
    assert "Your roles have changed" not in hers.get("/login/").text, "said once"
    told = client_of(app).get("/api/v1/suppliers/", headers=bearer(token))
    assert told.status_code == 401 and told.get_json()["message"] == "Your roles have changed. Please sign in again."
    assert his.get("/profile/").status_code == 200 and owner.get("/profile/").status_code == 200


def test_what_is_no_change_of_roles_ends_nothing(as_user: Any) -> None:
    owner, hers, hua = as_user("ming"), as_user("hua"), user("hua")
    owner.post(f"/users/edit/{hua.id}", data=form_of(hua, full_name="Hua Hua"))
    group = Group(name="night shift", label="", description="", users=[hua])
    db.session.add(group)
    db.session.commit()
    owner.post(f"/groups/edit/{group.id}", data={"name": "day shift", "users": [hua.id]})
    assert hers.get("/profile/").status_code == 200


def test_a_right_given_to_a_role_is_felt_without_signing_in_again(as_user: Any) -> None:
    hers = as_user("hua")
    before = services.pairs_of(role("operator"))
    services.set_permissions(role("operator"), before | {("can_view", "SupplierScreen")})
    db.session.commit()
    assert hers.get("/suppliers/list/").status_code == 200


def test_whoever_changes_their_own_roles_goes_on_here_and_not_elsewhere(as_user: Any) -> None:
    here, elsewhere, ming = as_user("ming"), as_user("ming"), user("ming")
    here.post(f"/users/edit/{ming.id}", data=form_of(ming, roles=[role("owner").id, role("auditor").id]))
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


# -- one-time passwords expire --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "opens"), [(23, True), (24, False), (24 * 30, False)])
def test_a_one_time_password_opens_nothing_after_a_day(app: Flask, as_user: Any, hours: int, opens: bool) -> None:
    clock.set(MOMENT)
    page = as_user("ming").post(f"/users/action/reset_password/{user('lin').id}").text
    assert "It counts until" in page
    password = re.search(r"data-one-time-password>([^<]+)<", page)[1]  # type: ignore[index]
    clock.advance(timedelta(hours=hours))
    client = client_of(app)
    answer = client.post("/login/", data={"username": "lin", "password": password})
    assert (answer.status_code == 302) is opens
    assert ("This one-time password has expired" in answer.text) is not opens
    by_api = client_of(app).post("/api/v1/security/login", json={"username": "lin", "password": password}, csrf=False)
    assert by_api.status_code == (200 if opens else 401)
    if not opens:
        assert by_api.get_json()["code"] == "password_expired"
        wrong = client_of(app).post("/login/", data={"username": "lin", "password": "wrong"})
        assert "expired" not in wrong.text, "said only to whoever knows it"


def test_a_password_of_ones_own_does_not_expire(app: Flask, as_user: Any) -> None:
    clock.set(MOMENT)
    password = services.reset_password(user("lin"))
    db.session.commit()
    client = client_of(app)
    client.sign_in("lin", password)
    new = "seven lanterns over water"
    client.post("/profile/password", data={"current": password, "new": new, "repeated": new})
    clock.advance(timedelta(days=400))
    assert client_of(app).sign_in("lin", new).status_code == 302
