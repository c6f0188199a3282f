"""Passwords: what is accepted, what is refused, and who must be asked for the present one."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.core.errors import InvalidInput
from app.lowcode.security import passwords
from tests.security.conftest import is_signed_in
from tests.support.cast import PASSWORD, user
from tests.support.client import Client, client_of

NEW = "seven lanterns over water"


def change(client: Client, current: str = PASSWORD, new: str = NEW, repeated: str | None = None) -> Any:
    return client.post("/profile/password", data={
        "current": current, "new": new, "repeated": new if repeated is None else repeated})


@pytest.mark.parametrize("password", [
    "correct horse battery", "seven lanterns over water", "月光下的渡口有七盏灯", "Tr0ub4dor&3-kumquat",
    "kümmel-brücke-" + "y" * 80, "    spaces are characters    ",
])
def test_good_passwords_are_accepted(password: str) -> None:
    passwords.check_strength(password, "hua", "Hua Li", "Houtai 后台")


@pytest.mark.parametrize("password, why", [
    ("short7!", "at least 8"), ("", "at least 8"), ("x" * 129, "at most 128"), ("        ", "blanks"),
    *((password, "guessed") for password in (
        "password", "password1", "12345678", "qwertyuiop", "11111111", "iloveyou", "woaini1314", "88888888",
        "5201314520", "abcdefgh", "P@ssw0rd", "admin888", "huahua12", "weixin123", "20260801")),
    ("houtai123", "name"), ("hua_li88", "name"), ("houtai!!", "name"),
])
def test_bad_passwords_are_refused(password: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passwords.check_strength(password, "hua_li", "Hua Li", "Houtai 后台")
    assert why in refused.value.fields["password"]


def test_no_demand_is_made_for_digits_or_signs() -> None:
    passwords.check_strength("onlylowercaseletterswithoutanyorder", "hua")


def test_the_longest_password_works_and_a_longer_one_costs_no_work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = "long " * 25 + "end"
    assert len(longest) == passwords.LONGEST
    stored = passwords.hash_password(longest)
    assert passwords.is_password(stored, longest)
    hashed = []
    monkeypatch.setattr(passwords, "check_password_hash", lambda _stored, password: hashed.append(len(password)))
    passwords.is_password(stored, "x" * 1_000_000)
    assert hashed == [0]


def test_each_hash_has_a_salt_of_its_own(app: Flask) -> None:
    assert passwords.hash_password(NEW) != passwords.hash_password(NEW)


def test_hashes_are_slow_unless_a_test_says_otherwise(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(app.config, "FAB_PASSWORD_HASH_METHOD")
    assert passwords.hash_password(NEW).startswith("scrypt:32768:8:1$")


def test_one_time_passwords_never_repeat_and_pass_the_rule() -> None:
    made = {passwords.one_time_password() for _n in range(500)}
    assert len(made) == 500
    for password in list(made)[:20]:
        passwords.check_strength(password, "hua")


# -- changing one's own ---------------------------------------------------------------------------------------------


def test_the_current_password_is_asked_for(as_user: Any) -> None:
    client = as_user("hua")
    page = change(client, current="not it")
    assert page.status_code == 200 and "not your current password" in page.text
    assert change(client).status_code == 302
    assert client_of(client.application).sign_in("hua", NEW).status_code == 302


def test_a_weak_new_password_is_refused_and_the_old_one_stays(as_user: Any) -> None:
    client = as_user("hua")
    refused = {"short": "at least 8", "password123": "guessed", "hua12345": "name", PASSWORD: "the old one"}
    for new, words in refused.items():
        page = change(client, new=new)
        assert page.status_code == 200 and words in page.text, new
    assert passwords.is_password(user("hua").password, PASSWORD)


def test_both_new_passwords_must_be_the_same(as_user: Any) -> None:
    page = change(as_user("hua"), repeated=NEW + "!")
    assert "differ" in page.text


def test_a_stranger_cannot_change_a_password(client: Client) -> None:
    answer = change(client)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/login/")


def test_nothing_typed_comes_back(as_user: Any) -> None:
    page = change(as_user("hua"), current="canary-one", new="canary-two-which-is-long")
    assert "canary" not in page.text


# -- a password made by someone else --------------------------------------------------------------------------------


@pytest.fixture
def newcomer(app: Flask) -> tuple[Client, str]:
    """A client signed in with a one-time password."""
    from app.core.db import db
    from app.modules.staff import services

    _user, password = services.create_user("kai", "Kai")
    db.session.commit()
    client = client_of(app)
    assert client.sign_in("kai", password).status_code == 302
    return client, password


def test_a_one_time_password_is_good_only_for_choosing_another(newcomer: tuple[Client, str]) -> None:
    client, password = newcomer
    for page in ("/", "/suppliers/list/", "/profile/", "/search?q=abc"):
        answer = client.get(page)
        assert answer.status_code == 302 and answer.headers["Location"] == "/profile/password", page
    assert client.get("/api/v1/suppliers/").status_code == 403
    assert change(client, current=password).status_code == 302
    assert is_signed_in(client)
    assert client.get("/").status_code == 200


def test_one_lands_where_one_wanted_to_go_after_choosing(newcomer: tuple[Client, str]) -> None:
    client, password = newcomer
    client.get("/profile/sessions")
    assert change(client, current=password).headers["Location"] == "/profile/sessions"


def test_a_one_time_password_opens_no_api(app: Flask, newcomer: tuple[Client, str], tokens: Any) -> None:
    from tests.security.conftest import bearer

    _client, password = newcomer
    token = tokens("kai", password)["access_token"]
    answer = client_of(app).get("/api/v1/suppliers/", headers=bearer(token))
    assert answer.status_code == 403 and answer.get_json()["code"] == "password_change_required"


def test_the_one_who_must_change_may_sign_out(newcomer: tuple[Client, str]) -> None:
    client, _password = newcomer
    assert client.post("/logout/").headers["Location"] == "/login/"
