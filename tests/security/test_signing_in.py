"""Signing in: by form and by API, without telling strangers anything, and back to where one came from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.core.db import db
from app.lowcode.security import passwords, views
from tests.security.conftest import is_signed_in
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of

REFUSED = "The user name or the password is not right."
AWAY = [
    "http://evil.example/", "https://evil.example", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example",
    "\\\\evil.example", "/\t/evil.example", "/%09//evil.example\n", "http:evil.example", "javascript:alert(1)",
    "//evil.example@localhost/", " //evil.example", "/\x00/evil.example", "ftp://evil.example", "data:text/html,x",
    "/" + "a" * 3000,
]


def by_form(client: Client, username: str, password: str, **more: Any) -> Any:
    return client.post("/login/", data={"username": username, "password": password, **more})


def by_api(client: Client, username: str, password: str) -> Any:
    return client.post("/api/v1/security/login", json={"username": username, "password": password}, csrf=False)


def test_name_and_password_open_the_door(client: Client) -> None:
    answer = by_form(client, "hua", PASSWORD)
    assert answer.status_code == 302 and answer.headers["Location"] == "/"
    assert is_signed_in(client)


def test_the_name_may_be_written_in_any_case_and_the_email_serves_as_well(app: Flask) -> None:
    assert by_form(client_of(app), "HUA", PASSWORD).status_code == 302
    assert by_form(client_of(app), "Hua@Shop.example", PASSWORD).status_code == 302


@pytest.mark.parametrize("username", ["hua", "nobody", "HUA", "hua@shop.example", "", "hua'--", "\x00"])
def test_a_refusal_is_the_same_for_names_that_exist_and_names_that_do_not(client: Client, username: str) -> None:
    answer = by_form(client, username, "not the password")
    assert answer.status_code == 200
    assert REFUSED in answer.text
    assert not is_signed_in(client)


def test_a_second_try_begins_at_the_password(client: Client) -> None:
    def begins_at(page: str) -> list[str]:
        return re.findall(r'<input [^>]*autofocus[^>]* name="(\w+)"', page)

    assert begins_at(client.get("/login/").text) == ["username"]
    assert begins_at(by_form(client, "hua", "not the password").text) == ["password"]
    assert begins_at(by_form(client, "", "not the password").text) == ["username"]


def test_the_api_refuses_wrong_names_and_wrong_passwords_alike(client: Client) -> None:
    answers = [by_api(client, name, "not the password") for name in ("hua", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    expected = {"code": "wrong_password", "message": REFUSED, "fields": {}}
    assert [answer.get_json() for answer in answers] == [expected, expected]


@pytest.mark.parametrize("username", ["hua", "nobody", "shut_out", "without_password"])
@pytest.mark.parametrize("sign_in", [by_form, by_api])
def test_the_same_work_is_done_whoever_is_named(
        app: Flask, make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch, sign_in: Any,
        username: str) -> None:
    make_user("shut_out").active = False
    make_user("without_password").password = None
    db.session.commit()
    checked = []

    def check(stored: str, password: str) -> bool:
        checked.append(stored.split("$")[0])
        return False

    monkeypatch.setattr(passwords, "check_password_hash", check)
    sign_in(client_of(app), username, "not the password")
    assert checked == [app.config["FAB_PASSWORD_HASH_METHOD"]]


def test_the_hash_for_nobody_opens_nothing() -> None:
    assert not passwords.is_password(None, "")
    assert not passwords.is_password("", "anything")


def test_a_user_who_is_shut_out_is_refused_like_a_stranger(app: Flask, client: Client) -> None:
    user("hua").active = False
    db.session.commit()
    assert REFUSED in by_form(client, "hua", PASSWORD).text
    assert by_api(client, "hua", PASSWORD).status_code == 401


@pytest.mark.parametrize("body, field", [
    ({}, "username"), ({"username": "hua"}, "password"), ({"username": 7, "password": "x"}, "username"),
    ({"username": ["hua"], "password": "x"}, "username"), ({"username": "hua", "password": None}, "password"),
    ({"username": "hua", "password": "x", "provider": "ldap"}, "provider"),
    ({"username": "hua", "password": "x", "refresh": "yes"}, "refresh"),
    ({"username": "a\x00b", "password": "x"}, "username"),
])
def test_the_api_names_what_is_wrong_with_a_request(client: Client, body: Any, field: str) -> None:
    answer = client.post("/api/v1/security/login", json=body, csrf=False)
    assert answer.status_code == 400
    assert field in answer.get_json()["fields"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"hua"', b"null", b"\xff\xfe"])
def test_the_api_refuses_what_is_no_object(client: Client, body: bytes) -> None:
    answer = client.post("/api/v1/security/login", data=body, content_type="application/json", csrf=False)
    assert answer.status_code == 400


# -- where to go afterwards -----------------------------------------------------------------------------------------


def test_one_comes_back_to_the_page_one_asked_for(client: Client) -> None:
    asked = client.get("/suppliers/list/?f.status=active")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/login/?next=/suppliers/list/?f.status%3Dactive"
    page = client.get(asked.headers["Location"])
    assert 'name="next" value="/suppliers/list/?f.status=active"' in page.text
    answer = by_form(client, "ming", PASSWORD, next="/suppliers/list/?f.status=active")
    assert answer.headers["Location"] == "/suppliers/list/?f.status=active"


@pytest.mark.parametrize("target", AWAY)
def test_nobody_is_led_away_after_signing_in(app: Flask, target: str) -> None:
    for where in ("data", "query_string"):
        client = client_of(app)
        asked: dict[str, dict[str, str]] = {"data": {"username": "hua", "password": PASSWORD}, "query_string": {}}
        asked[where]["next"] = target
        answer = client.post("/login/", **asked)
        assert answer.status_code == 302
        assert answer.headers["Location"] == "/"
        # Who is signed in already is sent on by the page itself.
        assert client.get("/login/", query_string={"next": target}).headers["Location"] == "/"


def test_the_check_of_targets_is_what_keeps_people_here(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "safe_next", lambda target, default="/": target or default)
    answer = by_form(client_of(app), "hua", PASSWORD, next="//evil.example")
    assert answer.headers["Location"] == "//evil.example"


@pytest.mark.parametrize("target", ["/login/", "/logout/", "/static/houtai.js"])
def test_some_pages_are_not_worth_coming_back_to(client: Client, target: str) -> None:
    assert by_form(client, "hua", PASSWORD, next=target).headers["Location"] == "/"


def test_what_was_typed_stays_but_never_the_password(client: Client) -> None:
    page = by_form(client, "hua<script>", "a secret nobody may read").text
    assert "hua&lt;script&gt;" in page and "hua<script>" not in page
    assert "a secret nobody may read" not in page


# -- what the door keeps to itself ----------------------------------------------------------------------------------


def test_a_line_break_in_a_name_does_not_forge_a_log_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    by_form(client, "hua\r\n2026-01-01 root signed in", "x")
    messages = [record.getMessage() for record in caplog.records if "sign-in failed" in record.getMessage()]
    assert len(messages) == 1
    assert "\n" not in messages[0] and "\r" not in messages[0]


def test_passwords_reach_no_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    by_form(client, "hua", "canary-in-the-mine")
    by_api(client, "hua", "canary-in-the-mine")
    assert "canary" not in caplog.text


def test_the_door_of_the_framework_is_not_there(app: Flask) -> None:
    """No registration, no foreign sign-in, no open password reset; what is not used cannot be misused."""
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for unwanted in ("/register/form", "/resetpassword/form", "/resetmypassword/form", "/oauth-authorized/<provider>",
                     "/users/userinfo/", "/roles/copy_role"):
        assert unwanted not in rules
    names = {view.__class__.__name__ for view in app.extensions["appbuilder"].baseviews}
    assert not names & {
        "UserDBModelView", "RoleModelView", "PermissionModelView", "ViewMenuModelView", "UserInfoEditView",
        "ResetMyPasswordView", "ResetPasswordView", "RegisterUserModelView", "UserStatsChartView"}
