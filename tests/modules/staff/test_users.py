"""Users: made with a one-time password, shut out but never forgotten, signed out by someone who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.errors import BusinessError, InvalidInput
from app.lowcode.security import passwords
from app.lowcode.security.models import NO_EMAIL, StaffAccount
from app.modules.staff import services
from tests.security.conftest import is_signed_in, token_opens
from tests.support.cast import user
from tests.support.client import client_of


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def shown_password(page: str) -> str:
    found = re.search(r"data-one-time-password>([^<]+)<", page)
    assert found is not None, "no one-time password on the page"
    return found.group(1)


def test_a_new_user_gets_a_password_that_is_shown_once(app: Flask, as_user: Any) -> None:
    owner = as_user("ming")
    answer = owner.post("/users/add", data={"username": "kai", "full_name": "Kai Sun", "roles": [role("operator").id]})
    assert answer.status_code == 200
    password = shown_password(answer.text)
    assert password not in owner.get("/users/list/").text
    kai = user("kai")
    assert [item.name for item in kai.roles] == ["operator"] and kai.active and str(kai) == "Kai Sun"
    assert db.session.scalars(select(StaffAccount).where(StaffAccount.user_id == kai.id)).one().must_change_password
    client = client_of(app)
    assert client.sign_in("kai", password).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/profile/password"


def test_save_and_add_another_shows_the_password_too(as_user: Any) -> None:
    answer = as_user("ming").post("/users/add", data={"username": "kai", "full_name": "Kai", "again": "1"})
    assert shown_password(answer.text)


def test_the_password_is_kept_nowhere_but_as_a_hash(app: Flask, as_user: Any, caplog: Any) -> None:
    owner = as_user("ming")
    password = shown_password(owner.post("/users/add", data={"username": "kai", "full_name": "Kai"}).text)
    with owner.session_transaction() as session:
        assert password not in str(dict(session))
    assert password not in owner.get("/audit/list/").text and password not in caplog.text
    assert passwords.is_password(user("kai").password, password)


@pytest.mark.parametrize("given, field", [
    ({"username": ""}, "username"), ({"username": "a"}, "username"), ({"username": "has blank"}, "username"),
    ({"username": "x" * 65}, "username"), ({"username": "kai/../x"}, "username"), ({"username": "Ming"}, "username"),
    ({"username": "MING"}, "username"), ({"full_name": ""}, "full_name"), ({"full_name": "x" * 65}, "full_name"),
    ({"contact_email": "not an address"}, "contact_email"), ({"contact_email": "a@b"}, "contact_email"),
    ({"username": "ming@shop.example"}, "username"),
])
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
        as_user: Any, given: dict[str, str], field: str) -> None:
    data = {"username": "kai", "full_name": "Kai Typed", "contact_email": ""} | given
    answer = as_user("ming").post("/users/add", data=data)
    assert answer.status_code in {409, 422}
    assert f'data-field="{field}"' in answer.text
    assert 'class="field-error"' in answer.text.split(f'data-field="{field}"')[1].split('data-field="')[0]
    if "full_name" not in given:
        assert "Kai Typed" in answer.text
    assert db.session.scalars(select(User).where(User.username == "kai")).first() is None


def test_names_in_other_scripts_are_names(app: Flask) -> None:
    made, _password = services.create_user("王小明", "王小明")
    db.session.commit()
    assert made.username == "王小明" and str(made) == "王小明"


def test_an_email_may_be_left_out_and_is_then_not_shown(as_user: Any) -> None:
    owner = as_user("ming")
    owner.post("/users/add", data={"username": "kai", "full_name": "Kai"})
    kai = user("kai")
    assert kai.email == f"kai@{NO_EMAIL}" and kai.contact_email == ""
    for path in (f"/users/show/{kai.id}", f"/users/edit/{kai.id}", "/users/list/"):
        assert NO_EMAIL not in owner.get(path).text


def test_editing_keeps_password_and_sessions(as_user: Any) -> None:
    owner, hers, hua = as_user("ming"), as_user("hua"), user("hua")
    before = hua.password
    answer = owner.post(f"/users/edit/{hua.id}", data={
        "username": "hua", "full_name": "Hua the Great", "contact_email": hua.email, "roles": [role("operator").id]})
    assert answer.status_code == 302
    assert str(user("hua")) == "Hua the Great" and user("hua").password == before
    assert is_signed_in(hers)


def test_a_reset_password_is_shown_once_and_ends_all_sessions(app: Flask, as_user: Any, tokens: Any) -> None:
    owner, hers, token = as_user("ming"), as_user("hua"), tokens("hua")["access_token"]
    answer = owner.post(f"/users/action/reset_password/{user('hua').id}")
    password = shown_password(answer.text)
    assert not is_signed_in(hers) and not token_opens(app, token)
    fresh = client_of(app)
    fresh.sign_in("hua", password)
    assert fresh.get("/").headers["Location"] == "/profile/password"
    assert client_of(app).sign_in("hua").status_code == 200, "the old password is no more"


def test_signing_someone_out_everywhere(app: Flask, as_user: Any, tokens: Any) -> None:
    owner, here, there, token = as_user("ming"), as_user("hua"), as_user("hua"), tokens("hua")["access_token"]
    assert owner.post(f"/users/action/sign_out_everywhere/{user('hua').id}").status_code == 302
    assert not is_signed_in(here) and not is_signed_in(there) and not token_opens(app, token)
    assert is_signed_in(owner)


def test_signing_oneself_out_everywhere_keeps_this_session(as_user: Any) -> None:
    here, there = as_user("ming"), as_user("ming")
    here.post(f"/users/action/sign_out_everywhere/{user('ming').id}")
    assert is_signed_in(here) and not is_signed_in(there)


def test_shutting_out_and_letting_in(app: Flask, as_user: Any) -> None:
    owner, hers, hua_id = as_user("ming"), as_user("hua"), user("hua").id
    owner.post(f"/users/action/deactivate/{hua_id}")
    assert not user("hua").active and not is_signed_in(hers)
    assert client_of(app).sign_in("hua").status_code == 200, "refused at the door"
    owner.post(f"/users/action/activate/{hua_id}")
    assert client_of(app).sign_in("hua").status_code == 302


def test_nobody_shuts_themselves_out(as_user: Any) -> None:
    owner = as_user("ming")
    page = owner.post(f"/users/action/deactivate/{user('ming').id}", follow_redirects=True)
    assert "cannot deactivate yourself" in page.text
    assert user("ming").active and is_signed_in(owner)


def test_users_are_not_deleted_on_a_screen(as_user: Any) -> None:
    """Their names stand in what they did; they are shut out instead."""
    owner, hua_id = as_user("ming"), user("hua").id
    assert owner.post(f"/users/delete/{hua_id}").status_code == 403
    assert owner.delete(f"/api/v1/users/{hua_id}").status_code == 404
    assert db.session.get(User, hua_id) is not None


def test_the_list_says_role_state_and_last_sign_in(as_user: Any) -> None:
    as_user("hua")
    page = as_user("ming").get("/users/list/").text
    assert "Operator" in page and "Owner" in page and "customer_service" not in page
    assert user("hua").last_login is not None and user("lin").last_login is None
    assert user("hua").login_count == 1


def test_the_page_of_a_user_says_what_they_may_do_and_where_they_are_signed_in(as_user: Any) -> None:
    as_user("hua")
    page = as_user("ming").get(f"/users/show/{user('hua').id}").text
    assert "What this user may do" in page and "Products" in page
    assert "Signed in now" in page


# -- the last owner -------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_last_owner_cannot_be_unmade(app: Flask) -> None:
    for change in (lambda: services.set_roles(user("ming"), [role("operator")]),
                   lambda: services.set_roles(user("ming"), []),
                   lambda: services.deactivate_user(user("ming"))):
        with pytest.raises(BusinessError, match="owner"):
            change()
        db.session.rollback()
    assert user("ming").active and [item.name for item in user("ming").roles] == ["owner"]


def test_an_owner_who_is_shut_out_does_not_count(app: Flask) -> None:
    services.set_roles(user("hua"), [role("owner")])
    services.deactivate_user(user("hua"))
    db.session.commit()
    with pytest.raises(services.LastOwner):
        services.deactivate_user(user("ming"))


def test_with_a_second_owner_the_first_may_go(app: Flask) -> None:
    services.set_roles(user("hua"), [role("owner")])
    services.set_roles(user("ming"), [])
    db.session.commit()
    assert user("ming").roles == []


def test_the_form_refuses_to_unmake_the_last_owner_and_keeps_what_was_typed(as_user: Any) -> None:
    owner, ming = as_user("ming"), user("ming")
    answer = owner.post(f"/users/edit/{ming.id}", data={
        "username": "ming", "full_name": "Ming Typed", "contact_email": ming.email, "roles": [role("operator").id]})
    assert answer.status_code == 409
    assert "at least one active owner" in answer.text and "Ming Typed" in answer.text
    assert [item.name for item in user("ming").roles] == ["owner"]


def test_an_owner_by_group_counts_and_dissolving_the_group_is_refused(app: Flask) -> None:
    from flask_appbuilder.security.sqla.models import Group

    group = Group(name="board", label="", description="", roles=[role("owner")], users=[user("hua")])
    db.session.add(group)
    db.session.commit()
    services.set_roles(user("ming"), [])
    db.session.commit()
    with pytest.raises(services.LastOwner):
        services.delete_group(group)


# -- commands -------------------------------------------------------------------------------------------------------


def run(app: Flask, *words: str) -> Any:
    from app.modules.staff.commands import commands

    return app.test_cli_runner().invoke(commands, list(words))


def test_an_admin_is_made_by_command(app: Flask) -> None:
    result = run(app, "create-admin", "boss")
    assert result.exit_code == 0
    password = result.output.strip().split()[-1]
    client = client_of(app)
    assert client.sign_in("boss", password).status_code == 302
    assert client.get("/").headers["Location"] == "/profile/password", "a made password must be changed"
    assert [item.name for item in user("boss").roles] == ["owner"]


def test_an_admin_made_with_a_given_password_keeps_it(app: Flask) -> None:
    result = run(app, "create-admin", "boss", "--password", "a harbour of their own")
    assert result.exit_code == 0 and "a harbour" not in result.output
    client = client_of(app)
    client.sign_in("boss", "a harbour of their own")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("words, said", [
    (("create-admin", "ming"), "already in use"), (("create-admin", "boss", "--password", "short"), "at least 8"),
    (("create-admin", "boss", "--password", "password123"), "guessed"), (("reset-password", "nobody"), "no user"),
])
def test_commands_refuse_in_words(app: Flask, words: tuple[str, ...], said: str) -> None:
    result = run(app, *words)
    assert result.exit_code != 0 and said in result.output
    assert "Traceback" not in result.output


def test_the_list_of_users_by_command(app: Flask) -> None:
    services.deactivate_user(user("lin"))
    db.session.commit()
    output = run(app, "list").output
    assert "ming: owner" in output and "hua: operator" in output and "lin (not active): no role" in output


def test_a_job_may_make_users_too(app: Flask) -> None:
    with acting_as(Actor.job("staff_import")):
        made, _password = services.create_user("kai", "Kai", user_roles=[role("operator")])
    assert made.id is not None
    with pytest.raises(InvalidInput):
        services.create_user("kai", "Kai again")
